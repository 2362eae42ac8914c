"""`python -m bench.rating`: nobody can tell from a sheet what made a picture, and the key can."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bench.rating.__main__ import main
from bench.rating.figures import kappa
from bench.rating.sheets import SHOWN_PX, shown
from tests.tiny_model import build_tiny_model

RED, BLUE = (200, 30, 30), (30, 30, 200)


def rate(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def fill(folder: Path, colour: tuple[int, int, int], each: int = 24) -> Path:
    """Write a store of two categories, whose pictures have one colour and a grey corner each."""
    for slug in ("bird", "hat"):
        (folder / slug).mkdir(parents=True)
        for number in range(each):
            picture = Image.new("RGB", (16, 16), colour)
            picture.putpixel((0, 0), (number, number, number))
            picture.save(folder / slug / f"{number}-{number:012x}.png")
    return folder


@pytest.fixture
def fills(tmp_path: Path) -> list[str]:
    red, blue = fill(tmp_path / "red", RED), fill(tmp_path / "blue", BLUE)
    return [f"before={red}", f"after={blue}"]


def key_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "key.json").read_text())
    return found


def answer(out: Path, name: str, said: dict[str, str]) -> Path:
    """Fill in a copy of the form: by fill, ``said`` says what a rater answers."""
    key = key_of(out)
    arm_of = {item: told[0] for part in ("pictures", "walls") for item, told in key[part].items()}
    with (out / "raters" / "form.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[2:]:
        wall = "wall " if row[0].startswith("wall") else ""
        row[1] = said.get(wall + arm_of[row[0]], "")
    path = out / f"{name}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.slow
def test_sheets_show_every_picture_once_and_the_key_tells(tmp_path: Path, fills: list[str]) -> None:
    out = tmp_path / "out"
    done = rate(out, *fills, "--pictures", 15, "--walls", 2)
    assert done.exit_code == 0, done.output
    key = key_of(out)
    assert Counter(arm for arm, _, _ in key["pictures"].values()) == {"before": 15, "after": 15}
    assert len({tuple(told) for told in key["pictures"].values()}) == 30
    arms = [arm for arm, _, _ in key["pictures"].values()]
    assert arms != sorted(arms) and arms != sorted(arms, reverse=True)  # shuffled
    names = sorted(path.name for path in (out / "raters").iterdir())
    assert names == [
        "form.csv", "pictures-001-012.png", "pictures-013-024.png", "pictures-025-030.png",
        "wall-01.png", "wall-02.png", "wall-03.png", "wall-04.png",
    ]  # fmt: skip
    said = (out / "raters" / "form.csv").read_text()
    assert "before" not in said and "after" not in said and "bird" not in said
    # what stands at a number is what the key says: the fill's colour, enlarged, on white
    with Image.open(out / "raters" / "pictures-013-024.png") as file:
        sheet = np.asarray(file)
    side = SHOWN_PX + 24
    for place in range(12):
        row, column = divmod(place, 4)
        middle = sheet[
            24 + row * (side + 40) + 40 + SHOWN_PX // 2, 24 + column * side + SHOWN_PX // 2
        ]
        arm = key["pictures"][str(13 + place)][0]
        assert tuple(middle) == (RED if arm == "before" else BLUE)
    assert tuple(sheet[2, 2]) == (255, 255, 255)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_and_another_others(tmp_path: Path, fills: list[str]) -> None:
    words = (*fills, "--pictures", 10, "--walls", 1)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert rate(tmp_path / name, *words, "--seed", seed).exit_code == 0
    one, same, other = (key_of(tmp_path / name) for name in "abc")
    assert one == same
    assert one["pictures"] != other["pictures"] and one["set"] != other["set"]


def test_what_is_transparent_is_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.paste((0, 160, 0, 255), (0, 0, 4, 8))
    clear.save(tmp_path / "clear.png")
    seen = np.asarray(shown(tmp_path / "clear.png", 64))
    assert tuple(seen[32, 60]) == (255, 255, 255) and tuple(seen[32, 4]) == (0, 160, 0)
    # no darker rim where the two meet
    assert (seen[32, :, 0] >= 0).all() and seen[32, 28:40].min(axis=1).max() == 255
    assert seen[32, 30:34, 1].min() >= 150


def test_forms_and_key_are_joined(tmp_path: Path, fills: list[str]) -> None:
    out = tmp_path / "out"
    assert rate(out, *fills, "--pictures", 10, "--walls", 2).exit_code == 0
    good = {"before": "blob", "after": "thing", "wall before": "no", "wall after": "yes"}
    anna = answer(out, "anna", good)
    ben = answer(out, "ben", {"before": "E", "after": "t", "wall before": "N", "wall after": "y"})
    done = rate(out, "--read", anna, "--read", ben)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert "| before | all | 20 | 0% | 0% | 50% | 50% | 4 | 0% |" in lines
    assert "| after | all | 20 | 100% | 0% | 0% | 0% | 4 | 100% |" in lines
    assert "| before | ben | 10 | 0% | 0% | 0% | 100% | 2 | 0% |" in lines
    assert "| anna, ben | pictures | 20 | 50% | 0.33 |" in lines
    assert "| anna, ben | walls | 4 | 100% | 1.00 |" in lines
    assert done.output.count("(ben)") == 10  # each one that he called embarrassing, by its number


def test_what_is_left_out_is_said(tmp_path: Path, fills: list[str]) -> None:
    out = tmp_path / "out"
    rate(out, *fills, "--pictures", 5, "--walls", 0)
    half = answer(out, "half", {"after": "fun"})
    done = rate(out, "--read", half)
    assert "half left 5 of 10 items out." in done.output
    assert "| before | all | 0 | – | – | – | – | 0 | – |" in done.output


def test_words_of_pregen_make_a_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fills: list[str]
) -> None:
    build_tiny_model(tmp_path / "models")
    monkeypatch.setenv("NONESUCH_MODELS_FOLDER", str(tmp_path / "models"))
    words = "made=--model tiny --categories bird,hat --samples 20"
    out = tmp_path / "out"
    assert rate(out, words, fills[0], "--pictures", 8, "--walls", 1).exit_code == 0
    assert len(list((out / "stores" / "made" / "images").glob("*/*.webp"))) == 40
    assert Counter(arm for arm, _, _ in key_of(out)["pictures"].values()) == {
        "made": 8,
        "before": 8,
    }
    broken = rate(tmp_path / "no", "made=--model nothing", fills[0])
    assert broken.exit_code == 1 and "made: flask pregen failed" in broken.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["before"], "'before' names no fill; write for example"),
        (["a=nowhere"], "a: there is no folder nowhere"),
        (["a={red}", "a={red}"], "two fills are called a"),
        (["a={red}", "--pictures", "90"], "a has 48 pictures, not 90; ask for less: --pictures 48"),
        (["a={red}", "--walls", "3"], "2 categories have 20 pictures in every fill, not 3"),
        (["a={red}", "--category", "birds"], "did you mean bird"),
        ([], "name fills to make sheets of, or forms to --read"),
    ],
)
def test_wrong_words_are_one_line(
    tmp_path: Path, fills: list[str], words: list[str], message: str
) -> None:
    red = fills[0].partition("=")[2]
    out = tmp_path / "out"
    done = rate(out, *(word.format(red=red) for word in ("--pictures", "9", *words)))
    assert done.exit_code != 0 and message in done.output
    assert not (out / "key.json").exists() and not (out / "raters").exists()


def test_sheets_that_are_rated_are_not_overwritten(tmp_path: Path, fills: list[str]) -> None:
    words = (tmp_path / "out", *fills, "--pictures", 4, "--walls", 0)
    assert rate(*words).exit_code == 0
    before = (tmp_path / "out" / "key.json").read_bytes()
    assert "holds sheets already" in rate(*words, "--seed", 1).output
    assert (tmp_path / "out" / "key.json").read_bytes() == before


def test_wrong_forms_are_one_line(tmp_path: Path, fills: list[str]) -> None:
    out = tmp_path / "out"
    rate(out, *fills, "--pictures", 4, "--walls", 1)
    form = out / "raters" / "form.csv"
    text = form.read_text()
    for change, message in (
        (("\n3,,", "\n3,thng,"), "line 5: 'thng' is none of thing, fun, blob, embarrassing"),
        (("\n3,,", "\n99,fun,"), "line 5: there is no '99'"),
        (("\n3,,", "\n2,fun,\n2,thing,"), "2 is answered twice"),
        (("\nwall 1,,", "\nwall 1,perhaps,"), "'perhaps' is none of yes, no"),
        (("set ", "set 0"), "is no form of these sheets"),
        (("", ""), "answers nothing"),
    ):
        mine = tmp_path / "mine.csv"
        mine.write_text(text.replace(*change, 1))
        done = rate(out, "--read", mine)
        assert done.exit_code == 1 and message in done.output, done.output
    assert "cannot be read" in rate(out, "--read", tmp_path / "none.csv").output
    shutil.rmtree(out)
    assert "is no key of sheets" in rate(out, "--read", tmp_path / "mine.csv").output


def test_kappa_is_cohens() -> None:
    """The example of a text book: 20 and 15 of 50 alike, kappa .4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs, ("y", "n")) == "0.40"
    assert kappa([("y", "y")] * 3, ("y", "n")) == "–"
