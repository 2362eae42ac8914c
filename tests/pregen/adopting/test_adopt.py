"""`flask adopt`: any folder becomes categories of the site, and nothing is dropped silently."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import select

from core.settings import PROJECT, Settings
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.files.protocol import MADE_FILE
from store.formats.adoption import original_of
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, image

Flask = Callable[..., Result]


def save(path: Path, number: int, kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(number).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    Image.fromarray(values).resize(size, Image.Resampling.NEAREST).save(path, kind)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "My Own Pictures"
    for i in range(4):
        save(root / "Красный дракон" / f"{i} ünï.PNG", i)
        save(root / "Big Dogs" / "more" / f"{i}.jpg", 10 + i, "JPEG")
    return root


def rows_of(settings: Settings) -> list[tuple[str, str, str, str]]:
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, category.c.name, image.c.file, image.c.state)
        return sorted(tuple(row) for row in connection.execute(statement.join(image)))


def stored(settings: Settings) -> dict[str, bytes]:
    store = open_pictures(settings)
    found = ((each, store.read(each.category, each.file)) for each in store.walk())
    return {f"{each.category}/{each.file}": data for each, data in found if data is not None}


def test_a_folder_becomes_categories(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    (folder / ".DS_Store").write_bytes(b"x")
    dry = flask_command("adopt", str(folder), "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "would take 4 into krasnyy_drakon (Красный дракон)" in dry.output
    assert stored(settings) == {}
    done = flask_command("adopt", str(folder))
    assert done.exit_code == 0, done.output
    assert "9 files: 8 adopted, 1 helper file" in done.output
    assert "8 of 8 pictures" in done.output
    rows = rows_of(settings)
    assert {row[:2] for row in rows} == {
        ("krasnyy_drakon", "Красный дракон"), ("big_dogs", "Big Dogs"),
    }  # fmt: skip
    assert len(rows) == 8 and all(MADE_FILE.fullmatch(row[2]) for row in rows)
    assert set(stored(settings)) == {f"{row[0]}/{row[2]}" for row in rows}
    assert flask_command("verify").exit_code == 0
    before = stored(settings)
    again = flask_command("adopt", str(folder))
    assert "9 files: 0 adopted, 8 there already, 1 helper file" in again.output
    assert again.exit_code == 0
    assert (stored(settings), rows_of(settings)) == (before, rows)
    unchanged = flask_command("index")
    assert "8 unchanged" in unchanged.output
    assert rows_of(settings) == rows


def test_the_site_serves_them_by_their_own_names(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    from app import create_app

    assert flask_command("adopt", str(folder)).exit_code == 0
    client = create_app(settings).test_client()
    page = client.get("/c/krasnyy_drakon")
    assert "Красный дракон" in page.text
    slug, _, file, _ = rows_of(settings)[0]
    answer = client.get(f"/images/{slug}/{file}")
    assert answer.status_code in (200, 302)
    assert "immutable" in answer.headers["Cache-Control"] or answer.status_code == 302


def test_an_index_that_is_rebuilt_has_the_same_names(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    from tests.scaled import empty_again

    flask_command("adopt", str(folder))
    rows = rows_of(settings)
    empty_again(settings)
    assert "8 new" in flask_command("index").output
    assert rows_of(settings) == rows
    assert "8 there already" in flask_command("adopt", str(folder)).output


def test_loose_pictures_need_a_category_beside_folders(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    save(folder / "loose.png", 30)
    done = flask_command("adopt", str(folder))
    assert done.exit_code == 1
    assert "left out loose.png: in no category: name one with --category" in done.output
    assert "9 files: 8 adopted, 1 left out (1: in no category" in done.output
    assert flask_command("adopt", str(folder), "--allow-partial").exit_code == 0
    done = flask_command("adopt", str(folder), "--category", "red dragon")
    assert done.exit_code == 0, done.output
    assert ("red_dragon", "red dragon") in {row[:2] for row in rows_of(settings)}


def test_folders_of_other_shapes(flask_command: Flask, settings: Settings, tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "set" / "my_set" / "cats" / f"{i}.png", i)
        save(tmp_path / "set" / "my_set" / "dogs" / f"{i}.png", 5 + i)
        save(tmp_path / "sea serpent" / f"{i}.png", 10 + i)
    dry = flask_command("adopt", str(tmp_path / "set"), "--dry-run")
    assert "to make a category of each folder in it: --depth 2" in dry.output
    assert flask_command("adopt", str(tmp_path / "set"), "--depth", "2").exit_code == 0
    assert flask_command("adopt", str(tmp_path / "sea serpent")).exit_code == 0
    names = {row[:2] for row in rows_of(settings)}
    assert names == {("cats", "cats"), ("dogs", "dogs"), ("sea_serpent", "sea serpent")}
    more = save(tmp_path / "deep" / "a" / "b" / "1.png", 40).parents[2]
    done = flask_command("adopt", str(more), "--depth", "0", "--category", "Sea Serpent")
    assert done.exit_code == 0, done.output
    assert {row[:2] for row in rows_of(settings)} == names  # the same name, in capitals


def test_copies_are_taken_once_and_near_duplicates_named(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    one = folder / "Big Dogs" / "more" / "0.jpg"
    shutil.copyfile(one, folder / "Big Dogs" / "a copy.jpg")
    shutil.copyfile(one, folder / "Красный дракон" / "a dog.jpg")
    with Image.open(one) as picture:
        picture.save(folder / "Big Dogs" / "smaller.png")
    done = flask_command("adopt", str(folder))
    assert done.exit_code == 0, done.output
    assert len(rows_of(settings)) == 9
    assert "Big Dogs/more/0.jpg: the same file as another, Big Dogs/a copy.jpg" in done.output
    assert "11 files: 9 adopted, 2 left out (2: the same file as another)" in done.output
    assert "look alike: Big Dogs/a copy.jpg, Big Dogs/smaller.png" in done.output


def test_what_the_owner_rejected_stays_away(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    flask_command("adopt", str(folder))
    engine = open_engine(settings, write=True)
    with engine.connect() as connection:
        ids = list(connection.execute(select(image.c.id).limit(2)).scalars())
    reject_images(engine, open_pictures(settings), settings.instance_folder, ids)
    done = flask_command("adopt", str(folder))
    assert "8 files: 0 adopted, 6 there already, 2 rejected before" in done.output
    assert sum(row[-1] == LIVE for row in rows_of(settings)) == 6


def test_a_category_that_is_off_takes_them_as_off(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    flask_command("adopt", str(folder))
    assert flask_command("curate", "category", "off", "big_dogs").exit_code == 0
    save(folder / "Big Dogs" / "new.png", 50)
    assert "1 adopted" in flask_command("adopt", str(folder)).output
    states = [row[-1] for row in rows_of(settings) if row[0] == "big_dogs"]
    assert states == ["off"] * 5
    assert not any(name.startswith("big_dogs/") for name in stored(settings))


def test_originals_are_kept_on_request(
    flask_command: Flask, settings: Settings, folder: Path
) -> None:
    assert flask_command("adopt", str(folder), "--keep-originals").exit_code == 0
    kept = sorted((settings.instance_folder / "originals" / "big_dogs").iterdir())
    originals = sorted((folder / "Big Dogs" / "more").iterdir())
    assert {path.read_bytes() for path in kept} == {path.read_bytes() for path in originals}
    assert {path.suffix for path in kept} == {".jpg"}
    assert all(path.stat().st_nlink == 2 for path in kept)  # one disk: no byte is there twice


@pytest.mark.folder
def test_no_room_for_originals_stops_it_and_blames_no_picture(
    flask_command: Flask, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("adopt", str(folder), "--keep-originals", "--allow-partial")
    with monkeypatch.context() as patch:  # forced: every disk here has room
        patch.setattr("pregen.adopting.originals.os.link", _no_room)
        done = flask_command(*words)
    assert done.exit_code == 1 and "left out" not in done.output
    assert f"could not write to {settings.instance_folder / 'originals'}" in done.output
    assert "No space left on device" in done.output
    assert flask_command(*words).exit_code == 0
    assert flask_command("verify").exit_code == 0


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.folder
def test_pictures_of_the_index_are_converted_again(
    flask_command: Flask, settings: Settings
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "An Author"
    for i in range(3):
        path = save(settings.images_folder / "hat" / f"m{i}.png", i)
        with Image.open(path) as picture:
            picture.save(path, exif=exif)
    shutil.copyfile(path, path.with_name("twin.png"))
    bytes_before = {each.read_bytes() for each in path.parent.iterdir()}
    flask_command("index")
    with open_engine(settings).connect() as connection:
        ids = set(connection.execute(select(image.c.id)).scalars())
    done = flask_command("adopt", "--again")
    assert done.exit_code == 0, done.output
    assert "4 files: 3 adopted, 1 left out (1: the same file as another)" in done.output
    live = [row for row in rows_of(settings) if row[-1] == LIVE]
    assert len(live) == 3 and all(MADE_FILE.fullmatch(row[2]) for row in live)
    assert len(stored(settings)) == 3
    for data in stored(settings).values():
        assert b"An Author" not in data and original_of(data)
    kept = settings.instance_folder / "originals" / "hat"
    assert {each.read_bytes() for each in kept.iterdir()} == bytes_before
    with open_engine(settings).connect() as connection:
        statement = select(image.c.id).where(image.c.state == LIVE)
        assert set(connection.execute(statement).scalars()) <= ids
    assert flask_command("verify").exit_code == 0
    again = flask_command("adopt", "--again")
    assert again.exit_code == 0 and "0 files" in again.output


@pytest.mark.folder
def test_an_old_file_that_a_crash_left_is_cleared_away(
    flask_command: Flask, settings: Settings
) -> None:
    path = save(settings.images_folder / "hat" / "m0.png", 1)
    data = path.read_bytes()
    flask_command("index")
    flask_command("adopt", "--again")
    path.write_bytes(data)  # as if the last step had not been done
    flask_command("adopt", "--again")
    assert not path.exists()
    assert len(stored(settings)) == 1


def refused(name: str, folder: Path, settings: Settings) -> Path:
    if name == "empty":
        (folder.parent / "empty").mkdir()
        return folder.parent / "empty"
    if name == "notes alone":
        (folder.parent / "notes").mkdir()
        (folder.parent / "notes" / "a.txt").write_text("hello")
        return folder.parent / "notes"
    if name == "the store":
        settings.images_folder.mkdir(parents=True)
        return settings.images_folder
    if name == "around the store":
        settings.images_folder.mkdir(parents=True)
        return settings.images_folder.parent
    if name == "a file":
        return folder / "Big Dogs" / "more" / "0.jpg"
    return folder.parent / "nowhere"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", "no pictures were found in"),
        ("notes alone", "1 file: 0 taken, 1 left out (1: not a picture)"),
        ("the store", "belongs to the store"),
        ("around the store", "holds the store"),
        ("a file", "is a file"),
        ("nowhere", "is not there"),
    ],
)
def test_what_cannot_be_taken_is_one_line(
    name: str, message: str, flask_command: Flask, settings: Settings, folder: Path
) -> None:
    done = flask_command("adopt", str(refused(name, folder, settings)))
    assert done.exit_code == 1
    last = done.output.strip().splitlines()[-1]
    assert last.startswith("Error: ") and message in last


def test_a_path_or_again_but_not_both(flask_command: Flask, folder: Path) -> None:
    for words in ((), (str(folder), "--again")):
        done = flask_command("adopt", *words)
        assert done.exit_code == 2 and "--again" in done.output


def test_names_that_are_hard(flask_command: Flask, settings: Settings, tmp_path: Path) -> None:
    root = tmp_path / "hard"
    names = ["a%20b", "c#d", "-dash", "two\nlines", "e" * 255, "日本", "!"]
    for number, name in enumerate(names):
        save(root / name / "1.png", number)
        save(root / name / ("x" * 251 + ".png"), 20 + number)
    save(root / "-dash" / os.fsdecode(b"x\xe9.png"), 60)
    done = flask_command("adopt", str(root))
    assert done.exit_code == 0, done.output
    slugs = {row[0] for row in rows_of(settings)}
    assert slugs == {"a_20b", "c_d", "dash", "two_lines", "e" * 80, "riben", "unnamed"}
    assert len(rows_of(settings)) == 15
    assert ("two_lines", "two lines") in {row[:2] for row in rows_of(settings)}


@pytest.mark.folder
def test_killed_and_continued_it_ends_the_same(tmp_path: Path) -> None:
    root = tmp_path / "many"
    for number in range(150):
        save(root / "cat" / f"{number:03d}.png", number, size=(160, 120))

    def run(where: str, kill_after: int | None = None) -> list[str]:
        environment = {
            **os.environ,
            "NONESUCH_IMAGES_FOLDER": str(tmp_path / where / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(tmp_path / where / "instance"),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "adopt", str(root)],
            cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if kill_after is not None:
            until = time.monotonic() + 120
            while time.monotonic() < until and process.poll() is None:
                if len(list((tmp_path / where).glob("images/cat/*"))) > kill_after:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.01)
        process.communicate(timeout=300)
        return sorted(path.name for path in (tmp_path / where).glob("images/cat/[!.]*"))

    whole = run("whole")
    assert len(whole) == 150
    run("killed", kill_after=70)
    assert 0 < len(list((tmp_path / "killed").glob("images/cat/*"))) < 150
    assert run("killed") == whole


@pytest.mark.folder
def test_a_full_disk_leaves_whole_pictures(
    flask_command: Flask, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        done = flask_command("adopt", str(folder))
    assert done.exit_code == 1
    assert re.search(r"Error: .*No space left on device.*run the same command", done.output)
    assert stored(settings) == {}
    assert flask_command("adopt", str(folder)).exit_code == 0
    assert len(stored(settings)) == 8
