"""`/healthz`: for whatever watches the process."""

import json

from flask import Blueprint, Response

from app.open_index import OpenIndex
from store.database import IndexMissing, IndexUnusable


def health_check(index: OpenIndex) -> Blueprint:
    """Return the check: 200 while the process answers, with what it says of the index."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        body = {"status": "ok", "index": _state(index)}
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return Response(json.dumps(body) + "\n", headers=headers)

    return routes


def _state(index: OpenIndex) -> str:
    try:
        return "empty" if index.reader().pick() is None else "ready"
    except IndexMissing:
        return "missing"
    except IndexUnusable:
        return "unusable"
