"""The OpenAPI 3.1 document, made from the table of operations."""

from typing import Any

from app.api.operations import OPERATIONS, Operation
from app.api.shapes import SCHEMAS
from app.http.picture_formats import MEDIA_TYPES

VERSION = "1.1.0"
_ERRORS = {
    400: "a parameter makes no sense",
    404: "there is nothing like this",
    406: "no format that Accept allows",
    410: "the picture was removed",
    414: "the text is too long",
    429: "too many calls",
    503: "nothing has been generated yet, or the index cannot be read, or too much is being made",
}
_HEADERS = {
    "ETag": ("of this answer, for If-None-Match", {"type": "string"}),
    "RateLimit": ("calls left of this worker, and seconds until all are", {"type": "string"}),
    "RateLimit-Policy": ("calls a minute of this worker", {"type": "string"}),
    "Retry-After": ("seconds until there is another call", {"type": "integer"}),
    "Location": (
        "address for good of the picture",
        {"type": "string", "format": "uri-reference"},
    ),
    "Link": ("the next page, as next", {"type": "string"}),
}


def openapi_document(title: str, limited: bool, root: str = "") -> dict[str, Any]:
    """Return the document.

    ``limited``: whether calls are counted; ``root``: the path below which the site lies.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: pictures of things that do not exist",
            "version": VERSION,
            "description": "GET, from anywhere, without a key. Addresses in answers are relative "
            "to the site. Errors are JSON under /api/, else JSON where Accept prefers it.",
        },
        "servers": [{"url": root or "/"}],
        "paths": {operation.path: {"get": _get(operation, limited)} for operation in OPERATIONS},
        "components": {"schemas": SCHEMAS},
    }


def _get(operation: Operation, limited: bool) -> dict[str, Any]:
    counted = ("RateLimit-Policy", "RateLimit") if limited and operation.in_api else ()
    answers: dict[str, Any] = {}
    if operation.redirects:
        answers["302"] = _answer("the way to the picture", ("Location",))
    elif operation.in_api:
        tagged = () if operation.name == "random" else ("ETag",)
        link = ("Link",) if operation.name == "images" else ()
        answers["200"] = _answer("as asked", (*tagged, *link, *counted))
        answers["200"]["content"] = _json(operation.answer)
        if tagged:
            answers["304"] = _answer("what you have is current", (*tagged, *counted))
    else:
        answers["200"] = _answer("the picture", ("ETag",))
        answers["200"]["content"] = {
            media_type: {"schema": {"type": "string", "contentMediaType": media_type}}
            for media_type in MEDIA_TYPES.values()
        }
        answers["304"] = _answer("what you have is current", ("ETag",))
    for status in (*operation.errors, *((429,) if counted else ()), 503):
        names = ("Retry-After",) if status in (429, 503) else ()
        answers[str(status)] = _answer(_ERRORS[status], names)
        answers[str(status)]["content"] = _json("Error")
        if not operation.in_api:
            answers[str(status)]["content"]["text/html"] = {"schema": {"type": "string"}}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.about,
        "tags": ["JSON" if operation.in_api else "Pictures"],
        "parameters": [parameter.document for parameter in operation.parameters],
        "responses": answers,
    }


def _answer(about: str, headers: tuple[str, ...]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": about}
    if headers:
        answer["headers"] = {
            name: {"description": _HEADERS[name][0], "schema": _HEADERS[name][1]}
            for name in headers
        }
    return answer


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
