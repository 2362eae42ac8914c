"""A store of emoji/2, which this repository no longer holds, opened and brought over.

`second/` was written by `flask pregen --categories sky,game,professional,cat_face --samples 2`
while emoji/2 shipped: the files as they are, the index as SQL.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from PIL import Image

from app import create_app
from core.settings import Settings

SECOND = Path(__file__).parent / "second"
SLUGS = ("cat_face", "game", "professional", "sky")
pytestmark = [pytest.mark.sqlite, pytest.mark.folder]


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    shutil.copytree(SECOND / "images", tmp_path / "images")
    (tmp_path / "instance").mkdir()
    database = sqlite3.connect(tmp_path / "instance" / "index.sqlite3")
    database.executescript((SECOND / "index.sql").read_text())
    database.close()
    site = create_app(
        Settings(
            home=tmp_path / "home",
            images_folder=tmp_path / "images",
            instance_folder=tmp_path / "instance",
        )
    )
    flask(site, "db", "upgrade")
    return site


def flask(site: Flask, *words: str) -> Result:
    done = site.test_cli_runner().invoke(args=words)
    assert done.exit_code == 0, done.output
    return done


def test_its_pictures_are_shown_indexed_and_verified(site: Flask) -> None:
    client = site.test_client()
    files = sorted((SECOND / "images").rglob("*.webp"))
    assert len(files) == 8
    for path in files:
        assert client.get(f"/images/{path.parent.name}/{path.name}").data == path.read_bytes()
        assert client.get(f"/i/{path.stem.rpartition('-')[2]}").status_code == 200
    found = json.loads(client.get("/categories.json").data)["categories"]
    assert {each["slug"]: each["pictures"] for each in found} == dict.fromkeys(SLUGS, 2)
    assert "8 unchanged" in flask(site, "index").output
    assert "8 pictures checked" in flask(site, "verify").output


def test_verify_says_where_the_model_is_to_be_had(site: Flask) -> None:
    said = flask(site, "verify", "--rebuild", "8").output
    assert "0 pictures generated anew" in said
    assert "model emoji/2 is not here as it was" in said
    assert "git checkout $(git rev-list -n 1 HEAD -- models/emoji/2)^ -- models/emoji/2" in said


@pytest.mark.slow
def test_pregen_brings_it_over(site: Flask) -> None:
    done = flask(site, "pregen", "--categories", ",".join(SLUGS), "--samples", "2", "--replace")
    assert "made 8 pictures with emoji/3" in done.output
    client = create_app(site.extensions["settings"]).test_client()
    pictures = json.loads(client.get("/categories.json").data)["categories"]
    assert {each["slug"]: each["pictures"] for each in pictures} == dict.fromkeys(SLUGS, 2)
    images = site.extensions["settings"].images_folder
    files = sorted(images.rglob("*.webp"))
    assert len(files) == 8 and not {f.name for f in files} & {
        f.name for f in (SECOND / "images").rglob("*.webp")
    }
    for path in files:
        with Image.open(path) as image:
            assert (image.size, image.mode) == ((512, 512), "RGBA")
            assert image.getchannel("A").getextrema() == (0, 255)
    said = flask(site, "verify", "--rebuild", "8").output
    assert "8 pictures generated anew" in said and "elsewhere" not in said
