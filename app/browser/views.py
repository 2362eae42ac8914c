"""`/live/files/`: what visitors' browsers need to draw pictures themselves."""

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from app.browser.generators import BrowserGenerators
from app.browser.offers import DESCRIPTION, FOLDER
from app.http.errors import NotFound

_DESCRIPTION_S = 60  # as long a rejected picture may still be drawn
_FOR_GOOD = "public, max-age=31536000, immutable"
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".gz": "application/gzip",
    ".tflite": "application/octet-stream",
}


def generator_files(generators: BrowserGenerators) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("browser", __name__)

    @routes.get(f"/{FOLDER}/<name>/{DESCRIPTION}")
    def description(name: str) -> Response:
        document = generators.document(name)
        if document is None:
            raise NotFound("browsers cannot draw pictures of this model", what="model")
        answer = _maybe_compressed(document, "application/json")
        answer.headers["Cache-Control"] = f"public, max-age={_DESCRIPTION_S}"
        return answer

    @routes.get(f"/{FOLDER}/<name>/<file>")
    def file(name: str, file: str) -> Response:
        generator = generators.find(name)
        path = generator.files.get(file) if generator else None
        if path is None:
            raise NotFound("there is no such file", what="page")
        media_type = _MEDIA_TYPES[path.suffix]
        if path.suffix == ".js":
            answer = _maybe_compressed(_text(path), media_type)
        else:
            answer = send_file(path, mimetype=media_type, etag=file, max_age=None)
        answer.headers["Cache-Control"] = _FOR_GOOD
        return answer

    return routes


@lru_cache(maxsize=8)
def _text(path: Path) -> bytes:
    return path.read_bytes()


@lru_cache(maxsize=8)
def _compressed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def _maybe_compressed(data: bytes, media_type: str) -> Response:
    headers = {"Content-Type": media_type, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(_compressed(data), headers={**headers, "Content-Encoding": "gzip"})
    return Response(data, headers=headers)
