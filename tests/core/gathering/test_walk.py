"""Folders as people have them: every file is counted once, and for the right reason."""

import os
from pathlib import Path

import pytest
from PIL import Image

from core.gathering.census import Census
from core.gathering.kinds import kind_of
from core.gathering.walk import (
    DANGLING,
    EMPTY_FOLDER,
    FOLDER_LINK,
    NO_PICTURE,
    SPECIAL,
    UNKNOWN_KIND,
    walk,
)


def save(path: Path, kind: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), "red").save(path, kind)
    return path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_the_kind_is_what_a_file_holds(kind: str, tmp_path: Path) -> None:
    assert kind_of(save(tmp_path / "picture", kind).read_bytes()[:512]) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\xff\x0a\xff", "JPEG XL"),
        (b'<?xml version="1.0"?><svg xmlns="">', "SVG"),
        (b"BMW and other cars, a list of them", ""),
        (b"<!doctype html><title>404</title>", ""),
        (b"", ""),
        (b"RIFF\0\0\0\0WAVEfmt ", ""),
    ],
)
def test_other_beginnings(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_every_file_has_one_reason(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "1.png")
    save(tmp_path / "cat" / "known by content", "JPEG")
    save(tmp_path / "loose.png")
    (tmp_path / "cat" / "notes.txt").write_text("hello")
    (tmp_path / "cat" / "page.jpg").write_text("<!doctype html>")
    (tmp_path / "cat" / "empty.png").write_bytes(b"")
    (tmp_path / "cat" / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (tmp_path / "cat" / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "cat" / "round.png").symlink_to("round.png")
    (tmp_path / "dog").symlink_to("cat")
    (tmp_path / "m0.jpg").mkdir()
    os.mkfifo(tmp_path / "cat" / "pipe")
    for helper in (".DS_Store", "Thumbs.db", "desktop.ini", "._1.png", ".tmp-x"):
        (tmp_path / "cat" / helper).write_bytes(b"x")
    for folder in ("__MACOSX", "@eaDir", ".git"):
        save(tmp_path / folder / "deep" / "1.png")
    found = {each.label: each for each in walk(tmp_path)}
    reasons = {label: each.reason for label, each in found.items() if not each.is_helper}
    assert reasons == {
        "cat/1.png": "",
        "cat/known by content": "",
        "loose.png": "",
        "cat/notes.txt": NO_PICTURE,
        "cat/page.jpg": UNKNOWN_KIND,
        "cat/empty.png": UNKNOWN_KIND,
        "cat/photo.heic": UNKNOWN_KIND,
        "cat/gone.png": DANGLING,
        "cat/round.png": DANGLING,
        "cat/pipe": SPECIAL,
        "dog": FOLDER_LINK,
        "m0.jpg": EMPTY_FOLDER,
    }
    assert sum(each.is_helper for each in found.values()) == 8
    assert found["cat/photo.heic"].detail == "HEIC: save it as PNG or JPEG"
    assert not found["cat/notes.txt"].looks_like_picture
    assert found["dog"].looks_like_picture
    census = Census()
    census.taken = sum(census.sort_out(each) for each in found.values())
    assert (census.taken, census.helpers, census.files) == (3, 8, 20)
    assert sum(census.by_reason.values()) == 9
    assert census.missed == 7  # neither the notes nor the pipe


def test_names_that_are_not_utf8_or_cannot_be_printed(tmp_path: Path) -> None:
    for name in (b"x\xe9.png", b"two\nlines.png"):
        save(tmp_path / os.fsdecode(name))
    assert [each.label for each in walk(tmp_path)] == ["two\\nlines.png", "x\\xe9.png"]


def test_few_of_a_reason_are_named_and_all_are_counted() -> None:
    census = Census(taken=2, helpers=1)
    for number in range(7):
        census.leave_out(f"{number}.png", "broken", looks_like_picture=True)
    census.leave_out("a.txt", NO_PICTURE, looks_like_picture=False)
    census.others["there already"] += 3
    lines = list(census.lines())
    assert lines[0] == "left out 0.png: broken"
    assert lines[5] == "left out 2 more: broken"
    assert lines[6] == "left out a.txt: not a picture"
    assert census.summary() == (
        "14 files: 2 taken, 3 there already, 1 helper file, "
        "8 left out (7: broken; 1: not a picture)"
    )
    with pytest.raises(SystemExit):
        census.end(allow_partial=False)
    census.end(allow_partial=True)
    Census(taken=1).end(allow_partial=False)
