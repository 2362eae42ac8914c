"""`/images/<category>/<file>`: headers, conditions, ranges, what is refused, by either path."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.http.picture_files import single_range
from store.files.protocol import digest, file_name
from store.index.states import MISSING, REJECTED
from tests.app.conftest import app_with
from tests.conftest import Filled, small_picture

IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture(params=["made", "made, at one of several hosts", "adopted"])
def served(request: pytest.FixtureRequest, filled: Filled) -> tuple[FlaskClient, str, bytes]:
    """A client, the address of a picture and its bytes, for each way it may be answered."""
    if request.param == "adopted":
        data = small_picture(77)
        filled.add("pizza", {"00042.webp": data})
        return create_app(filled.settings).test_client(), "/images/pizza/00042.webp", data
    category, file, data = filled.some()
    hosts = (".example.org", "localhost") if "hosts" in request.param else ()
    app = app_with(filled.settings, trusted_hosts=hosts)
    client = app.test_client()
    if hosts:
        client.environ_base["HTTP_HOST"] = "pictures.example.org"
    return client, f"/images/{category}/{file}", data


def test_the_bytes_come_with_all_headers(served: tuple[FlaskClient, str, bytes]) -> None:
    client, address, data = served
    response = client.get(address)
    assert response.status_code == 200 and response.data == data
    assert sorted(response.headers.to_wsgi_list()) == sorted(
        [
            ("Accept-Ranges", "bytes"),
            ("Access-Control-Allow-Origin", "*"),
            ("Cache-Control", IMMUTABLE),
            ("Content-Length", str(len(data))),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("Content-Type", "image/webp"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("ETag", f'"{digest(data)[:12]}"'),
            (
                "Permissions-Policy",
                "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
            ),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ]
    )


def test_head_says_what_get_would(served: tuple[FlaskClient, str, bytes]) -> None:
    client, address, _ = served
    head, got = client.head(address), client.get(address)
    assert head.data == b"" and head.headers == got.headers


@pytest.mark.parametrize("prefix", ["", "W/", '"other", ', 'W/"x" ,'])
def test_what_is_known_is_not_sent_again(
    served: tuple[FlaskClient, str, bytes], prefix: str
) -> None:
    client, address, data = served
    etag = f'"{digest(data)[:12]}"'
    response = client.get(address, headers={"If-None-Match": prefix + etag})
    assert response.status_code == 304 and response.data == b""
    assert response.headers["ETag"] == etag
    assert response.headers["Cache-Control"] == IMMUTABLE
    assert "Content-Length" not in response.headers
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 304
    assert client.get(address, headers={"If-None-Match": '"other"'}).data == data


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("0-9", 0, 10),
        ("10-", 10, None),
        ("-7", -7, None),
        ("5-999999", 5, None),
        ("-99999", 0, None),
    ],
)
def test_one_range(
    served: tuple[FlaskClient, str, bytes], asked: str, start: int, end: int | None
) -> None:
    client, address, data = served
    response = client.get(address, headers={"Range": f"bytes={asked}"})
    part = data[start:end]
    first = data.index(part) if start < 0 else start
    assert response.status_code == 206 and response.data == part
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(data)}"
    assert response.headers["Content-Length"] == str(len(part))
    assert response.headers["ETag"] == f'"{digest(data)[:12]}"'


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=9-3", "bytes=-", "x", "é"])
def test_other_ranges_bring_the_whole(served: tuple[FlaskClient, str, bytes], asked: str) -> None:
    client, address, data = served
    response = client.get(address, headers={"Range": asked})
    assert response.status_code == 200 and response.data == data


def test_a_range_is_only_for_the_picture_that_was_meant(
    served: tuple[FlaskClient, str, bytes],
) -> None:
    client, address, data = served
    ranged = {"Range": "bytes=0-9"}
    etag = f'"{digest(data)[:12]}"'
    assert client.get(address, headers={**ranged, "If-Range": etag}).status_code == 206
    assert client.get(address, headers={**ranged, "If-Range": '"other"'}).data == data
    assert client.head(address, headers=ranged).status_code == 200


@pytest.mark.parametrize("asked", ["bytes=100000-", "bytes=-0", "bytes=99999-100000"])
def test_a_range_outside_is_refused_in_dress(
    served: tuple[FlaskClient, str, bytes], asked: str
) -> None:
    client, address, data = served
    response = client.get(address, headers={"Range": asked})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{len(data)}"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_large_picture_comes_in_parts_and_whole(filled: Filled) -> None:
    data = small_picture(5) + bytes(range(256)) * 4096
    file = file_name(5, digest(data), "webp")
    filled.add("mammal", {file: data})
    client = create_app(filled.settings).test_client()
    assert client.get(f"/images/mammal/{file}").data == data
    response = client.get(f"/images/mammal/{file}", headers={"Range": "bytes=300-700000"})
    assert response.status_code == 206 and response.data == data[300:700_001]


@pytest.mark.parametrize("size", [0, 1])
def test_the_edges_of_a_range(size: int) -> None:
    assert single_range("bytes=0-", 1) == (0, 1)
    assert single_range("bytes= 0 - 0", 5) == (0, 1)
    assert single_range("bytes=9" + "9" * 30 + "-", size) is None


@pytest.mark.parametrize("extension", ["webp", "jpeg", "png", "avif"])
def test_every_format_has_its_type(filled: Filled, extension: str) -> None:
    data = small_picture(6, picture_format=extension)
    suffix = {"jpeg": "jpg"}.get(extension, extension)
    file = file_name(6, digest(data), suffix)
    filled.add("hat", {file: data})
    response = create_app(filled.settings).test_client().get(f"/images/hat/{file}")
    assert response.headers["Content-Type"] == f"image/{extension}"
    assert response.data == data


@pytest.mark.parametrize(
    "address",
    [
        "/images/../instance/index.sqlite3",
        "/images/mammal/../../instance/key",
        "/images/..%2f..%2finstance/key",
        "/images/mammal/..%2f..%2finstance%2fkey",
        "/images/%2e%2e/key",
        "/images/./key",
        "/images/mammal/.tmp-1",
        "/images/.hidden/1-0f1e2d3c4b5a.webp",
        "/images/mammal/1-0f1e2d3c4b5a.webp%00.png",
        "/images/mammal/1-0f1e2d3c4b5a.webp/",
        "/images/mammal//1-0f1e2d3c4b5a.webp",
        "/images/mammal/1-0f1e2d3c4b5a.webp\n",
        "/images//etc/passwd",
        "/images/mammal/%ff%fe",
        "/images/mammal/" + "a" * 5000,
        "/images/mammal",
        "/images/",
        "/images",
        "/imagesx/mammal/1-0f1e2d3c4b5a.webp",
    ],
)
@pytest.mark.folder  # other files that lie in the folder
def test_nothing_but_pictures_is_served(client: FlaskClient, filled: Filled, address: str) -> None:
    (filled.settings.images_folder / ".hidden").mkdir()
    (filled.settings.images_folder / ".hidden" / "1-0f1e2d3c4b5a.webp").write_bytes(b"secret")
    (filled.settings.images_folder / "mammal" / ".tmp-1").write_bytes(b"secret")
    response = client.get(address)
    assert response.status_code == 404
    assert b"secret" not in response.data
    assert "does not exist either" in response.text


@pytest.mark.folder  # a bucket has no links
def test_a_link_out_of_the_folder_is_not_followed(
    client: FlaskClient, filled: Filled, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    filled.path("mammal", "1-0f1e2d3c4b5a.webp").symlink_to(secret)
    assert client.get("/images/mammal/1-0f1e2d3c4b5a.webp").status_code == 404
    filled.path("mammal", "2-0f1e2d3c4b5a.webp").mkdir()
    assert client.get("/images/mammal/2-0f1e2d3c4b5a.webp").status_code == 404


@pytest.mark.parametrize(("state", "status"), [(REJECTED, 410), (MISSING, 410), (None, 404)])
def test_a_picture_without_its_file(
    client: FlaskClient, filled: Filled, state: str | None, status: int
) -> None:
    category, file, _ = filled.some()
    address = f"/images/{category}/{file}"
    assert client.get(address).status_code == 200
    filled.store.remove(category, file)
    if state is not None:
        filled.retire(file, state)
    response = client.get(address)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert "<h1>This picture does not exist" in response.text


def test_how_long_pictures_are_kept_is_a_setting(filled: Filled) -> None:
    category, file, _ = filled.some()
    client = create_app(replace(filled.settings, picture_max_age_s=60)).test_client()
    response = client.get(f"/images/{category}/{file}")
    assert response.headers["Cache-Control"] == "public, max-age=60, immutable"


def test_a_picture_is_only_read(client: FlaskClient, filled: Filled) -> None:
    category, file, data = filled.some()
    assert client.delete(f"/images/{category}/{file}").status_code == 405
    assert filled.store.read(category, file) == data
