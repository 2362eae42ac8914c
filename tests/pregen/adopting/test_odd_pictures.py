"""Folders as people have them: counts that add up, a status, and never a traceback.

The same folders go through every command that reads pictures of other people.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from core.settings import Settings

Flask = Callable[..., Result]


def picture(number: int) -> Image.Image:
    return Image.new("RGB", (40, 30), (37 * number % 256, 91 * number % 256, 200))


def loose_beside_a_folder(root: Path) -> None:
    (root / "new").mkdir()
    for i in range(8):
        picture(i).save((root if i < 6 else root / "new") / f"m{i}.png")


def nested(root: Path) -> None:
    for i, folder in enumerate(("cats/train", "cats/val", "dogs/train", "cats", "dogs")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for k in range(2):
            picture(10 * i + k).save(root / folder / f"{k}.png")


def links(root: Path) -> None:
    (root / "cat").mkdir()
    for i in range(4):
        picture(i).save(root / "cat" / f"m{i}.png")
    (root / "cat" / "gone.png").symlink_to("gone/x.png")
    (root / "cat" / "same.png").symlink_to("m0.png")
    (root / "dog").symlink_to("cat")


def not_utf8(root: Path) -> None:
    (root / "cat").mkdir()
    for i in range(3):
        picture(i).save(root / "cat" / f"m{i}.png")
    odd = root / os.fsdecode(b"x\xe9")
    odd.mkdir()
    picture(9).save(odd / "1.png")
    picture(9).save(root / "cat" / os.fsdecode(b"x\xe9.png"))


def endings(root: Path) -> None:
    (root / "cat").mkdir()
    kinds = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "jfif": "JPEG", "jpe": "JPEG",
             "gif": "GIF", "bmp": "BMP", "tif": "TIFF", "avif": "AVIF"}  # fmt: skip
    for i, (ending, kind) in enumerate(kinds.items()):
        picture(i).save(root / "cat" / f"m{i}.{ending}", kind)
    picture(20).save(root / "cat" / "none", "JPEG")
    picture(21).save(root / "cat" / "wrong.png", "JPEG")
    picture(22).save(root / "cat" / "wrong.webp", "BMP")
    (root / "cat" / "page.jpg").write_text("<!doctype html>")
    (root / "cat" / "notes.txt").write_text("hello")
    (root / "cat" / ".DS_Store").write_bytes(b"x")
    (root / "m0.jpg").mkdir()


CASES = (loose_beside_a_folder, nested, links, not_utf8, endings)


def entries(root: Path) -> int:
    """Return how many files there are; an empty folder called as a picture is one too."""
    found = sum(path.is_symlink() or not path.is_dir() for path in root.rglob("*"))
    return found + (root / "m0.jpg").is_dir()


def command_for(name: str, root: Path, settings: Settings) -> tuple[str, ...]:
    if name == "index":
        shutil.copytree(root, settings.images_folder, symlinks=True)
        return ("index",)
    if name == "pairs":
        for folder in ("trainA", "trainB"):
            (root / folder).mkdir()
            for i in range(2):
                picture(60 + i + 2 * (folder == "trainB")).save(root / folder / f"{i}.png")
        return ("gan", "dataset", "pairs", str(root), "--size", "32", "--name", "x")
    if name == "folder":
        return ("gan", "dataset", "folder", str(root), "--size", "16", "--name", "x")
    return ("adopt", str(root))


@pytest.mark.folder
@pytest.mark.parametrize("name", ["adopt", "index", "folder", "pairs"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_counts_add_up_to_the_number_of_files(
    case: Callable[[Path], None], name: str, flask_command: Flask, settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    root = tmp_path / "pictures"
    root.mkdir()
    case(root)
    words = command_for(name, root, settings)
    done = flask_command(*words)
    assert not done.exception or isinstance(done.exception, SystemExit), done.output
    assert f"{entries(root)} files: " in done.output
    assert (done.exit_code == 1) == ("left out; mend or remove what is named above" in done.output)
    assert (done.exit_code == 0) == ((case, name) == (nested, "adopt"))


@pytest.mark.folder
def test_each_is_named_with_its_reason(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    root = settings.images_folder
    root.mkdir(parents=True)
    for case in (links, endings):
        folder = tmp_path / case.__name__
        folder.mkdir()
        case(folder)
        for path in folder.iterdir():
            target = root / path.name
            if path.is_symlink() or not path.is_dir():
                shutil.move(path, target)
            else:
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
    for name in ("100%.png", "-dash.png", "two words.png", "ü.png"):
        picture(3).save(root / "cat" / name)
    picture(4).save(root / "loose.png")
    done = flask_command("index")
    for line in (
        "cat/gone.png: a link that leads nowhere",
        "cat/same.png: a link: put the file itself here",
        "dog: a link to a folder: name that folder itself",
        "cat/m3.jfif: an ending that the store does not have: take it in with flask adopt, .jfif",
        "cat/none: an ending that the store does not have: take it in with flask adopt, none",
        "cat/100%.png: rename the file, its name has % in it",
        "cat/-dash.png: rename the file, its name begins with -",
        "cat/two words.png: rename the file, its name has a space in it",
        "cat/ü.png: rename the file, its name has ü in it",
        "loose.png: in no category: move it into a folder",
        "m0.jpg: a folder with the name of a picture",
        "cat/notes.txt: not a picture",
        "cat/page.jpg: it is no picture that can be read",
        "cat/wrong.webp: it is a BMP by what it holds: take it in with flask adopt",
    ):
        assert f"skipped {line}" in done.output
    assert done.exit_code == 1


def test_two_folders_are_no_styles(flask_command: Flask, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    done = flask_command("gan", "dataset", "styles", str(tmp_path / "a"), str(tmp_path / "b"))
    assert done.exit_code == 2
    assert "flask gan dataset pairs PATH" in done.output
