"""Errors: one shape, one look, the right status, never cached, nothing of the inside."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.rendering.error_pages import Notice
from core.settings import Settings
from tests.conftest import Filled
from tests.scaled import run_sql

COMMAND = "flask pregen --categories 60"
ADDRESSES = ["/", "/c/mammal", "/i/0f1e2d3c4b5a", "/categories"]


@pytest.mark.parametrize(
    ("address", "accept", "is_json"),
    [
        ("/nothing", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("/nothing", "*/*", False),
        ("/nothing", "", False),
        ("/nothing", "rubbish;;q=x", False),
        ("/nothing", "application/json", True),
        ("/nothing", "application/json,text/html;q=0.9", True),
        ("/nothing.json", "text/html", True),
        ("/api/v1/nothing", "text/html", True),
        ("/images/x/y.webp", "image/avif,image/webp,*/*", False),
    ],
)
def test_an_error_comes_as_its_reader_wants_it(
    client: FlaskClient, address: str, accept: str, is_json: bool
) -> None:
    response = client.get(address, headers={"Accept": accept})
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"
    assert "Accept" in response.headers["Vary"]
    assert "Content-Security-Policy" in response.headers
    if is_json:
        assert response.headers["Content-Type"] == "application/json"
        error = response.get_json()["error"]
        assert set(error) == {"status", "message", "hint"}
        assert error["status"] == 404 and error["message"]
    else:
        assert "<h1>This p" in response.text and "Nonesuch</a>" in response.text


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_an_index_the_page_says_what_to_type(bare: FlaskClient, address: str) -> None:
    response = bare.get(address, headers={"Accept": "text/html"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
    assert f"<code>{COMMAND}</code>" in response.text
    assert "/instance/" not in response.text  # no path of the server


@pytest.mark.usefixtures("index")
def test_an_empty_store_says_what_to_type(settings: Settings) -> None:
    client = create_app(settings).test_client()
    response = client.get("/")
    assert response.status_code == 503
    assert "<h1>Nothing exists yet</h1>" in response.text
    assert f"<code>{COMMAND}</code>" in response.text
    error = client.get("/", headers={"Accept": "application/json"}).get_json()["error"]
    assert error["hint"].endswith(COMMAND)
    assert client.get("/categories").get_json() == {"categories": []}
    assert client.get("/categories", headers={"Accept": "text/html"}).status_code == 200


def test_pictures_show_as_soon_as_there_are_some(
    bare: FlaskClient, request: pytest.FixtureRequest
) -> None:
    assert bare.get("/").status_code == 503
    request.getfixturevalue("filled")
    assert bare.get("/").status_code == 200


@pytest.mark.sqlite
def test_an_index_without_tables_counts_as_none(settings: Settings) -> None:
    settings.instance_folder.mkdir()
    sqlite3.connect(settings.sqlite_path or "").close()
    assert COMMAND in create_app(settings).test_client().get("/").text


def test_an_index_of_another_version_is_told(filled: Filled) -> None:
    run_sql(filled.settings, "UPDATE alembic_version SET version_num = '9999'")
    response = create_app(filled.settings).test_client().get("/")
    assert response.status_code == 503
    assert "stands at migration 9999" in response.text
    assert "<h1>The pictures cannot be found</h1>" in response.text


@pytest.mark.sqlite
def test_an_index_of_nonsense_is_told(settings: Settings) -> None:
    settings.instance_folder.mkdir()
    (settings.instance_folder / "index.sqlite3").write_bytes(b"nonsense" * 1000)
    response = create_app(settings).test_client().get("/")
    assert response.status_code == 503
    assert "file is not a database" in response.text
    assert "<code>flask index</code>" in response.text


@pytest.mark.sqlite
def test_an_index_that_breaks_while_the_site_runs_is_told_and_mended(
    client: FlaskClient, filled: Filled
) -> None:
    assert client.get("/").status_code == 200
    path = Path(filled.settings.sqlite_path or "")
    whole = path.read_bytes()
    # with another change counter, or SQLite would go on with the pages that it holds
    path.write_bytes(whole[:24] + b"\xff" * 4 + whole[28:4096] + b"\xff" * (len(whole) - 4096))
    response = client.get("/")
    assert response.status_code == 503
    assert "The index cannot be read" in response.text
    assert client.get("/healthz").get_json() == {"status": "ok", "index": "unusable"}
    path.write_bytes(whole)
    assert client.get("/").status_code == 200


@pytest.mark.sqlite
@pytest.mark.parametrize("running", [True, False])
def test_what_a_killed_command_left_half_written_is_undone(
    client: FlaskClient, filled: Filled, tmp_path: Path, running: bool
) -> None:
    if running:
        assert client.get("/").status_code == 200
    path = Path(filled.settings.sqlite_path or "")
    before = path.read_bytes()
    scene = tmp_path / "scene.sqlite3"
    shutil.copy(path, scene)
    writer = sqlite3.connect(scene, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE image SET phash = 'x' || id, model = hex(zeroblob(900))")
    # as at the moment of the kill: pages written, the journal there
    path.write_bytes(scene.read_bytes())
    Path(f"{path}-journal").write_bytes(Path(f"{scene}-journal").read_bytes())
    writer.close()
    assert path.read_bytes() != before
    assert client.get("/").status_code == 200
    assert path.read_bytes() == before


@pytest.mark.sqlite
def test_an_index_that_is_replaced_is_opened_anew(
    client: FlaskClient, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ops.index_handle._LOOK_AGAIN_S", 0.0)
    assert client.get("/").status_code == 200
    path = Path(filled.settings.sqlite_path or "")
    shutil.copy(path, path.with_suffix(".new"))
    with sqlite3.connect(path.with_suffix(".new")) as connection:
        connection.execute("UPDATE category SET name = 'replacement'")
    connection.close()
    path.with_suffix(".new").replace(path)
    assert "This <em>replacement</em> does not exist" in client.get("/").text
    path.unlink()
    assert COMMAND in client.get("/").text


def test_an_unforeseen_error_says_nothing_of_the_inside(
    filled: Filled, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(filled.settings)

    def broken() -> str:
        raise ValueError("a secret of the inside")

    app.add_url_rule("/broken", view_func=broken)
    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert "secret" not in response.text and "Traceback" not in response.text
    assert "<h1>This error should not exist</h1>" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "a secret of the inside" in caplog.text
    as_json = app.test_client().get("/broken", headers={"Accept": "application/json"})
    assert json.loads(as_json.data)["error"]["status"] == 500


def test_a_hint_is_split_from_its_command() -> None:
    notice = Notice(503, "", "", "rebuild it with: flask index")
    assert (notice.advice, notice.command) == ("rebuild it with", "flask index")
    notice = Notice(503, "", "", "make one: flask gan curator --run RUN; or leave it out")
    assert (notice.advice, notice.command) == (notice.hint, "")
    notice = Notice(404, "", "", "did you mean cat?")
    assert (notice.advice, notice.command) == ("did you mean cat?", "")
