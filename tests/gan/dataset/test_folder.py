"""Anybody's folder: every picture mode, every way to be wrong, variants kept together."""

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from gan.dataset.files import HELD_OUT, TRAIN, BadDataset, read_dataset
from gan.dataset.folder import FolderOptions, build_folder_dataset
from gan.dataset.pictures import Unreadable, read_picture, variants

Command = Callable[..., Result]


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def colour(i: int) -> tuple[int, int, int]:
    return (10 + 7 * i % 200, 40, 200 - 5 * i % 150)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "My Monsters"
    for i in range(9):
        save(root / "red dragon" / f"{i}.png", Image.new("RGB", (40, 20), colour(i)))
    for i in range(9, 13):
        save(root / "Sea Serpent, big" / f"{i}.jpg", Image.new("RGB", (20, 40), colour(i)))
    save(root / "Sea Serpent, big" / "14.webp", Image.new("RGBA", (20, 40), (*colour(14), 128)))
    return root


def bomb(path: Path) -> Path:
    """A PNG of 60 kB that claims 400 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2501 * 20_000), 9)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    return path


RED_PIXELS = {
    "RGB": Image.new("RGB", (30, 30), (255, 0, 0)),
    "RGBA": Image.new("RGBA", (30, 30), (255, 0, 0, 255)),
    "palette": Image.new("RGB", (30, 30), (255, 0, 0)).quantize(4),
    "CMYK": Image.new("CMYK", (30, 30), (0, 255, 255, 0)),
}


@pytest.mark.parametrize("mode", RED_PIXELS)
def test_colour_modes_come_out_red_and_opaque(mode: str, tmp_path: Path) -> None:
    ending = "jpg" if mode == "CMYK" else "png"
    path = save(tmp_path / f"a.{ending}", RED_PIXELS[mode])
    found = np.asarray(read_picture(path, 16, "pad"))
    assert found.shape == (16, 16, 4)
    np.testing.assert_allclose(found[8, 8], (255, 0, 0, 255), atol=4)


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("1", 1, (255, 255, 255, 255)),
        ("L", 100, (100, 100, 100, 255)),
        ("LA", (100, 50), (100, 100, 100, 50)),
        ("I;16", 100 * 257, (100, 100, 100, 255)),  # a clip would make it white
        ("RGBA", (9, 8, 7, 0), (0, 0, 0, 0)),
    ],
)
def test_grey_16_bit_and_transparency(
    mode: str, pixel: int, expected: tuple[int, ...], tmp_path: Path
) -> None:
    path = save(tmp_path / "a.png", Image.new(mode, (32, 32), pixel))
    found = np.asarray(read_picture(path, 16, "pad"))[8, 8]
    assert found[3] == expected[3]
    if expected[3]:
        np.testing.assert_allclose(found, expected, atol=2)  # resized premultiplied


def test_a_transparent_palette_stays_transparent(tmp_path: Path) -> None:
    image = Image.new("P", (16, 16), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    path = save(tmp_path / "a.png", image, transparency=0)
    assert np.asarray(read_picture(path, 16, "pad"))[..., 3].max() == 0


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 20, 20))  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: left becomes top
    path = save(tmp_path / "a.png", image, exif=exif)
    found = np.asarray(read_picture(path, 16, "crop"))
    assert found[2, 8, 0] > 200
    assert found[13, 8, 2] > 200


def test_pad_shows_all_and_crop_fills(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGB", (40, 20), (5, 6, 7)))
    padded = np.asarray(read_picture(path, 16, "pad"))
    assert (padded[:4, :, 3] == 0).all()
    assert (padded[4:12, :, 3] == 255).all()
    assert (np.asarray(read_picture(path, 16, "crop"))[..., 3] == 255).all()
    thin = save(tmp_path / "thin.png", Image.new("RGB", (900, 1)))
    assert np.asarray(read_picture(thin, 16, "pad")).shape == (16, 16, 4)


def test_animated_unreadable_and_huge_files_are_refused(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), colour(i)) for i in range(3)]
    for ending in ("png", "webp"):
        path = tmp_path / f"a.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        with pytest.raises(Unreadable, match="animated"):
            read_picture(path, 16, "pad")
    (tmp_path / "b.png").write_bytes(b"not a picture")
    whole = save(tmp_path / "w.png", Image.effect_noise((64, 64), 50)).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    for name in ("b.png", "half.png"):
        with pytest.raises(Unreadable, match="not a picture that can be read"):
            read_picture(tmp_path / name, 16, "pad")
    with warnings.catch_warnings(), pytest.raises(Unreadable, match=r"pixels|px"):
        warnings.simplefilter("error")
        read_picture(bomb(tmp_path / "bomb.png"), 16, "pad")
    with pytest.raises(Unreadable, match="10000 x 7000 px are too many"):
        image = Image.new("1", (10_000, 7_000))
        read_picture(save(tmp_path / "big.png", image), 16, "pad")


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "AVIF", "JPEG"])
def test_a_picture_is_known_by_what_it_holds(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9), (200, 40, 40)).save(path, kind)
    assert np.asarray(read_picture(path, 8, "pad"))[4, 4, 0] > 190


def test_telephones_jpegs_of_two_pictures_are_stills(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    second = Image.new("RGB", (9, 9), (0, 0, 255))
    Image.new("RGB", (9, 9), (255, 0, 0)).save(path, "MPO", save_all=True, append_images=[second])
    assert np.asarray(read_picture(path, 8, "pad"))[4, 4, 0] > 200


def test_variants_are_mirrored_and_turned_on_nothing() -> None:
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 255))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))
    found = variants(image, mirror=True, rotations=2)
    assert len(found) == 6
    np.testing.assert_array_equal(found[3], found[0][:, ::-1])
    np.testing.assert_array_equal(found[4], found[1][:, ::-1])
    for turned in found[1:3]:
        assert turned[0, 0, 3] < 255  # a corner has turned in
        edge = turned[(turned[..., 3] > 0) & (turned[..., 3] < 255)]
        assert (edge[:, 0].astype(int) + edge[:, 2] > 150).all()  # no dark seam
    assert not np.array_equal(found[1], found[2])


def test_a_folder_becomes_a_data_set(pictures: Path) -> None:
    options = FolderOptions(size_px=16, mirror=True, rotations=1)
    dataset, _ = build_folder_dataset(pictures, "monsters", options, print)
    assert [(label.slug, label.name) for label in dataset.categories] == [
        ("sea_serpent", "Sea Serpent, big"),
        ("red_dragon", "red dragon"),
    ]
    assert dataset.pictures.shape == (14 * 4, 16, 16, 4)
    sides: dict[str, set[str]] = {}
    for record in dataset.records:
        sides.setdefault(record.origin, set()).add(record.split)
    assert all(len(found) == 1 for found in sides.values())
    held_out = {r.category for r in dataset.records if r.split == HELD_OUT}
    assert held_out == {"sea_serpent", "red_dragon"}
    assert {r.category for r in dataset.records if r.split == TRAIN} == held_out


def test_copies_of_one_file_are_on_one_side(pictures: Path) -> None:
    for i in range(9):
        data = (pictures / "red dragon" / f"{i}.png").read_bytes()
        (pictures / "red dragon" / f"copy of {i}.png").write_bytes(data)
    dataset, _ = build_folder_dataset(pictures, "monsters", FolderOptions(16), print)
    found: dict[str, set[tuple[str, str]]] = {}
    for record in dataset.records:
        name = Path(record.origin).name.removeprefix("copy of ")
        found.setdefault(name, set()).add((record.concept, record.split))
    assert len(found) == 14
    assert all(len(concepts_and_sides) == 1 for concepts_and_sides in found.values())


def test_the_command_writes_it_once_and_says_what_it_left_out(
    gan_command: Command, pictures: Path, home: Path
) -> None:
    (pictures / "red dragon" / "broken.png").write_bytes(b"x")
    (pictures / "red dragon" / "notes.txt").write_text("no picture")
    (pictures / "empty").mkdir()
    words = ("dataset", "folder", str(pictures), "--size", "16")
    done = gan_command(*words)
    assert done.exit_code == 1
    assert "left out red dragon/broken.png: not a picture that can be read" in done.output
    assert "left out red dragon/notes.txt: not a picture\n" in done.output
    assert "16 files: 14 taken, 2 left out (" in done.output
    assert "left out category empty" in done.output
    assert "--dataset my_monsters-16" in done.output
    folder = home / "datasets" / "my_monsters-16"
    assert len(read_dataset(folder).records) == 14
    before = (folder / "records.jsonl").stat()
    again = gan_command(*words)
    assert "nothing to do" in again.output
    assert (folder / "records.jsonl").stat().st_mtime_ns == before.st_mtime_ns
    other = gan_command(*words, "--mirror")
    assert other.exit_code == 1
    assert "--replace" in other.output
    last = gan_command(*words, "--mirror", "--replace", "--allow-partial")
    assert last.exit_code == 0
    assert len(read_dataset(folder).records) == 28


def test_a_folder_without_folders_is_one_category(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "Pocket Monsters" / f"{i}.png", Image.new("RGB", (9, 9), colour(i)))
    (tmp_path / "Pocket Monsters" / "notes").mkdir()
    dataset, _ = build_folder_dataset(tmp_path / "Pocket Monsters", "x", FolderOptions(16), print)
    assert [(label.slug, label.name) for label in dataset.categories] == [
        ("pocket_monsters", "Pocket Monsters")
    ]
    assert len(dataset.records) == 3
    dataset, _ = build_folder_dataset(
        tmp_path / "Pocket Monsters", "x", FolderOptions(16), print, "Pocket Monster"
    )
    assert [(label.slug, label.name) for label in dataset.categories] == [
        ("pocket_monster", "Pocket Monster")
    ]
    assert {record.category for record in dataset.records} == {"pocket_monster"}


def test_mirror_and_four_rotations_make_ten_of_each(tmp_path: Path) -> None:
    for i in range(2):
        save(tmp_path / f"{i}.png", Image.effect_noise((40, 40), 90).convert("RGB"))
    options = FolderOptions(16, mirror=True, rotations=4)
    dataset, _ = build_folder_dataset(tmp_path, "x", options, print)
    assert len(dataset.records) == 20
    assert len({picture.tobytes() for picture in dataset.pictures}) == 20


@pytest.mark.parametrize("size", ["100", "48"])
def test_a_size_that_is_no_power_of_two_is_a_usage_error(
    size: str, pictures: Path, gan_command: Command, home: Path
) -> None:
    done = gan_command("dataset", "folder", str(pictures), "--size", size)
    assert done.exit_code == 2
    assert f"{size} is no power of two; take {'64 or 128' if size == '100' else '32 or 64'}" in (
        done.output
    )
    assert not home.exists()


def no_folder(root: Path) -> Path:
    return root / "none"


def a_file(root: Path) -> Path:
    return save(root / "a.png", Image.new("RGB", (9, 9)))


def nothing_in_it(root: Path) -> Path:
    return root


def one_picture(root: Path) -> Path:
    save(root / "cat" / "a.png", Image.new("RGB", (9, 9)))
    return root


def none_readable(root: Path) -> Path:
    (root / "cat").mkdir()
    for name in "ab":
        (root / "cat" / f"{name}.png").write_bytes(b"x")
    return root


def a_category_of_one(root: Path) -> Path:
    for i in range(3):
        save(root / "cat" / f"{i}.png", Image.new("RGB", (9, 9), colour(i)))
    save(root / "dog" / "a.png", Image.new("RGB", (9, 9)))
    return root


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (no_folder, "there is no folder"),
        (a_file, "there is no folder"),
        (nothing_in_it, "there are no pictures in the folders of"),
        (one_picture, "only one picture in"),
        (none_readable, "there are no pictures in the folders of"),
        (a_category_of_one, "only one picture in dog"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_line(
    make: Callable[[Path], Path], message: str, tmp_path: Path, gan_command: Command
) -> None:
    (tmp_path / "pictures").mkdir()
    path = make(tmp_path / "pictures")
    with pytest.raises(BadDataset):
        build_folder_dataset(path, "x", FolderOptions(16), print)
    done = gan_command("dataset", "folder", str(path))
    assert done.exit_code == 1
    last = done.output.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert message in last
    assert not list((tmp_path / "home").rglob("*.npy"))
