"""`bin/serve` with an index that another version of the program made."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import PROJECT
from store.index.database import HEAD_REVISION
from tests.upgrades.test_second_version import SECOND

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance folder with the index of an older version, and its pictures beside it."""
    shutil.copytree(SECOND / "images", tmp_path / "images")
    folder = tmp_path / "instance"
    folder.mkdir()
    with sqlite3.connect(folder / "index.sqlite3") as database:
        database.executescript((SECOND / "index.sql").read_text())
    database.close()
    return folder


def before_serving(instance: Path) -> subprocess.CompletedProcess[str]:
    """Do what bin/serve does before it starts a server."""
    line = next(
        line for line in (PROJECT / "bin/serve").read_text().splitlines() if "--before" in line
    )
    words = line.replace('"$python"', sys.executable).split()
    environment = {
        "PATH": "/usr/bin:/bin",
        "SECRET_KEY": "x",
        "NONESUCH_INSTANCE_FOLDER": str(instance),
        "NONESUCH_IMAGES_FOLDER": str(instance.parent / "images"),
    }
    return subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True)


def revision(instance: Path) -> str:
    database = sqlite3.connect(instance / "index.sqlite3")
    found = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    database.close()
    return str(found)


def test_an_older_index_is_brought_up_to_date_first(instance: Path) -> None:
    was = revision(instance)
    assert was != HEAD_REVISION
    done = before_serving(instance)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"migrated the index from {was} to {HEAD_REVISION}\n"
    assert revision(instance) == HEAD_REVISION
    again = before_serving(instance)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_newer_index_is_one_line_and_stays(instance: Path) -> None:
    with sqlite3.connect(instance / "index.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    done = before_serving(instance)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "9999" in done.stderr and "use the program that made the index" in done.stderr
    assert revision(instance) == "9999"


def test_where_there_is_none_nothing_is_made(instance: Path) -> None:
    (instance / "index.sqlite3").unlink()
    assert before_serving(instance).returncode == 0
    assert not (instance / "index.sqlite3").exists()
    (instance / "index.sqlite3").write_bytes(b"not a database, but long enough to look like one")
    assert before_serving(instance).returncode == 0  # the site says what is wrong
