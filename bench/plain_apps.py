"""What the site is measured against: the shortest Flask apps that do one thing."""

import os
from pathlib import Path

from flask import Flask, Response, send_file

hello = Flask("hello", static_folder=None)
sender = Flask("sender", static_folder=None)


@hello.get("/")
def say_hello() -> str:
    return "Hello, World!"


@sender.get("/images/<category>/<file>")
def send(category: str, file: str) -> Response:
    return send_file(Path(os.environ["NONESUCH_IMAGES_FOLDER"]) / category / file)
