"""The site over a bucket: redirects to signed and public addresses, or the bytes themselves."""

import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app import create_app
from core.settings import PROJECT, Settings
from store.curation.reject import reject_images
from store.files.protocol import digest
from store.index.tables import image
from tests.conftest import Filled, fill
from tests.scaled import in_environment, scaled
from tests.servers.object_store import shared_object_store
from tests.servers.ports import free_port


@pytest.fixture
def stored(settings: Settings, index: Engine) -> Filled:
    return fill(scaled(settings, "sqlite", "s3") if not settings.store_url else settings, index)


def site(stored: Filled, **changes: object) -> FlaskClient:
    return create_app(replace(stored.settings, **changes)).test_client()  # type: ignore[arg-type]


def reject(stored: Filled, file: str) -> None:
    with stored.engine.connect() as connection:
        found = connection.execute(select(image.c.id).where(image.c.file == file)).scalar_one()
    settings = stored.settings
    assert reject_images(stored.engine, stored.store, settings.instance_folder, [found]) == 1


def test_a_signed_address(stored: Filled) -> None:
    category, file, data = stored.some()
    client = site(stored, store_answers="redirect", store_link_s=600)
    for answer in (client.get(f"/images/{category}/{file}"),
                   client.head(f"/images/{category}/{file}")):  # fmt: skip
        assert answer.status_code == 302 and answer.data == b""
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Type" not in answer.headers
    address = answer.headers["Location"]
    assert "X-Amz-Expires=600" in address
    with urllib.request.urlopen(address) as found:
        assert found.read() == data
        assert found.headers["Content-Type"] == "image/webp"
        assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with pytest.raises(urllib.error.HTTPError):  # signed for this one alone
        urllib.request.urlopen(address.replace(file, "1-000000000000.webp"))
    reject(stored, file)
    assert client.get(f"/images/{category}/{file}").status_code == 410
    with pytest.raises(urllib.error.HTTPError) as gone:  # it was handed out before
        urllib.request.urlopen(address)
    assert gone.value.code == 404


def test_a_public_address(stored: Filled) -> None:
    category, file, _ = stored.some()
    client = site(stored, store_answers="redirect", store_public_url="https://cdn.example/p/")
    answer = client.get(f"/images/{category}/{file}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"https://cdn.example/p/images/{category}/{file}"
    assert answer.headers["Cache-Control"] == "public, max-age=1800"


@pytest.mark.parametrize("answers", ["redirect", "proxy"])
def test_pages_may_show_what_they_lead_to(stored: Filled, answers: str) -> None:
    page = site(stored, store_answers=answers).get("/")
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    parts = urlsplit(shared_object_store().endpoint)
    more = f" {parts.scheme}://{parts.netloc}" if answers == "redirect" else ""
    assert policy["img-src"] == f"'self'{more}" and policy["connect-src"] == f"'self'{more}"
    assert policy["default-src"] == "'none'" and policy["font-src"] == "'self'"


def test_the_bytes_through_the_site(stored: Filled) -> None:
    client = site(stored, store_answers="proxy")
    category, file, data = stored.some()
    answer = client.get(f"/images/{category}/{file}")
    assert answer.data == data and answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    known = client.get(
        f"/images/{category}/{file}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert known.status_code == 304
    part = client.get(f"/images/{category}/{file}", headers={"Range": "bytes=5-8"})
    assert part.status_code == 206 and part.data == data[5:9]
    assert part.headers["Content-Range"] == f"bytes 5-8/{len(data)}"
    stored.store.remove(category, file)
    assert client.get(f"/images/{category}/{file}").status_code == 404
    assert client.get("/images/hat/1-000000000000.webp").status_code == 404


def test_other_sizes_go_with_their_picture(stored: Filled) -> None:
    category, file, data = stored.some()
    client = site(stored)
    address = f"/sized/128/{digest(data)[:12]}.png"
    first = client.get(address)
    assert first.status_code == 200
    assert client.get(address).data == first.data
    kept = stored.settings.instance_folder / "derivatives" / "128"
    assert len(list(kept.iterdir())) == 1
    reject(stored, file)
    assert client.get(address).status_code == 410
    assert len(list(kept.iterdir())) == 1
    assert category


def test_nobody_answers(stored: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    category, file, data = stored.some()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    client = site(stored, store_answers="proxy", store_wait_s=0.2)
    for address in (f"/images/{category}/{file}", f"/sized/64/{digest(data)[:12]}.webp"):
        answer = client.get(address, headers={"Accept": "application/json"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.get_json()["error"]["message"] == "the store of the pictures does not answer"
    assert client.get("/").status_code == 200


def test_a_site_over_a_folder_knows_nothing_of_buckets(filled: Filled) -> None:
    settings = replace(filled.settings, store_url="", store_answers="redirect")
    kept = {"PATH": "/usr/bin:/bin"}
    script = (
        "import app.wsgi, sys; sys.exit(bool({'obstore', 'store.files.bucket'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env={**kept, **in_environment(settings)}
    )
    assert done.returncode == 0


def test_settings_that_make_no_sense_are_one_line(filled: Filled) -> None:
    variables = {**in_environment(filled.settings), "STORE_URL": "bucket", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "verify"],
        cwd=PROJECT, env=variables, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "'bucket' is no address of a bucket; for example: s3://bucket/prefix" in done.stderr
