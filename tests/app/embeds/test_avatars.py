"""`/avatar/<anything>`: called as Gravatar is, and fit to be its default picture."""

import hashlib
import io
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

HASH = hashlib.sha256(b"somebody@example.org").hexdigest()


def picture(response: TestResponse) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.data))


@pytest.mark.parametrize(
    ("address", "side"),
    [
        ("/avatar/{}", 80),
        ("/avatar/{}?s=200", 200),
        ("/avatar/{}.jpg?size=48", 48),
        ("/avatar/{}?s=1", 1),
        ("/avatar/{}/200.png", 200),
        ("/avatar/{}?d=identicon&r=pg&s=20", 20),  # what else Gravatar is asked for
    ],
)
def test_it_is_called_as_gravatar_is(client: FlaskClient, address: str, side: int) -> None:
    answer = client.get(address.format(HASH))
    assert picture(answer).size == (side, side)
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_as_a_default_picture_of_gravatar(client: FlaskClient) -> None:
    """A path with the ending of a picture, nothing behind it, and no redirect."""
    answer = client.get(f"/avatar/{HASH}/128.png")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/png"
    assert "Location" not in answer.headers


def test_the_same_for_the_same_words_at_every_size(client: FlaskClient) -> None:
    links = {client.get(f"/avatar/{HASH}?s={side}").headers["Link"] for side in (20, 40, 80)}
    assert len(links) == 1
    assert client.get(f"/seed/{HASH}.webp").headers["Location"].find(links.pop()[4:16]) > 0
    assert len({client.get(f"/avatar/{k}?s=8").headers["Link"] for k in range(40)}) > 5


def test_round(client: FlaskClient) -> None:
    square, round_ = (
        picture(client.get(f"/avatar/{HASH}.png?shape={shape}")) for shape in ("square", "round")
    )
    assert square.mode == "RGB" and round_.mode == "RGBA"
    corner = round_.getpixel((0, 0))
    assert isinstance(corner, tuple) and corner[3] == 0


def test_of_a_category(client: FlaskClient) -> None:
    hats = {client.get(f"/avatar/{k}?category=hat&s=8").headers["Link"] for k in range(40)}
    assert len(hats) == 5


@pytest.mark.parametrize("name", ["🦤", "\u202eevil", "<b>x", "a" * 1000, "a@b.c", "Ω", " "])
def test_any_name(client: FlaskClient, name: str) -> None:
    assert picture(client.get(f"/avatar/{quote(name, safe='')}?s=8")).size == (8, 8)


@pytest.mark.parametrize(
    ("address", "status", "hint"),
    [
        ("/avatar/a?s=0", 400, "from 1 to 2048"),
        ("/avatar/a?s=9999", 400, "from 1 to 2048"),
        ("/avatar/a?s=12.5", 400, "whole number"),
        ("/avatar/a?s=", 400, "whole number"),
        ("/avatar/a/0.png", 400, "from 1 to 2048"),
        ("/avatar/%3Cb%3Ex%3C/b%3E", 400, "a text holds no slash"),
        ("/avatar/a?shape=oval", 400, "square or round"),
        ("/avatar/a.gif", 404, "endings are"),
        ("/avatar/" + "a" * 10_000, 414, "take a hash"),
        ("/avatar/a?category=ht", 404, "did you mean hat?"),
    ],
)
def test_bad_calls(client: FlaskClient, address: str, status: int, hint: str) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status and hint in answer.get_json()["error"]["hint"]
