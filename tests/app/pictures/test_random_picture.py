"""`/random.webp` and `/seed/<text>.webp`: ways to addresses for good."""

import io
from collections import Counter
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import create_app
from store.files.protocol import digest
from store.index.states import REJECTED
from tests.app.pictures.test_picking import LOWEST_P, least_p
from tests.conftest import COUNTS, Filled

BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def picture(client: FlaskClient, response: TestResponse) -> Image.Image:
    """Return the picture that is led to."""
    assert response.status_code == 302, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    found = client.get(response.headers["Location"])
    assert found.status_code == 200
    assert "immutable" in found.headers["Cache-Control"]
    return Image.open(io.BytesIO(found.data))


@pytest.mark.parametrize(
    ("ending", "form"),
    [("webp", "WEBP"), ("avif", "AVIF"), ("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG")],
)
@pytest.mark.parametrize("path", ["/random", "/seed/a", "/c/hat/seed/a"])
def test_every_format_by_ending(client: FlaskClient, path: str, ending: str, form: str) -> None:
    response = client.get(f"{path}.{ending}", headers={"Accept": "text/html"})
    assert picture(client, response).format == form
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "WEBP"),
        ("*/*", "WEBP"),
        (BROWSER, "WEBP"),
        ("image/avif", "AVIF"),
        ("image/png, image/webp;q=0.5", "PNG"),
        ("image/webp;q=0, image/*", "AVIF"),
        ("image/jpeg;q=0.9, image/gif", "JPEG"),
    ],
)
@pytest.mark.parametrize("path", ["/random", "/seed/a", "/c/hat/seed/a", "/seed/a/128"])
def test_without_an_ending_accept_decides(
    client: FlaskClient, path: str, accept: str | None, form: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = client.get(path, headers=headers)
    assert picture(client, response).format == form
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("path", ["/random", "/seed/a"])
def test_a_format_that_nobody_has_is_refused(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "application/json"})
    assert response.status_code == 406
    assert response.get_json()["error"]["hint"].startswith("accept one of image/webp")
    assert client.get(path, headers={"Accept": "image/gif"}).status_code == 406


def test_random_is_kept_by_nobody_and_uniform(client: FlaskClient, filled: Filled) -> None:
    draws = []
    for _ in range(2000):
        response = client.get("/random.webp?cache=around")
        assert response.headers["Cache-Control"] == "no-store"
        _, _, category, file = response.headers["Location"].split("/")
        draws.append((category, file))
    assert least_p(draws, filled.files) > LOWEST_P


def test_random_of_a_category(client: FlaskClient) -> None:
    places = Counter(
        client.get("/random.webp?category=hat").headers["Location"] for _ in range(200)
    )
    assert len(places) == COUNTS["hat"]
    assert all(place.startswith("/images/hat/") for place in places)


@pytest.mark.parametrize(
    "size", [64, 128, 256, 512, 1024, pytest.param(2048, marks=pytest.mark.slow)]
)
def test_sizes(client: FlaskClient, size: int) -> None:
    for path in (f"/random.webp?size={size}", f"/seed/a/{size}.webp", f"/c/hat/seed/a/{size}.png"):
        response = client.get(path)
        assert response.headers["Location"].startswith(f"/sized/{size}/")
        assert picture(client, response).size == (size, size)


@pytest.mark.parametrize(
    ("address", "status", "hint"),
    [
        ("/random.gif", 404, "endings are webp, avif, png, jpg"),
        ("/random.webpx", 404, "endings are"),
        ("/random.webp?size=100", 400, "sizes are 64, 128, 256, 512, 1024, 2048"),
        ("/random.webp?size=", 400, "sizes are"),
        ("/random.webp?category=ht", 404, "did you mean hat?"),
        ("/random.webp?category=", 404, ""),
        ("/random.webp?category=" + "x" * 5000, 404, ""),
        ("/random.webp?category=a'b%22%2F", 404, ""),
        ("/seed/a.gif", 404, "endings are"),
        ("/seed/a/64.gif", 404, "endings are"),
        ("/seed/a/65.webp", 400, "sizes are"),
        ("/seed/a/b.webp", 400, "a text holds no slash"),
        ("/seed/a%2Fb.webp", 400, "a text holds no slash"),
        ("/seed/.webp", 400, "for example: /seed/anything.webp"),
        ("/seed/%ff%fe.webp", 400, "percent"),
        ("/seed/" + "a" * 10_000 + ".webp", 414, "take a hash of it"),
        ("/seed/" + "%F0%9F%A6%A4" * 251, 414, "take a hash of it"),
        ("/c/ht/seed/a.webp", 404, "did you mean hat?"),
    ],
)
def test_what_makes_no_sense_is_refused_with_advice(
    client: FlaskClient, address: str, status: int, hint: str
) -> None:
    response = client.get(address, headers={"Accept": "application/json"})
    assert response.status_code == status
    assert hint in response.get_json()["error"]["hint"]
    assert len(response.get_json()["error"]["message"]) < 200
    assert response.headers["Cache-Control"] == "no-store"
    page = client.get(address, headers={"Accept": "text/html"})
    assert page.status_code == status and "<h1>This" in page.text


@pytest.mark.parametrize(
    "address",
    ["/seed/", "/seed/a/64.webp/", "/seed/a/64/b", "/random/", "/random.webp/"],
)
def test_what_follows_an_address_makes_it_another(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "text",
    ["a", "é", "日本語", "🦤🦤", "\x00", "\n", "..", ".", "%", "a?b#c", " ", "a" * 1000, "\u202e",
     "v1.2", "john.doe@example.com", "a.tar.gz", "\\", "'\"<script>"],
)  # fmt: skip
def test_any_text_gives_one_picture(client: FlaskClient, text: str) -> None:
    address = f"/seed/{quote(text, safe='')}.webp"
    places = {client.get(address).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    assert picture(client, client.get(address)).format == "WEBP"
    in_size = client.get(f"/seed/{quote(text, safe='')}/128.webp").headers["Location"]
    assert in_size.startswith("/sized/128/")
    assert in_size.removeprefix("/sized/128/")[:12] in places.pop()


def test_one_letter_typed_in_two_ways_is_one_text(client: FlaskClient) -> None:
    composed, decomposed = (f"/seed/{quote(text)}.webp" for text in ("café", "cafe\u0301"))
    assert composed != decomposed
    assert client.get(composed).headers["Location"] == client.get(decomposed).headers["Location"]


def test_texts_are_kept_for_minutes(filled: Filled) -> None:
    client = create_app(replace(filled.settings, seed_max_age_s=60)).test_client()
    assert client.get("/seed/a.webp").headers["Cache-Control"] == "public, max-age=60"
    default = create_app(filled.settings).test_client()
    assert default.get("/seed/a").headers["Cache-Control"] == "public, max-age=300"


def test_of_a_category_only_its_own(client: FlaskClient) -> None:
    places = {client.get(f"/c/hat/seed/{i}.webp").headers["Location"] for i in range(200)}
    assert len(places) == COUNTS["hat"]
    assert all(place.startswith("/images/hat/") for place in places)


def test_a_rejected_picture_leaves_its_texts_to_another(
    client: FlaskClient, filled: Filled
) -> None:
    before = client.get("/seed/a.webp").headers["Location"]
    filled.retire(before.rpartition("/")[2], REJECTED)
    after = client.get("/seed/a.webp")
    assert after.headers["Location"] != before
    assert picture(client, after).format == "WEBP"


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_files_deleted_by_hand_are_passed_over(client: FlaskClient, filled: Filled) -> None:
    before = client.get("/seed/a.webp").headers["Location"]
    _, _, category, file = before.split("/")
    filled.path(category, file).unlink()
    assert picture(client, client.get("/seed/a.webp")).format == "WEBP"
    for other in list(filled.files):
        if other[0] == "hat":
            filled.path(*other).unlink()
    for _ in range(20):
        assert picture(client, client.get("/random.webp")).format == "WEBP"
    for address in ("/c/hat/seed/a.webp", "/random.webp?category=hat"):
        response = client.get(address, headers={"Accept": "application/json"})
        assert response.status_code == 503
        assert response.get_json()["error"]["hint"] == "compare the two with: flask verify"


@pytest.mark.parametrize("address", ["/random.webp", "/seed/a.webp", "/sized/64/000000000000.png"])
def test_where_nothing_is_nothing_is_shown(bare: FlaskClient, address: str) -> None:
    response = bare.get(address, headers={"Accept": "application/json"})
    assert response.status_code == 503
    assert response.get_json()["error"]["hint"].endswith("flask pregen --categories 60")


def test_an_adopted_picture_is_led_to_by_its_content(filled: Filled) -> None:
    from tests.conftest import small_picture

    data = small_picture(99)
    filled.add("pizza", {"00042.webp": data})
    client = create_app(filled.settings).test_client()
    place = client.get("/c/pizza/seed/a.webp").headers["Location"]
    assert place == f"/sized/64/{digest(data)[:12]}.webp"
    assert picture(client, client.get("/random.webp?category=pizza")).format == "WEBP"


def test_only_reading(client: FlaskClient) -> None:
    for address in ("/random.webp", "/seed/a.webp"):
        assert client.post(address).status_code == 405
        assert client.head(address).status_code == 302
