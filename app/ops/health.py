"""`/healthz` and below: for whatever watches the process."""

import json

from flask import Blueprint, Response

from app.ops.index_handle import OpenIndex
from store.index.database import IndexMissing, IndexUnusable


def health_check(index: OpenIndex) -> Blueprint:
    """Return the checks: is the process alive, and should visitors be sent to it."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        """200 while the process answers, with what it says of the index."""
        return _answer({"status": "ok", "index": _state(index)})

    @routes.get("/healthz/live")
    def live() -> Response:
        """200 while the process answers; nothing else is asked, so nothing else can fail it."""
        return _answer({"status": "ok"})

    @routes.get("/healthz/ready")
    def ready() -> Response:
        """200 where there is an index that can be read, with or without pictures; else 503."""
        state = _state(index)
        if state in ("ready", "empty"):
            return _answer({"status": "ready", "index": state})
        return _answer({"status": "not ready", "index": state}, 503)

    return routes


def _answer(body: dict[str, str], status: int = 200) -> Response:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Response(json.dumps(body) + "\n", status, headers)


def _state(index: OpenIndex) -> str:
    try:
        return "empty" if index.reader().pick() is None else "ready"
    except IndexMissing:
        return "missing"
    except IndexUnusable:
        return "unusable"
