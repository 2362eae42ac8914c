"""The OpenAPI document says what the routes do, no more and no less; and the page to try it."""

import html
import re
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.api.openapi import openapi_document
from app.api.operations import OPERATIONS
from app.api.shapes import SCHEMAS
from core.settings import Settings
from store.files.protocol import digest
from tests.conftest import Filled

DOCUMENT = openapi_document("Nonesuch", limited=True)


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


def test_the_document_is_what_the_table_makes(client: FlaskClient) -> None:
    response = client.get("/api/v1/openapi.json")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json == DOCUMENT
    assert response.json["openapi"] == "3.1.0"


def test_every_address_of_the_document_has_a_route(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    for operation in OPERATIONS:
        endpoint, values = adapter.match(operation.example, method="GET")
        assert endpoint.partition(".")[0] in (
            "api", "seeds", "random_picture", "derivatives", "exact", "avatars", "today"
        )  # fmt: skip
        if operation.in_api:
            assert endpoint == f"api.{operation.name}"
            assert set(values) == {p.name for p in operation.parameters if p.in_path}


def test_every_route_of_the_api_is_in_the_document(app: Flask) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    documented = {path for path in DOCUMENT["paths"] if path.startswith("/api/")}
    assert rules - {"/api/v1/openapi.json"} == documented
    prefixes = ("/seed/", "/random", "/sized/", "/c/<slug>/seed/")
    pictures = {r.rule for r in app.url_map.iter_rules() if r.rule.startswith(prefixes)}
    assert pictures == {
        "/random",
        "/random.<ending>",
        "/seed/<text>",
        "/seed/<text>/<size>",
        "/c/<slug>/seed/<text>",
        "/c/<slug>/seed/<text>/<size>",
        "/sized/<size>/<file>",
        "/seed/<text>/<length:width>/<length:height>",
        "/c/<slug>/seed/<text>/<length:width>/<length:height>",
    }
    assert len(DOCUMENT["paths"]) - len(documented) == 10


def test_operations_are_named_once_and_their_paths_hold_their_parameters() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    for operation in OPERATIONS:
        in_path = {p.name for p in operation.parameters if p.in_path}
        assert set(re.findall(r"\{(\w+)\}", operation.path)) == in_path
        assert operation.about.endswith(".")


def test_every_parameter_reads_what_its_schema_takes() -> None:
    """Its example and default, as the schema has it and as it is read."""
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            for value in (parameter.example, parameter.default):
                if value is not None:
                    parameter.kind.read(str(value))
                    jsonschema_rs.validate(parameter.kind.schema, value)


def test_answers_have_the_shape_that_the_document_gives(
    client: FlaskClient, filled: Filled
) -> None:
    one = digest(filled.some()[2])[:12]
    for address, name in (
        ("/api/v1/random?n=5", "Images"),
        ("/api/v1/images?limit=3", "ImagePage"),
        ("/api/v1/images", "ImagePage"),
        (f"/api/v1/images/{one}", "Image"),
        ("/api/v1/categories", "Categories"),
        ("/api/v1/random?n=0", "Error"),
        ("/api/v1/nothing", "Error"),
    ):
        validator(name).validate(client.get(address).json)
    broken = client.get(f"/api/v1/images/{one}").get_json() | {"seed": "seven"}
    assert not validator("Image").is_valid(broken)


def validator(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    )


def test_the_page_has_a_form_for_every_operation(client: FlaskClient, filled: Filled) -> None:
    page = client.get("/api")
    assert page.status_code == 200
    text = page.text
    for operation in OPERATIONS:
        assert f'data-template="{operation.path}"' in text
        for parameter in operation.parameters:
            assert f'id="{operation.name}-{parameter.name}"' in text
    hashes = {digest(data)[:12] for data in filled.files.values()}
    assert re.search(r'action="/api/v1/images/([0-9a-f]{12})"', text)[1] in hashes  # type: ignore[index]


def test_the_forms_lead_somewhere_without_javascript(client: FlaskClient) -> None:
    for action in re.findall(r'action="([^"]+)"', client.get("/api").text):
        assert client.get(html.unescape(action)).status_code in (200, 302), action


def test_the_page_loads_nothing_of_others(client: FlaskClient) -> None:
    page = client.get("/api")
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert not re.findall(r"<[^>]+ (?:style|on\w+)=", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy and "unsafe" not in policy
