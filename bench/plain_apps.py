"""What the site is measured against: the shortest Flask apps that do one thing."""

import os
import random
from pathlib import Path

from flask import Flask, Response, jsonify, redirect, send_file

hello = Flask("hello", static_folder=None)
sender = Flask("sender", static_folder=None)
images = Path(os.environ.get("NONESUCH_IMAGES_FOLDER", "images"))
_files: list[str] = []


def files() -> list[str]:
    """Return all pictures, category and file, listed once."""
    if not _files:
        _files.extend(f"{path.parent.name}/{path.name}" for path in images.glob("*/*.webp"))
    return _files


@hello.get("/")
def say_hello() -> str:
    return "Hello, World!"


@sender.get("/images/<category>/<file>")
def send(category: str, file: str) -> Response:
    return send_file(images / category / file)


@sender.get("/random.webp")
def send_random() -> Response:
    return send_file(images / random.choice(files()))


@sender.get("/api/v1/random")
def tell_random() -> Response:
    chosen = random.choice(files())
    return jsonify({"category": chosen.partition("/")[0], "url": f"/images/{chosen}"})


@sender.get("/redirect")
def redirect_to_random() -> Response:
    """What Lorem Picsum does: a redirect to an address that always shows the same."""
    answer = redirect(f"/images/{random.choice(files())}")
    assert isinstance(answer, Response)
    return answer
