"""What the owner sends, and what it left in the index."""

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from store.index.tables import category, image
from tests.conftest import Filled


def csrf_token_of(client: FlaskClient, path: str = "/curate") -> str:
    found = re.search(r'name="word" value="([0-9a-f]{64})"', client.get(path).text)
    assert found is not None
    return found[1]


def enter(client: FlaskClient, token: str, **more: Any) -> TestResponse:
    data = {"word": csrf_token_of(client), "token": token}
    return client.post("/curate/enter", data=data, **more)


def states(filled: Filled, slug: str) -> list[str]:
    with filled.engine.connect() as connection:
        statement = select(image.c.state).join(category).where(category.c.slug == slug)
        return list(connection.execute(statement.order_by(image.c.id)).scalars())


def labels(filled: Filled, slug: str) -> list[str]:
    return [f"{c}/{f}" for c, f in filled.files if c == slug]


def act(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return client.post(
        path, data={"word": csrf_token_of(client), **data}, headers={"Accept": "application/json"}
    )
