"""`/categories`: JSON for programs, a page for people."""

import pytest
from flask.testing import FlaskClient

from store.index.states import REJECTED
from tests.conftest import COUNTS, NAMES, Filled

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/html;q=0.5,*/*", "rubbish"]
)
def test_programs_get_json(client: FlaskClient, accept: str) -> None:
    response = client.get("/categories", headers={"Accept": accept})
    assert response.headers["Content-Type"] == "application/json"
    assert "Accept" in response.headers["Vary"]
    assert response.get_json() == {
        "categories": [
            {"slug": slug, "name": NAMES[slug], "pictures": COUNTS[slug], "url": f"/c/{slug}"}
            for slug in ("asian_dish", "fish_2", "hat", "mammal")
        ]
    }


def test_people_get_a_page(client: FlaskClient) -> None:
    response = client.get("/categories", headers={"Accept": BROWSER})
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in response.headers["Vary"]
    assert "<h1>4 kinds of things that do not exist</h1>" in response.text
    for slug in NAMES:
        assert f'href="/c/{slug}"' in response.text
    assert "fish &amp; chips" in response.text


def test_the_ending_decides(client: FlaskClient) -> None:
    response = client.get("/categories.json", headers={"Accept": BROWSER})
    assert response.headers["Content-Type"] == "application/json"
    assert len(response.get_json()["categories"]) == 4


def test_addresses_lead_to_pages(client: FlaskClient) -> None:
    for category in client.get("/categories").get_json()["categories"]:
        assert client.get(category["url"]).status_code == 200


def test_a_category_that_lost_its_pictures_is_not_listed(
    client: FlaskClient, filled: Filled
) -> None:
    for category, file in filled.files:
        if category == "hat":
            filled.retire(file, REJECTED)
    listed = client.get("/categories").get_json()["categories"]
    assert [category["slug"] for category in listed] == ["asian_dish", "fish_2", "mammal"]
    assert client.get("/c/hat").status_code == 404
