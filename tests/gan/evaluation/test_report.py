"""The command writes what it measured, and refuses what would mislead."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from gan.dataset.files import Dataset, write_dataset
from gan.evaluation.report import BadEvaluation, parse_truncation
from gan.evaluation.samples.generating import draw_styles, generate
from gan.evaluation.spaces import random_space
from gan.export.card import figures_section
from gan.methods.trained import read_trained
from gan.training.run import Run
from tests.gan.tiny import TINY

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge is a random network: the pretrained one comes from the network."""
    monkeypatch.setattr("gan.evaluation.measures.classifier.EPOCHS", 1)
    monkeypatch.setattr("gan.evaluation.measures.two_sample_test.MOST_STEPS", 10)
    monkeypatch.setattr("gan.evaluation.metrics.pretrained_space", lambda *_: random_space(7, 32))
    monkeypatch.setattr(
        "gan.evaluation.metrics.random_spaces", lambda: [random_space(i, 32) for i in (0, 1)]
    )


@pytest.fixture
def run(home: Path, tiny_dataset: Dataset) -> Path:
    write_dataset(tiny_dataset, home / "datasets" / "tiny-8")
    folder = home / "runs" / "t"
    Run(folder, tiny_dataset, TINY, print).save()
    return folder


def test_the_command_writes_figures_tables_and_pairs(
    gan_command: Callable[..., Result], run: Path, tmp_path: Path
) -> None:
    done = gan_command("evaluate", "--run", "t", "--pictures", "40")
    assert done.exit_code == 0, done.output
    found = json.loads((run / "evaluation.json").read_text())
    assert (found["generated"], found["truncation"], found["curated"]) == (40, [0.5, 0.8], False)
    assert [space["space"] for space in found["distances"]] == [
        "random network 7",
        "2 random networks",
    ]
    for space in found["distances"]:
        assert [row["n"] for row in space["rows"]] == [24, 6, 24]
        assert all(row["against"] == 6 for row in space["rows"])
    assert found["distances"][1]["rows"][0]["spread"]["kernel"] > 0
    assert [(row["pictures"], row["n"]) for row in found["read"]] == [
        ("real, trained on", 24),
        ("real, held-out concepts", 6),
        ("generated", 40),
    ]
    assert all(0 <= row["top1"] <= row["top5"] <= 1 for row in found["read"])
    assert found["copying"]["pixels"]["held_out_n"] == 6
    for name in ("closest-features.png", "closest-pixels.png"):
        with Image.open(run / name) as image:
            assert image.size == (10 * 10 + 2, 4 * 10 + 2)
    for title in ("Does the category show?", "By category", "Real or generated?", "Copying"):
        assert title in done.output

    card = figures_section(found)
    assert "Of 40 uncurated pictures at truncation 0.5 to 0.8" in card
    assert f"| generated | 24 | {found['distances'][0]['rows'][2]['kernel']:.4f}" in card
    assert "### Copying" in card

    elsewhere = tmp_path / "elsewhere"
    again = gan_command(
        "evaluate", "--run", "t", "--pictures", "40", "--truncation", "1", "--out", str(elsewhere)
    )
    assert again.exit_code == 0, again.output
    assert json.loads((elsewhere / "evaluation.json").read_text())["truncation"] == [1, 1]
    assert json.loads((run / "evaluation.json").read_text()) == found


def test_generated_pictures_are_the_same_at_every_call_and_labelled_like_real_ones(
    home: Path, run: Path, tiny_dataset: Dataset
) -> None:
    trained = read_trained(run, home / "datasets", print)
    pictures, categories = generate(trained, tiny_dataset, 40, (0.5, 0.8))
    assert pictures.shape == (40, 8, 8, 3) and pictures.dtype == np.uint8
    # 24 of the 6 held-out pictures' composition of 3, 2 and 1; the rest where fewest are
    assert categories is not None and np.bincount(categories).tolist() == [14, 13, 13]
    again, _ = generate(trained, tiny_dataset, 40, (0.5, 0.8))
    np.testing.assert_array_equal(pictures, again)
    other, _ = generate(trained, tiny_dataset, 40, (0.1, 0.2))
    assert not np.array_equal(pictures, other)


def test_what_would_mislead_is_refused_in_one_line(
    gan_command: Callable[..., Result], home: Path, run: Path, tiny_dataset: Dataset
) -> None:
    swapped = {"train": "held-out", "held-out": "train"}
    records = [dataclasses.replace(r, split=swapped[r.split]) for r in tiny_dataset.records]
    other = dataclasses.replace(tiny_dataset, name="other", records=records)
    write_dataset(other, home / "datasets" / "other-8")
    done = gan_command("evaluate", "--run", "t", "--dataset", "other-8", "--pictures", "40")
    assert done.exit_code == 1
    assert "24 of 24 concepts held out of other were trained on" in done.output.splitlines()[-1]
    again = gan_command("truncations", "--run", "t", "--dataset", "other-8")
    assert again.exit_code == 1 and again.output.splitlines()[-1] == done.output.splitlines()[-1]
    labels = [*tiny_dataset.categories[1:], tiny_dataset.categories[0]]
    write_dataset(
        dataclasses.replace(tiny_dataset, categories=labels), home / "datasets" / "turned-8"
    )
    done = gan_command("evaluate", "--run", "t", "--dataset", "turned-8", "--pictures", "40")
    assert done.exit_code == 1
    assert "other categories" in done.output.splitlines()[-1]
    for words in (("--pictures", "3"), ("--pictures", "many")):
        assert gan_command("evaluate", "--run", "t", *words).exit_code == 2
    assert not (run / "evaluation.json").exists()


def test_truncations_are_a_range_within_0_and_1() -> None:
    assert parse_truncation("0.4:0.7") == (0.4, 0.7)
    assert parse_truncation("1") == (1, 1)
    for wrong in ("", "a", "0", "-1", "0.7:0.4", "0.5:1.5", "0.1:0.2:0.3", "nan"):
        with pytest.raises(BadEvaluation, match=r"write --truncation 0\.5:0\.8"):
            parse_truncation(wrong)


def test_an_evaluation_of_another_format_is_as_none() -> None:
    none = figures_section(None)
    assert "Not measured" in none
    assert figures_section({"format": 2, "distances": [], "read": []}) == none
    assert figures_section({"read": []}) == none


def test_styles_come_as_often_as_in_the_categorys_training_pictures(tiny_dataset: Dataset) -> None:
    categories = np.repeat([0, 2], 300)
    styles = draw_styles(tiny_dataset, categories, (), np.random.RandomState(0))
    # of each category's training pictures half are round and half flat
    assert abs(styles.mean() - 0.5) < 0.1
    alone = draw_styles(tiny_dataset, categories, ("round",), np.random.RandomState(0))
    assert set(alone) == {tiny_dataset.styles.index("flat")}
