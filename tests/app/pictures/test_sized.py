"""`/sized/<size>/<hash>.<extension>`: made once, then as an original; gone with its picture."""

import fcntl
import io
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from app.identity.identity import Identity
from app.pictures.addresses import original_address, sized_address, sized_width_height
from app.pictures.sized import SizedFiles, sized_pictures
from app.rendering.error_pages import register_error_handlers
from app.rendering.renderer import PageRenderer
from store.files.protocol import digest
from store.formats.derivatives import Derivatives
from store.index.states import MISSING, OFF, REJECTED
from store.queries.rows import Picture
from tests.conftest import Filled, small_picture
from tests.scaled import empty_again

IMMUTABLE = "public, max-age=31536000, immutable"
TYPES = {"webp": "image/webp", "avif": "image/avif", "png": "image/png", "jpg": "image/jpeg"}


@pytest.fixture
def some_hash(filled: Filled) -> str:
    return digest(filled.some()[2])[:12]


@pytest.mark.parametrize("extension", TYPES)
@pytest.mark.parametrize("size", [64, 128, 256, 512, 1024, 2048])
def test_sizes_and_formats(client: FlaskClient, some_hash: str, size: int, extension: str) -> None:
    address = f"/sized/{size}/{some_hash}.{extension}"
    first = client.get(address)
    assert first.status_code == 200
    image = Image.open(io.BytesIO(first.data))
    assert image.size == (size, size)
    assert first.headers["Content-Type"] == TYPES[extension]
    assert first.headers["Cache-Control"] == IMMUTABLE
    assert first.headers["ETag"] == f'"{some_hash}-{size}-{extension}"'
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(address)
    assert again.data == first.data
    assert again.headers == first.headers


@pytest.mark.folder  # of a bucket the index is asked every time
def test_once_made_it_is_answered_as_an_original(
    client: FlaskClient, filled: Filled, some_hash: str
) -> None:
    """Without Flask and without the index: with conditions, ranges and HEAD."""
    address = f"/sized/128/{some_hash}.webp"
    data = client.get(address).data
    filled.engine.dispose()
    empty_again(filled.settings)
    assert client.get(address).data == data
    head = client.head(address)
    assert head.data == b"" and head.headers["Content-Length"] == str(len(data))
    etag = f'"{some_hash}-128-webp"'
    known = client.get(address, headers={"If-None-Match": etag})
    assert known.status_code == 304 and known.data == b""
    part = client.get(address, headers={"Range": "bytes=2-5"})
    assert part.status_code == 206 and part.data == data[2:6]


def test_a_range_outside_is_refused(client: FlaskClient, some_hash: str) -> None:
    response = client.get(f"/sized/64/{some_hash}.png", headers={"Range": "bytes=9999999-"})
    assert response.status_code == 416


def test_the_first_answer_may_be_to_head_or_to_what_is_known(
    client: FlaskClient, some_hash: str
) -> None:
    head = client.head(f"/sized/64/{some_hash}.png")
    assert head.status_code == 200 and head.data == b""
    etag = f'"{some_hash}-64-jpg"'
    response = client.get(f"/sized/64/{some_hash}.jpg", headers={"If-None-Match": etag})
    assert response.status_code == 304


def test_where_none_are_kept_each_is_made_anew(filled: Filled, some_hash: str) -> None:
    app = create_app(replace(filled.settings, derivatives_mb=0))
    client = app.test_client()
    address = f"/sized/128/{some_hash}.webp"
    first, second = client.get(address), client.get(address)
    assert first.status_code == second.status_code == 200
    assert first.data == second.data
    assert Image.open(io.BytesIO(first.data)).size == (128, 128)
    assert client.head(address).headers["Content-Length"] == str(len(first.data))
    etag = first.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    folder = filled.settings.instance_folder / "derivatives"
    assert not [path for path in folder.rglob("*.webp") if path.is_file()]


@pytest.mark.parametrize("state", [REJECTED, MISSING, OFF])
@pytest.mark.parametrize("made", [True, False])
def test_it_is_gone_with_its_picture(
    client: FlaskClient, filled: Filled, state: str, made: bool
) -> None:
    category, file, data = filled.some()
    address = f"/sized/256/{digest(data)[:12]}.webp"
    if made:
        assert client.get(address).status_code == 200
    filled.retire(file, state)
    filled.store.remove(category, file)
    page = client.get(address, headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert page.headers["Cache-Control"] == "no-store"
    assert "<h1>This picture does not exist any more" in page.text
    told = client.get(address, headers={"Accept": "application/json"})
    assert told.status_code == 410
    assert told.get_json()["error"]["status"] == 410


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_gone_when_its_file_was_deleted_by_hand(client: FlaskClient, filled: Filled) -> None:
    category, file, data = filled.some()
    address = f"/sized/256/{digest(data)[:12]}.webp"
    assert client.get(address).status_code == 200
    filled.path(category, file).unlink()
    assert client.get(address).status_code == 410


def test_of_other_bytes_under_an_adopted_name_none_is_made(filled: Filled) -> None:
    data = small_picture(77)
    filled.add("pizza", {"00042.webp": data})
    client = create_app(filled.settings).test_client()
    assert client.get(f"/sized/64/{digest(data)[:12]}.webp").status_code == 200
    filled.store.put_all("pizza", {"00042.webp": small_picture(78)})
    assert client.get(f"/sized/128/{digest(data)[:12]}.webp").status_code == 404


def test_a_broken_file_is_told_of(filled: Filled) -> None:
    data = b"no picture at all"
    filled.add("pizza", {"00042.webp": data})
    client = create_app(filled.settings).test_client()
    response = client.get(
        f"/sized/64/{digest(data)[:12]}.webp", headers={"Accept": "application/json"}
    )
    assert response.status_code == 404
    assert response.get_json()["error"]["hint"] == "look for more with: flask verify"


@pytest.mark.folder  # a bucket has no links
def test_a_link_out_of_the_store_is_not_followed(filled: Filled, tmp_path: Path) -> None:
    data = small_picture(77)
    secret = tmp_path / "secret.webp"
    secret.write_bytes(data)
    filled.add("pizza", {"00042.webp": data})
    filled.path("pizza", "00042.webp").unlink()
    filled.path("pizza", "00042.webp").symlink_to(secret)
    client = create_app(filled.settings).test_client()
    assert client.get(f"/sized/64/{digest(data)[:12]}.webp").status_code == 410


@pytest.mark.parametrize(
    "address",
    [
        "/sized/65/{}.webp",
        "/sized/0/{}.webp",
        "/sized/-64/{}.webp",
        "/sized/064/{}.webp",
        "/sized/4096/{}.webp",
        "/sized/٦٤/{}.webp",
        "/sized/64/{}.gif",
        "/sized/64/{}.jpeg",
        "/sized/64/{}.WEBP",
        "/sized/64/{}",
        "/sized/64/{}.webp/",
        "/sized/64/{}.webp.png",
        "/sized/64/{}0.webp",
        "/sized/64/000000000000.webp",
        "/sized/64/../{}.webp",
        "/sized/64/..%2f{}.webp",
        "/sized/64",
        "/sized/",
        "/sized/64/{}.webp%00",
        "/sized/originals/{}",
        "/sized/64/.tmp-x",
    ],
)
def test_nothing_else_is_served(client: FlaskClient, some_hash: str, address: str) -> None:
    assert client.get(f"/sized/64/{some_hash}.webp").status_code == 200
    response = client.get(address.format(some_hash))
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_when_too_many_are_made_browsers_get_the_original_and_programs_are_told(
    filled: Filled, some_hash: str
) -> None:
    """With the derivative's lock held by another process for longer than anybody waits."""
    app = create_app(filled.settings)
    derivatives = Derivatives(filled.settings.instance_folder, 8, 1, 1, wait_s=0.1)
    locks = filled.settings.instance_folder / "derivatives" / "locks"
    locks.mkdir(parents=True)
    client = app.test_client()
    sized = SizedFiles(filled.settings, filled.store, derivatives)
    other = Flask("other")
    other.register_blueprint(sized_pictures(app.extensions["index"], sized))
    register_error_handlers(other, PageRenderer(Identity(), {}))
    busy = other.test_client()
    address = f"/sized/64/{some_hash}.png"
    with (locks / f"64-{some_hash}.png").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = busy.get(address, headers={"Accept": "application/json"})
        assert told.status_code == 503
        assert told.headers["Retry-After"] == "1"
        led = busy.get(address, headers={"Sec-Fetch-Dest": "image", "Accept": "image/*"})
        assert led.status_code == 302
        assert led.headers["Cache-Control"] == "no-store"
        assert client.get(led.headers["Location"]).data == filled.some()[2]
    assert busy.get(address).status_code == 200


def test_other_methods(client: FlaskClient, some_hash: str) -> None:
    assert client.post(f"/sized/64/{some_hash}.webp").status_code == 405


def test_addresses_of_templates() -> None:
    made = Picture(
        1, "hat", "hat", "7-0f1e2d3c4b5a.webp", "0f1e2d3c4b5a" + "0" * 52, 64, 64, "live",
        None, None, None,
    )  # fmt: skip
    assert sized_address(made, 64) == "/images/hat/7-0f1e2d3c4b5a.webp"
    assert sized_address(made, 64, "png") == "/sized/64/0f1e2d3c4b5a.png"
    assert sized_address(made, 512) == "/sized/512/0f1e2d3c4b5a.webp"
    assert original_address(made, "webp") == "/images/hat/7-0f1e2d3c4b5a.webp"
    assert original_address(made, "avif") == "/sized/64/0f1e2d3c4b5a.avif"
    adopted = replace(made, file="00042.jpg", width=300, height=150)
    assert sized_address(adopted, 256, "jpg") == "/sized/256/0f1e2d3c4b5a.jpg"
    # the address has to say which bytes are meant
    assert original_address(adopted, "jpg") == "/sized/512/0f1e2d3c4b5a.jpg"
    assert sized_width_height(adopted, 256) == (256, 128)
    huge = replace(made, width=3000, height=3000)
    assert original_address(huge, "png") == "/sized/2048/0f1e2d3c4b5a.png"
