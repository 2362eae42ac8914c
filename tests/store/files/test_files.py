"""Files: written whole or not at all, named safely, and said to be generated."""

import io
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.files import TEMPORARY_PREFIX, folder_written_whole, write_durably
from store.files.folder import PictureFolder
from store.files.protocol import StoreUnusable
from store.formats.encoding import (
    FORMATS,
    BadPicture,
    encode,
    find_format,
    open_picture,
    perceptual_hash,
)
from store.formats.metadata import Provenance, from_xmp, to_xmp

PROVENANCE = Provenance("tiny/1", "ab" * 32, "carpenter_s_kit", 4_294_967_295, 0.5, "0" * 16)


def test_provenance_round_trip_escapes_and_rejects() -> None:
    odd = Provenance('a"<&>/1', "0" * 64, "x", 0, 0.02, "f" * 16)
    assert from_xmp(to_xmp(odd)) == odd
    assert from_xmp(to_xmp(PROVENANCE)) == PROVENANCE
    near = replace(PROVENANCE, nearest=("1f986", "1f9d1-1f4bb"))
    assert from_xmp(to_xmp(near)) == near
    assert b"nearest" not in to_xmp(PROVENANCE)  # files of earlier versions are the same files
    for odd_one in ("", "a b c", "x" * 50, "<b>", " "):
        harmed = to_xmp(near).replace(b"1f986 1f9d1-1f4bb", odd_one.replace("<", "&lt;").encode())
        assert from_xmp(harmed) == PROVENANCE, odd_one
    assert from_xmp(b"") is None
    assert from_xmp(b"<x") is None
    assert from_xmp(to_xmp(PROVENANCE).replace(b'"4294967295"', b'"many"')) is None
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + to_xmp(PROVENANCE)
    assert from_xmp(bomb) is None


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("channels", [3, 4])
def test_encoding_is_deterministic_and_close(name: str, channels: int) -> None:
    x = np.linspace(0, 255, 64)
    picture = np.stack([np.add.outer(x, x) / 2] * channels, -1).astype(np.uint8)
    if channels == 4:
        picture[..., 3] = 255
    data = encode(picture, find_format(name), PROVENANCE)
    assert data == encode(picture, find_format(name), PROVENANCE)
    with open_picture(io.BytesIO(data)) as image:
        back = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(back - picture[..., :3]).mean() < (0.01 if name == "png" else 3)


def test_put_all_leaves_no_temporary_files(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "images")
    folder.prepare(["hat"], 0)
    folder.put_all("hat", {"a.webp": b"1", "b.webp": b"22"})
    assert folder.files_of("hat") == ["a.webp", "b.webp"]
    assert [p.name for p in (tmp_path / "images" / "hat").iterdir() if p.name[0] == "."] == []
    assert (tmp_path / "images" / "hat" / "a.webp").stat().st_mode & 0o777 == 0o644


def test_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "images")
    with pytest.raises(StoreUnusable, match="MB free"):
        folder.prepare(["hat"], 2**60)


@pytest.mark.skipif(os.getuid() != 0 or not Path("/usr/bin/mount").exists(), reason="needs mount")
def test_full_store_loses_nothing(tmp_path: Path) -> None:
    """A real, full file system: the error is one line, what was stored is whole."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs is not allowed here: run as root outside a container")
    try:
        folder = PictureFolder(small)
        folder.prepare(["hat"], 0)
        folder.put_all("hat", {"a.webp": b"x" * 1000})
        with pytest.raises(StoreUnusable, match="No space left"):
            folder.put_all("hat", {f"{i}.webp": b"x" * 60_000 for i in range(9)})
        assert folder.files_of("hat") == ["a.webp"]
        assert len(list((small / "hat").iterdir())) == 1
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)  # the store is still open


@pytest.mark.parametrize("name", ["..", ".", "a/b", "", "a\\b", "a\0b", ".hidden", "ä", "x" * 300])
def test_names_that_no_picture_can_have(tmp_path: Path, name: str) -> None:
    assert PictureFolder(tmp_path).path(name, "a.webp") is None
    assert PictureFolder(tmp_path).path("hat", name) is None


def test_decompression_bomb_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    header = b"\x89PNG\r\n\x1a\n"

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        )

    size = (20_000).to_bytes(4, "big") * 2
    pixels = zlib.compress(bytes(1000))
    bomb.write_bytes(
        header + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00") + chunk(b"IDAT", pixels)
    )
    with pytest.raises(BadPicture):
        open_picture(bomb)
    text = tmp_path / "page.png"
    text.write_text("<html>")
    with pytest.raises(BadPicture):
        open_picture(text)


def test_write_durably_syncs_before_it_renames(tmp_path: Path) -> None:
    """The order of system calls, from a trace: a kill cannot show a missing fsync."""
    if not Path("/usr/bin/strace").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("strace is missing: apt-get install strace")
        pytest.skip("strace is missing: apt-get install strace")
    target = tmp_path / "x"
    script = (
        "import sys; from pathlib import Path; from core.files import write_durably; "
        "write_durably(Path(sys.argv[1]), b'1')"
    )
    log = tmp_path / "log"
    subprocess.run(
        ["strace", "-f", "-o", str(log), "-e", "trace=write,fsync,rename,renameat,renameat2",
         sys.executable, "-c", script, str(target)],
        check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    calls = [line.split(None, 1)[1] for line in log.read_text().splitlines()]
    names = [call.split("(")[0] for call in calls if "exited" not in call]
    last = names[-4:]
    assert last[0] == "write" and last[1] == "fsync"
    assert last[2].startswith("rename") and last[3] == "fsync"


def test_folder_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "data"
    with folder_written_whole(target) as temporary:
        (temporary / "a").write_text("1")
    assert (target / "a").read_text() == "1"
    with pytest.raises(RuntimeError), folder_written_whole(target) as temporary:
        (temporary / "b").write_text("2")
        raise RuntimeError
    assert [p.name for p in target.iterdir()] == ["a"]
    with folder_written_whole(target) as temporary:
        (temporary / "c").write_text("3")
    assert [p.name for p in target.iterdir()] == ["c"]
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    write_durably(target / "d", b"4")
    assert not list(target.glob(f"{TEMPORARY_PREFIX}*"))


def test_colours_under_transparency_do_not_change_the_perceptual_hash() -> None:
    random = np.random.RandomState(0)
    picture = random.randint(0, 255, (32, 32, 4)).astype(np.uint8)
    picture[..., 3] = 0
    picture[8:24, 4:20, 3] = 255
    other = picture.copy()
    other[picture[..., 3] == 0, :3] = random.randint(0, 255, 3)
    assert perceptual_hash(Image.fromarray(picture)) == perceptual_hash(Image.fromarray(other))
    white = np.where(picture[..., 3:] == 255, picture[..., :3], 255).astype(np.uint8)
    assert perceptual_hash(Image.fromarray(picture)) == perceptual_hash(Image.fromarray(white))


def test_only_who_is_alone_removes_half_written_files(tmp_path: Path) -> None:
    one = PictureFolder(tmp_path)
    one.prepare(["hat"], 0)
    half = tmp_path / "hat" / f"{TEMPORARY_PREFIX}x"
    half.write_bytes(b"half")
    other = PictureFolder(tmp_path)
    other.prepare(["hat", "bird"], 0)
    assert half.exists()  # the first may be writing it
    del one
    third = PictureFolder(tmp_path)
    third.prepare(["hat"], 0)
    assert half.exists()  # the second
    del other
    third.prepare(["hat"], 0)
    assert not half.exists()


def test_who_was_killed_is_not_there_any_more(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from store.files.folder import PictureFolder"
        "; store = PictureFolder(Path(sys.argv[1])); store.prepare(['hat'], 0)"
        "; print('ready', flush=True); time.sleep(60)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    half = tmp_path / "hat" / f"{TEMPORARY_PREFIX}x"
    half.write_bytes(b"half")
    PictureFolder(tmp_path).prepare(["hat"], 0)
    assert half.exists()
    writer.kill()
    writer.communicate()
    PictureFolder(tmp_path).prepare(["hat"], 0)
    assert not half.exists()
