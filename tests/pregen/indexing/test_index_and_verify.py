"""`flask index` and `flask verify`: the folders are the truth, and lies are named."""

import io
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import select

from core.settings import Settings
from pregen.indexing import reindexing
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.files.reading import read_row
from store.index.database import open_engine
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image
from store.index.writes import NewImage
from tests.scaled import empty_again, run_sql

Flask = Callable[..., Result]
COLUMNS = [c for c in image.c if c.name not in ("id", "category_id", "ord", "created")]


def rows_of(settings: Settings) -> list[tuple[Any, ...]]:
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, category.c.name, *COLUMNS).join(category)
        return sorted(tuple(row) for row in connection.execute(statement))


@pytest.fixture
def filled(flask_command: Flask, settings: Settings) -> Settings:
    result = flask_command(
        "pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "6"
    )
    assert result.exit_code == 0, result.output
    return settings


def reject_first(settings: Settings, slug: str) -> str:
    engine = open_engine(settings, write=True)
    with engine.connect() as connection:
        statement = select(image.c.id, image.c.file).join(category).where(category.c.slug == slug)
        row = connection.execute(statement.order_by(image.c.id)).first()
    assert row is not None
    store = open_pictures(settings)
    assert reject_images(engine, store, settings.instance_folder, [row.id, row.id]) == 1
    return str(row.file)


def test_index_rebuilt_from_the_folders_is_the_same_index(
    flask_command: Flask, filled: Settings
) -> None:
    reject_first(filled, "hat")
    before = rows_of(filled)
    empty_again(filled)
    result = flask_command("index")
    assert result.exit_code == 0, result.output
    assert rows_of(filled) == before
    assert sum(row[-1] == REJECTED for row in before) == 1
    assert flask_command("verify").exit_code == 0
    result = flask_command("index")
    assert "11 unchanged" in result.output
    assert rows_of(filled) == before


def test_rejected_pictures_stay_out_and_do_not_count(
    flask_command: Flask, filled: Settings
) -> None:
    file = reject_first(filled, "hat")
    store = open_pictures(filled)
    moved = store.beside("rejected", filled.instance_folder).read("hat", file)
    assert moved is not None
    assert not store.has("hat", file)
    store.put_all("hat", {file: moved})  # somebody puts it back by hand
    result = flask_command("verify")
    assert result.exit_code == 1
    assert f"rejected but there: hat/{file}" in result.output
    result = flask_command("index")
    assert "1 rejected before" in result.output
    assert not store.has("hat", file)
    assert flask_command("verify").exit_code == 0
    words = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "6")
    assert "made 1 pictures" in flask_command(*words).output
    live = [row for row in rows_of(filled) if row[-1] == LIVE]
    assert len(live) == 12
    assert file not in {row[2] for row in live}


@pytest.mark.folder  # files that somebody puts into the folder
def test_plain_pictures_are_adopted(flask_command: Flask, settings: Settings) -> None:
    folder = settings.images_folder / "pizza"
    folder.mkdir(parents=True)
    for number, mode in enumerate(("RGB", "RGBA", "L", "P", "CMYK")):
        picture = Image.new(mode, (20 + number, 10), 100)
        picture.save(folder / f"{number:05d}.{'jpg' if mode == 'CMYK' else 'png'}")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n")
    Image.new("RGB", (9, 9)).save(folder / "with space.png")
    (settings.images_folder / "Big Dog").mkdir()
    result = flask_command("index")
    assert result.exit_code == 1
    assert "5 new" in result.output
    assert "skipped pizza/broken.png: it is no picture that can be read" in result.output
    assert "skipped pizza/with space.png: rename the file, its name has a space" in result.output
    assert "skipped pizza/notes.txt: not a picture" in result.output
    assert "8 files: 5 pictures of the store, 3 left out (" in result.output
    assert "skipped Big Dog/: rename the folder, for example to big_dog" in result.output
    rows = rows_of(settings)
    assert len(rows) == 5
    names = [c.name for c in COLUMNS]
    for row in rows:
        values = dict(zip(["slug", "name", *names], row, strict=True))
        assert values["slug"] == values["name"] == "pizza"
        assert values["model"] is values["seed"] is values["truncation"] is None
        assert values["height"] == 10 and len(values["phash"]) == 16


def test_verify_names_every_kind_of_difference(flask_command: Flask, filled: Settings) -> None:
    assert "store and index agree" in flask_command("verify", "--rebuild", "12").output
    store = open_pictures(filled)
    hats = store.files_of("hat")
    store.remove("hat", hats[0])
    other = store.read("hat", hats[2])
    assert other is not None
    adopted = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(adopted, "WEBP")
    whole = store.read("hat", hats[1])
    assert whole is not None
    strangers = {"77-aaaaaaaaaaaa.webp": other, "mine.webp": adopted.getvalue()}
    store.put_all("hat", {hats[1]: other, "whole.webp": whole, **strangers})
    run_sql(filled, "UPDATE category SET n = 9 WHERE slug = 'bird'")
    result = flask_command("verify")
    assert result.exit_code == 1
    assert f"missing: hat/{hats[0]}" in result.output
    assert f"changed: hat/{hats[1]}" in result.output
    assert "orphaned: hat/mine.webp" in result.output
    assert "orphaned: hat/whole.webp" in result.output  # what was made as hats[1], which changed
    assert f"copy: hat/77-aaaaaaaaaaaa.webp: the same picture as {hats[2]}" in result.output
    assert "wrong counts: bird: 6 live pictures, 9 counted" in result.output
    result = flask_command("verify", "--rebuild", "12")
    assert f"not as generated: hat/{hats[1]}" in result.output


def test_what_verify_says_to_type_helps(flask_command: Flask, filled: Settings) -> None:
    """Each line as it is shown, typed."""
    store = open_pictures(filled)
    hats = store.files_of("hat")
    hat = store.read("hat", hats[1])
    assert hat is not None
    store.put_all("hat", {"copy.webp": hat})
    result = flask_command("verify")
    assert f"copy: hat/copy.webp: the same picture as {hats[1]}\n" in result.output
    assert "1 copy; move them out of the store with: flask index --set-aside" in result.output
    skipped = f"skipped hat/copy.webp: the same picture as {hats[1]}"
    assert skipped in flask_command("index").output
    assert "1 set aside" in flask_command("index", "--set-aside").output
    quarantine = store.beside("set-aside", filled.instance_folder)
    assert quarantine.read("hat", "copy.webp") == hat and not store.has("hat", "copy.webp")
    assert flask_command("curate", "category", "off", "hat").exit_code == 0
    store.put_all("hat", {hats[1]: hat})
    store.remove("bird", store.files_of("bird")[0])
    result = flask_command("verify")
    assert "1 off but there; switch off once more with: flask curate category off hat\n" in (
        result.output
    )
    for line in re.findall(r"with: flask ([a-z][^,\n]*)", result.output):
        done = flask_command(*line.split())
        assert done.exit_code == 0, (line, done.output)
    assert "store and index agree" in flask_command("verify").output


@pytest.mark.folder  # the same in a folder alone: by its paths
def test_index_after_files_were_deleted_or_replaced_by_hand(
    flask_command: Flask, filled: Settings
) -> None:
    birds = sorted((filled.images_folder / "bird").iterdir())
    birds[0].unlink()
    Image.new("RGB", (30, 30), "red").save(birds[1], "WEBP")
    shutil.rmtree(filled.images_folder / "hat")
    result = flask_command("index")
    assert "7 missing" in result.output and "1 changed" in result.output
    assert flask_command("verify").exit_code == 0
    words = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "6")
    assert "made 7 pictures" in flask_command(*words).output  # not the one replaced by hand
    with Image.open(birds[1]) as kept:
        assert kept.size == (30, 30)
    empty_again(filled)
    flask_command("index")
    assert "nothing to do" in flask_command(*words).output
    assert flask_command("verify").exit_code == 0


def test_rebuild_says_when_the_model_is_not_here(filled: Settings, tmp_path: Path) -> None:
    import dataclasses

    from app import create_app

    elsewhere = dataclasses.replace(filled, models_folder=tmp_path / "none")
    result = create_app(elsewhere).test_cli_runner().invoke(args=["verify", "--rebuild", "3"])
    assert result.exit_code == 0
    assert "model tiny/1 is not here as it was" in result.output


def test_without_an_index_verify_says_what_to_type(flask_command: Flask) -> None:
    result = flask_command("verify")
    assert result.exit_code == 1
    assert "flask db upgrade" in result.output


@pytest.mark.folder
def test_only_what_changed_is_read(
    flask_command: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.images_folder / "pizza"
    folder.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (20, 10), (number, 0, 0)).save(folder / f"{number}.png")
        os.utime(folder / f"{number}.png", (1e9, 1e9))  # one just written is read once more
    read: list[str] = []

    def noting(file: str, data: bytes) -> NewImage:
        read.append(file)
        return read_row(file, data)

    monkeypatch.setattr(reindexing, "read_row", noting)
    assert "4 new" in flask_command("index").output
    assert read == ["0.png", "1.png", "2.png", "3.png"]
    rows = rows_of(settings)
    read.clear()
    assert "4 unchanged" in flask_command("index").output
    assert (read, rows_of(settings)) == ([], rows)
    Image.new("RGB", (20, 10), (0, 9, 0)).save(folder / "2.png")
    assert "1 changed" in flask_command("index").output
    assert read == ["2.png"]
    os.utime(folder / "2.png", (1e9, 1e9))
    flask_command("index")
    read.clear()
    whole = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.utime(folder / "1.png", (1e9, 1e9))  # same size, same time: only --full can tell
    flask_command("index")
    assert read == []
    assert "1 changed" in flask_command("index", "--full").output
    assert read == ["0.png", "1.png", "2.png", "3.png"]


@pytest.mark.folder
def test_a_turned_picture_has_the_width_that_is_shown(
    flask_command: Flask, settings: Settings
) -> None:
    folder = settings.images_folder / "pizza"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(folder / "turned.jpg", exif=exif)
    flask_command("index")
    with open_engine(settings).connect() as connection:
        assert connection.execute(select(image.c.width, image.c.height)).one() == (20, 40)
