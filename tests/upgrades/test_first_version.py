"""A store and an index that the first version wrote, opened by this one.

`first/` was written by the program of the migration 0001 (`flask pregen`, shipped model): the files
as they are, the index as SQL.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from core.settings import Settings
from store.index.database import HEAD_REVISION

FIRST = Path(__file__).parent / "first"
pytestmark = [pytest.mark.sqlite, pytest.mark.folder]


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    shutil.copytree(FIRST / "images", tmp_path / "images")
    (tmp_path / "instance").mkdir()
    database = sqlite3.connect(tmp_path / "instance" / "index.sqlite3")
    database.executescript((FIRST / "index.sql").read_text())
    database.close()
    return create_app(
        Settings(
            home=tmp_path / "home",
            images_folder=tmp_path / "images",
            instance_folder=tmp_path / "instance",
        )
    )


def flask(site: Flask, *words: str) -> Result:
    return site.test_cli_runner().invoke(args=words)


def test_it_says_what_to_type_and_then_shows_everything(site: Flask) -> None:
    client = site.test_client()
    answer = client.get("/")
    assert answer.status_code == 503
    refused = flask(site, "pregen", "--dry-run")
    assert refused.exit_code == 1 and "flask db upgrade" in refused.output
    upgraded = flask(site, "db", "upgrade")
    assert upgraded.exit_code == 0, upgraded.output
    assert upgraded.output.strip() == f"migrated the index from 0001 to {HEAD_REVISION}"
    files = sorted((FIRST / "images").rglob("*.webp"))
    assert len(files) == 6
    client = create_app(site.extensions["settings"]).test_client()
    assert client.get("/").status_code == 200
    for path in files:
        assert client.get(f"/images/{path.parent.name}/{path.name}").data == path.read_bytes()
        assert client.get(f"/i/{path.stem.rpartition('-')[2]}").status_code == 200
    found = json.loads(client.get("/categories.json").data)["categories"]
    assert {each["slug"]: each["pictures"] for each in found} == dict.fromkeys(
        ("game", "professional", "sky"), 2
    )


@pytest.mark.slow
def test_the_owners_commands_go_on_with_it(site: Flask) -> None:
    assert flask(site, "db", "upgrade").exit_code == 0
    for words, said in (
        (("verify",), "6"),
        (("index",), "6 unchanged"),
        (("curate", "reject", "sky/50000000-af8bb299a9cb.webp"), "rejected 1 of 1"),
        (("curate", "undo"), "undone"),
        (("curate", "category", "off", "game"), "game"),
        (("pregen", "--categories", "sky", "--samples", "2", "--dry-run"), "2"),
        (("verify",), ""),
    ):
        done = flask(site, *words)
        assert done.exit_code == 0, done.output
        assert said in done.output, done.output
