"""`/api/v1`: what it says, how it is cached, who may read it, what is refused."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from app import create_app
from app.api.cursors import Cursors
from app.rendering.names import developer_of_hash
from store.files.protocol import digest, file_name
from store.formats.encoding import encode, find_format
from store.formats.metadata import SOURCE_TYPE, Provenance
from store.index.states import REJECTED
from store.index.tables import category
from store.index.writes import NewImage, add_images, ensure_category
from store.queries.listing import Filter
from tests.conftest import COUNTS, Filled

ALL = ["/api/v1/random?n=3", "/api/v1/images", "/api/v1/categories", "/api/v1/openapi.json"]
TOTAL = sum(COUNTS.values())


def told(client: FlaskClient, address: str, status: int = 200) -> Any:
    response = client.get(address)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    return response.json


def walk(client: FlaskClient, address: str | None) -> list[dict[str, Any]]:
    """Follow next until there is none."""
    images: list[dict[str, Any]] = []
    while address is not None:
        page = told(client, address)
        images += page["images"]
        address = page["next"]
    return images


def test_categories(client: FlaskClient) -> None:
    found = told(client, "/api/v1/categories")["categories"]
    assert {one["slug"]: one["pictures"] for one in found} == COUNTS
    fish = next(one for one in found if one["slug"] == "fish_2")
    assert fish == {"slug": "fish_2", "name": "fish & chips", "pictures": 4, "page": "/c/fish_2"}
    assert client.get(fish["page"]).status_code == 200


def test_a_picture_with_all_its_provenance(filled: Filled) -> None:
    import numpy as np

    pixels = np.full((16, 16, 3), 200, np.uint8)
    origin = Provenance("tiny/1", "a" * 64, "hat", 7, 0.5, "0123456789abcdef")
    data = encode(pixels, find_format("webp"), origin)
    sha256 = digest(data)
    file = file_name(7, sha256, "webp")
    filled.store.put_all("hat", {file: data})
    row = NewImage(
        file, sha256, len(data), 16, 16, "webp", origin.phash, "tiny/1", "a" * 64, 7, 0.5
    )
    with filled.engine.begin() as connection:
        add_images(connection, ensure_category(connection, "hat", "hat"), [row])
    client = create_app(filled.settings).test_client()
    found = told(client, f"/api/v1/images/{sha256[:12]}")
    created = datetime.fromisoformat(found.pop("created"))
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
    developer = developer_of_hash(sha256[:12])
    assert found == {
        "id": sha256[:12],
        "sha256": sha256,
        "category": {"slug": "hat", "name": "hat"},
        "title": "This hat does not exist",
        "alt": "A generated picture of a hat that does not exist",
        "developer": {"name": developer.name, "locale": "en_US"},
        "page": f"/i/{sha256[:12]}",
        "url": f"/images/hat/{file}",
        "sizes": {
            str(size): f"/sized/{size}/{sha256[:12]}.webp"
            for size in (64, 128, 256, 512, 1024, 2048)
        },
        "width": 16,
        "height": 16,
        "bytes": len(data),
        "format": "webp",
        "model": "tiny/1",
        "model_digest": "a" * 64,
        "seed": 7,
        "truncation": 0.5,
        "phash": "0123456789abcdef",
        "nearest": [],
        "digital_source_type": SOURCE_TYPE,
        "licence": {"name": "CC0 1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"},
    }
    assert told(client, f"/api/v1/images/{sha256}")["id"] == sha256[:12]
    for address in (found["page"], found["url"], *found["sizes"].values()):
        assert client.get(address).status_code == 200
    assert developer.name in client.get(found["page"]).text


def test_a_picture_that_was_taken_away(client: FlaskClient, filled: Filled) -> None:
    _, file, data = filled.some()
    filled.retire(file, REJECTED)
    assert told(client, f"/api/v1/images/{digest(data)}", 410)["error"]["status"] == 410
    assert told(client, f"/api/v1/images/{'0' * 12}", 404)["error"]["status"] == 404


@pytest.mark.parametrize("limit", [1, 4, TOTAL - 1, TOTAL, 100])
def test_pages_hold_every_picture_once(client: FlaskClient, filled: Filled, limit: int) -> None:
    images = walk(client, f"/api/v1/images?limit={limit}")
    assert sorted(image["sha256"] for image in images) == sorted(map(digest, filled.files.values()))
    assert [i["created"] for i in images] == sorted((i["created"] for i in images), reverse=True)


def test_a_page_leads_to_the_next_in_a_header_too(client: FlaskClient) -> None:
    response = client.get("/api/v1/images?category=hat&limit=2")
    assert response.headers["Link"] == f'<{response.get_json()["next"]}>; rel="next"'
    following = response.get_json()["next"]
    assert "category=hat" in following and "limit=2" in following
    last = client.get("/api/v1/images?category=hat")
    assert last.get_json()["next"] is None and "Link" not in last.headers


def test_filters(client: FlaskClient, filled: Filled) -> None:
    assert {i["category"]["slug"] for i in walk(client, "/api/v1/images?category=hat")} == {"hat"}
    assert len(walk(client, "/api/v1/images?format=webp&limit=3")) == TOTAL
    assert walk(client, "/api/v1/images?format=png") == []
    assert walk(client, "/api/v1/images?model=tiny/1") == []
    now = quote((datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert walk(client, f"/api/v1/images?created_after={now}") == []
    assert len(walk(client, "/api/v1/images?created_after=2020-01-01T00:00:00Z&limit=5")) == TOTAL
    # a plus sign that was not encoded is a space by the time it arrives
    assert len(walk(client, "/api/v1/images?created_after=2020-01-01T00:00:00+02:00")) == TOTAL
    _, file, data = filled.some("hat")
    filled.retire(file, REJECTED)
    hats = walk(client, "/api/v1/images?category=hat&format=webp&limit=1")
    assert len(hats) == COUNTS["hat"] - 1
    assert digest(data) not in {image["sha256"] for image in hats}


@pytest.mark.parametrize("n", [1, 2, 12, TOTAL, 100])
def test_random_ones_are_all_different(client: FlaskClient, n: int) -> None:
    for _ in range(5):
        images = told(client, f"/api/v1/random?n={n}")["images"]
        assert len({image["id"] for image in images}) == len(images) == min(n, TOTAL)
    hats = told(client, f"/api/v1/random?n={n}&category=hat")["images"]
    assert len({image["id"] for image in hats}) == len(hats) == min(n, COUNTS["hat"])
    assert {image["category"]["slug"] for image in hats} == {"hat"}


def test_random_is_one_unless_said(client: FlaskClient) -> None:
    assert len(told(client, "/api/v1/random")["images"]) == 1


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_random_passes_over_files_that_were_deleted_by_hand(
    client: FlaskClient, filled: Filled
) -> None:
    for slug, file in [key for key in filled.files if key[0] == "mammal"][:5]:
        filled.path(slug, file).unlink()
    for _ in range(20):
        images = told(client, "/api/v1/random?n=5")["images"]
        assert 0 < len(images) <= 5
        assert all(client.get(image["url"]).status_code == 200 for image in images)


def test_a_category_without_pictures_is_none(client: FlaskClient, filled: Filled) -> None:
    with filled.engine.begin() as connection:
        connection.execute(insert(category).values(slug="ham", name="ham", n=0))
    for address in ("/api/v1/random?category=ham", "/api/v1/images?category=ham"):
        error = told(client, address, 404)["error"]
        assert error["hint"] == "did you mean hat?"


@pytest.mark.parametrize("address", ALL)
def test_every_answer_can_be_read_by_any_page(client: FlaskClient, address: str) -> None:
    for path in (address, "/api/v1/random?n=0", "/api/v1/images/0f1e2d3c4b5a", "/api/v1/nothing"):
        headers = client.get(path).headers
        assert headers.getlist("Access-Control-Allow-Origin") == ["*"]
        assert "Access-Control-Allow-Credentials" not in headers
        assert "Set-Cookie" not in headers
    preflight = client.options(
        address, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    )
    assert preflight.status_code == 204 and preflight.data == b""
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"


@pytest.mark.parametrize("address", ALL)
def test_nothing_but_reading(client: FlaskClient, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert head.status_code == 200 and head.data == b""
    if "random" not in address:
        assert head.headers["Content-Length"] == str(len(got.data))
    for method in (client.post, client.put, client.delete, client.patch):
        refused = method(address)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert refused.get_json()["error"]["status"] == 405


@pytest.mark.parametrize("address", [a for a in ALL if "random" not in a])
def test_what_is_known_is_not_sent_again(client: FlaskClient, filled: Filled, address: str) -> None:
    first = client.get(address)
    assert first.headers["Cache-Control"] == "no-cache"
    known = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304 and known.data == b""
    assert known.headers["ETag"] == first.headers["ETag"]
    if "openapi" in address:
        return
    filled.retire(filled.some()[1], REJECTED)
    changed = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"]


def test_random_is_kept_by_nobody(client: FlaskClient) -> None:
    headers = client.get("/api/v1/random").headers
    assert headers["Cache-Control"] == "no-store" and "ETag" not in headers


@pytest.mark.parametrize(
    ("address", "message", "hint"),
    [
        ("/api/v1/random?n=0", "n='0'", "a whole number from 1 to 100"),
        ("/api/v1/random?n=101", "n='101'", "a whole number"),
        ("/api/v1/random?n=-1", "n='-1'", "a whole number"),
        ("/api/v1/random?n=1.5", "n='1.5'", "a whole number"),
        ("/api/v1/random?n=", "n=''", "a whole number"),
        ("/api/v1/random?n=١", "n='١'", "a whole number"),
        ("/api/v1/random?n=" + "9" * 5000, "n='999", "a whole number"),
        ("/api/v1/random?n=1&n=2", "n is given 2 times", "give it once"),
        ("/api/v1/random?m=1", "there is no parameter 'm'", "parameters are n, category"),
        ("/api/v1/random?category=a/b", "category='a/b'", "/api/v1/categories"),
        ("/api/v1/random?category=%27%22%3C", "category=", "/api/v1/categories"),
        ("/api/v1/images?limit=1000", "limit='1000'", "from 1 to 100"),
        ("/api/v1/images?format=gif", "format='gif'", "one of webp, jpeg, png, avif"),
        ("/api/v1/images?created_after=yesterday", "created_after=", "with its zone"),
        ("/api/v1/images?created_after=2026-02-30T00:00:00Z", "created_after=", "with its zone"),
        ("/api/v1/images?created_after=2026-01-01T00:00:00", "created_after=", "with its zone"),
        ("/api/v1/images?created_after=0001-01-01T00:00:00%2B23:59", "created_after", "zone"),
        ("/api/v1/images?state=rejected", "there is no parameter 'state'", "parameters are"),
        ("/api/v1/images?cursor=a b", "cursor='a b'", "next"),
        ("/api/v1/images?cursor=aaaa", "this cursor", "begin without a cursor"),
        ("/api/v1/categories?x=1", "there is no parameter 'x'", "there are none here"),
        ("/api/v1/images/0F1E2D3C4B5A", "hash=", "12 or 64 digits"),
        ("/api/v1/images/0f1e2d3c4b5", "hash=", "12 or 64 digits"),
        ("/api/v1/images/" + "0" * 65, "hash=", "12 or 64 digits"),
    ],
)
def test_what_makes_no_sense_is_refused_with_advice(
    client: FlaskClient, address: str, message: str, hint: str
) -> None:
    error = told(client, address, 400)["error"]
    assert error["status"] == 400
    assert message in error["message"] and len(error["message"]) < 120
    assert hint in error["hint"]
    assert client.get(address).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "address",
    ["/api/v1", "/api/v1/", "/api/v1/random/", "/api/v1/images/", "/api/v1/categories/x",
     "/api/v1/openapi.json/", "/api/v2/random", "/api/", "/api/v1//random"],
)  # fmt: skip
def test_other_addresses_are_not_found(client: FlaskClient, address: str) -> None:
    assert told(client, address, 404)["error"]["status"] == 404


def test_where_nothing_is_nothing_is_told(bare: FlaskClient) -> None:
    for address in ("/api/v1/random", "/api/v1/images", "/api/v1/categories"):
        assert told(bare, address, 503)["error"]["hint"].endswith("flask pregen --categories 60")
    assert bare.get("/api").status_code == 200
    assert bare.get("/api/v1/openapi.json").status_code == 200


def cursor_of(client: FlaskClient, address: str) -> str:
    match = re.search(r"cursor=([\w.-]+)", told(client, address)["next"])
    assert match is not None
    return match[1]


def test_a_cursor_is_changed_by_nobody(client: FlaskClient) -> None:
    """Not by one character, nor taken to other filters or another site."""
    cursor = cursor_of(client, "/api/v1/images?limit=2")
    assert client.get(f"/api/v1/images?cursor={cursor}").status_code == 200
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    for place, letter in enumerate(cursor):
        other = alphabet[(alphabet.index(letter) + 1) % len(alphabet)]
        changed = cursor[:place] + other + cursor[place + 1 :]
        assert client.get(f"/api/v1/images?cursor={changed}").status_code == 400, place
    for wrong in (cursor[:-1], cursor + "A", cursor + "=", cursor[::-1], "é", "A" * 101, "A" * 151):
        assert client.get(f"/api/v1/images?cursor={quote(wrong)}").status_code == 400
    for more in ("category=hat", "format=webp", "created_after=2020-01-01T00:00:00Z"):
        assert client.get(f"/api/v1/images?cursor={cursor}&{more}").status_code == 400
    foreign = Cursors(b"another").write((datetime.now(UTC), 3), Filter())
    assert client.get(f"/api/v1/images?cursor={foreign}").status_code == 400


def test_a_cursor_outlives_a_restart(filled: Filled) -> None:
    settings = replace(filled.settings, secret_key="kept")
    cursor = cursor_of(create_app(settings).test_client(), "/api/v1/images?limit=2")
    again = create_app(settings).test_client()
    assert again.get(f"/api/v1/images?cursor={cursor}").status_code == 200
