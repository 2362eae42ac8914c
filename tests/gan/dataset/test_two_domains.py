"""Data sets of two domains: from four folders, and from two styles of another data set."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from gan.dataset.files import (
    HELD_OUT,
    TRAIN,
    BadDataset,
    Dataset,
    Record,
    read_dataset,
    write_dataset,
)
from gan.dataset.two_domains import (
    PairOptions,
    build_pairs,
    domain_indices,
    domain_names,
    kimg_of_epochs,
    styles_of_two,
)
from tests.gan.conftest import make_dataset

OPTIONS = PairOptions(32, "crop", ("faces", "anime faces"))


def save(folder: Path, count: int, hue: int, mode: str = "RGB", first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + count):
        picture = Image.new("RGB", (40 + i, 50), (hue, i * 9, 20)).convert(mode)
        picture.save(folder / f"{i:03d}.png")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """4 pictures of A and 9 of B to train on, 2 and 1 for the test, as people's data are."""
    root = tmp_path / "faces"
    for name, count, hue in (
        ("trainA", 4, 200),
        ("trainB", 9, 90),
        ("testA", 2, 210),
        ("testB", 1, 80),
    ):
        save(root / name, count, hue)
    return root


def test_unequal_domains_are_read_whole(folders: Path) -> None:
    said: list[str] = []
    made, _ = build_pairs(folders, "faces", OPTIONS, said.append)
    assert [len(rows) for rows in domain_indices(made, TRAIN)] == [4, 9]
    assert [len(rows) for rows in domain_indices(made, HELD_OUT)] == [2, 1]
    assert domain_names(made) == ("faces", "anime faces")
    assert made.pictures.shape == (16, 32, 32, 4)
    reds = [made.pictures[rows, 16, 16, 0].mean() for rows in domain_indices(made, TRAIN)]
    np.testing.assert_allclose(reds, [200, 90], atol=1)
    assert kimg_of_epochs(made) == pytest.approx(200 * 9 / 1000)
    assert said == ["16 files: 16 taken"]


def test_what_is_trained_on_is_not_in_the_test_and_bad_files_are_named(folders: Path) -> None:
    (folders / "testA" / "twin.png").write_bytes((folders / "trainB" / "000.png").read_bytes())
    (folders / "trainA" / "page.png").write_text("<html>")
    frames = [Image.new("RGB", (8, 8), (i * 50, 0, 0)) for i in range(3)]
    frames[0].save(folders / "trainB" / "moves.webp", save_all=True, append_images=frames[1:])
    save(folders / "trainA", 1, 40, "P", first=10)
    save(folders / "trainA", 1, 40, "L", first=11)
    said: list[str] = []
    made, _ = build_pairs(folders, "faces", OPTIONS, said.append)
    assert [len(rows) for rows in domain_indices(made, TRAIN)] == [6, 9]
    assert [len(rows) for rows in domain_indices(made, HELD_OUT)] == [2, 1]
    assert said == [
        "left out trainA/page.png: not a picture that can be read",
        "left out trainB/moves.webp: animated",
        "left out testA/twin.png: also in a train folder",
        "21 files: 18 taken, 3 left out (1: not a picture that can be read; 1: animated; "
        "1: also in a train folder)",
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: [p.unlink() for p in (root / "trainB").iterdir()], "no picture in .*trainB"),
        (lambda root: [p.unlink() for p in sorted((root / "trainA").iterdir())[1:]],
         "only one picture in .*trainA"),
        (lambda root: (root / "trainB").rename(root / "TrainB"), "no folder trainB, but"),
    ],
)  # fmt: skip
def test_too_little_is_refused(
    folders: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(folders)
    with pytest.raises(BadDataset, match=message):
        build_pairs(folders, "faces", OPTIONS, print)


def test_without_test_folders_it_says_what_is_missing(folders: Path) -> None:
    for name in ("testA", "testB"):
        for path in (folders / name).iterdir():
            path.unlink()
        (folders / name).rmdir()
    said: list[str] = []
    build_pairs(folders, "faces", OPTIONS, said.append)
    assert [line.partition(":")[0] for line in said] == [
        "13 files",
        "no picture in testA",
        "no picture in testB",
    ]


def test_two_styles_become_two_domains_and_a_concept_is_held_out_of_both() -> None:
    data = make_dataset(32)
    # the same emoji in both styles, held out in the second alone
    data.records[0] = replace_record(data, 0, concept="same", split=TRAIN)
    data.records[6] = replace_record(data, 6, concept="same", split=HELD_OUT)
    made = styles_of_two(data, (("flat",), ("round",)), ("flat things", "round things"), "mine")
    assert made.styles == ["flat_things", "round_things"]
    assert len(made.records) == len(data.records)
    assert {r.split for r in made.records if r.concept == "same"} == {HELD_OUT}
    a, _ = domain_indices(made, TRAIN)
    flat = [i for i, r in enumerate(data.records) if r.style == "flat" and r.concept != "same"
            and r.split == TRAIN]  # fmt: skip
    np.testing.assert_array_equal(made.pictures[a], data.pictures[flat])
    assert [s["domain"] for s in made.notes["sets"]] == ["round_things", "flat_things"]


def replace_record(data: Dataset, row: int, **changes: Any) -> Record:
    return dataclasses.replace(data.records[row], **changes)


def test_unknown_and_repeated_styles_are_refused() -> None:
    data = make_dataset(32)
    with pytest.raises(BadDataset, match=r"no style 'flatt'.*") as caught:
        styles_of_two(data, (("flatt",), ("round",)), ("a", "b"), "x")
    assert caught.value.hint == "did you mean flat?"
    with pytest.raises(BadDataset, match="both domains"):
        styles_of_two(data, (("flat",), ("flat", "round")), ("a", "b"), "x")
    with pytest.raises(BadDataset, match="both domains are called"):
        styles_of_two(data, (("flat",), ("round",)), ("Same", "same"), "x")


def test_the_command_takes_four_folders_once(
    gan_command: Callable[..., Result], folders: Path, home: Path
) -> None:
    odd = gan_command("dataset", "pairs", str(folders), "--size", "65")
    assert odd.exit_code == 2 and "65 is no multiple of 4; take 64" in odd.output
    words = ("dataset", "pairs", str(folders), "--size", "32", "--names", "faces,anime faces")
    first = gan_command(*words)
    assert first.exit_code == 0, first.output
    assert "A: faces" in first.output
    assert "--recipe cyclegan --dataset faces-32 --run faces-32 --kimg 1.8" in first.output
    data = read_dataset(home / "datasets" / "faces-32")
    assert data.styles == ["faces", "anime_faces"]
    assert gan_command(*words).output.startswith("nothing to do")
    save(folders / "trainA", 1, 7, first=30)
    changed = gan_command(*words)
    assert changed.exit_code == 1
    assert "made from other pictures" in changed.output
    assert gan_command(*words, "--replace").exit_code == 0


def test_the_command_takes_two_styles(gan_command: Callable[..., Result], home: Path) -> None:
    write_dataset(make_dataset(32), home / "datasets" / "tiny-32")
    words = ("dataset", "styles", "flat", "round", "--dataset", "tiny-32")
    done = gan_command(*words)
    assert done.exit_code == 0, done.output
    assert read_dataset(home / "datasets" / "flat_to_round-32").styles == ["flat", "round"]
    assert gan_command(*words).output.startswith("nothing to do")
    wrong = gan_command(*words, "--names", "one")
    assert (wrong.exit_code, wrong.output.splitlines()[-1]) == (
        1, "Error: --names 'one' are not two names; for example: --names \"faces,anime faces\"",
    )  # fmt: skip
    missing = gan_command("dataset", "styles", "a", "b", "--dataset", "nothing-9")
    assert missing.exit_code == 1
    assert "no data set 'nothing-9'" in missing.output
