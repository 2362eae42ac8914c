"""Each category gets the truncations at which it shows and varies; what never shows is hidden."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from gan.dataset.files import Dataset, write_dataset
from gan.evaluation.spaces import random_space
from gan.evaluation.truncations import (
    LEVELS,
    NoTruncation,
    best_levels,
    choose_truncations,
    decide,
    hidden_ones,
    widened,
)
from gan.methods.trained import read_trained
from gan.training.run import Run
from sources.spec.description import read_model
from tests.gan.conftest import make_dataset
from tests.gan.methods.tiny_recipes import tiny
from tests.gan.tiny import TINY

pytestmark = pytest.mark.usefixtures("eager")


def test_the_range_is_around_the_best_and_has_no_holes() -> None:
    assert best_levels(np.array([0.1, 0.5, 0.95, 1.0, 0.92, 0.5, 0.95])) == (2, 4)
    assert best_levels(np.array([1.0, 0.2, 1.0])) == (0, 0)
    assert best_levels(np.array([0.0, 0.0])) == (0, 1)


@pytest.mark.parametrize(
    ("levels", "found"),
    [((0.6, 0.6), (0.55, 0.65)), ((0.4, 0.7), (0.4, 0.7)), ((1.0, 1.0), (0.9, 1.0))],
)
def test_a_range_has_some_width(levels: tuple[float, float], found: tuple[float, float]) -> None:
    assert widened(*levels) == found


def test_the_worst_are_hidden_but_enough_stay() -> None:
    reached = np.array([0.05, 0.5, 0.01, 0.09, 0.6])
    assert hidden_ones(reached, 0.1, keep=1) == {0, 2, 3}
    assert hidden_ones(reached, 0.1, keep=4) == {2}
    assert hidden_ones(reached, 0.1, keep=60) == set()


def test_what_shows_and_what_covers_decide_together(tiny_dataset: Dataset) -> None:
    right = np.tile(np.linspace(1.0, 0.4, len(LEVELS)), (3, 1))
    right[2] = 0.01
    coverage = np.tile(np.linspace(0.1, 1.0, len(LEVELS)), (3, 1))
    coverage[1] = np.nan  # too few pictures to tell
    first, second, third = decide(tiny_dataset, right, coverage, 0.5, keep=2)
    assert first.truncation[0] > 0.6  # tame pictures show more and cover little
    assert second.truncation[0] == 0.4
    assert second.coverage == [None] * len(LEVELS)
    assert [choice.hidden for choice in (first, second, third)] == [False, False, True]


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.evaluation.measures.classifier.EPOCHS", 1)
    monkeypatch.setattr(
        "gan.evaluation.truncations.pretrained_space", lambda *_: random_space(7, 32)
    )


def test_the_command_writes_what_the_export_takes(
    gan_command: Callable[..., Result], home: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    write_dataset(tiny_dataset, home / "datasets" / "tiny-8")
    Run(home / "runs" / "t", tiny_dataset, TINY, print).save()
    done = gan_command("truncations", "--run", "t", "--each", "8", "--keep", "2")
    assert done.exit_code == 0, done.output
    figures = json.loads((home / "runs" / "t" / "truncations.json").read_text())
    assert list(figures["categories"]) == ["c0", "c1", "c2"]
    for found in figures["categories"].values():
        assert len(found["right"]) == len(found["coverage"]) == len(LEVELS)
    write_dataset(make_dataset(16), home / "datasets" / "tiny-16")
    words = ("--run", "t", "--each", "8", "--keep", "2", "--dataset", "tiny-16")
    assert gan_command("truncations", *words).exit_code == 0
    larger = json.loads((home / "runs" / "t" / "truncations.json").read_text())
    assert (figures["data_set"], larger["data_set"]) == ("tiny-8", "tiny-16")

    # as it would be found of a generator that has learned something
    found = figures["categories"]
    found["c0"] |= {"truncation": [0.45, 0.6], "hidden": False}
    found["c2"] |= {"truncation": [0.5, 0.7], "hidden": True}
    (home / "runs" / "t" / "truncations.json").write_text(json.dumps(figures))
    assert gan_command("export", "--run", "t", "--name", "tiny").exit_code == 0
    folder = tmp_path / "models" / "tiny" / "1"
    categories = {each.slug: each for each in read_model(folder).categories}
    assert categories["c0"].truncations == (0.45, 0.6)
    hidden = [each.hidden for each in categories.values()]
    assert hidden == [False, found["c1"]["hidden"], True]
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| c2 (hidden) | 0.5:0.7 |" in card
    measured = f"at most {max(found['c2']['right']):.0%} of its pictures"
    assert measured in categories["c2"].why_hidden

    # the owner's reasons stay, in truncations.json as in the model.toml that is written anew
    again = "--name", "tiny", "--version", "1", "--replace"
    text = (folder / "model.toml").read_text(encoding="utf-8")
    (folder / "model.toml").write_text(
        text.replace('slug = "c0"\n', 'slug = "c0"\nhidden = "it is \\"c1\\""\n')
    )
    found["c1"]["hidden"], found["c2"]["hidden"] = "it draws c2", False
    (home / "runs" / "t" / "truncations.json").write_text(json.dumps(figures))
    assert gan_command("export", "--run", "t", *again).exit_code == 0
    reasons = {each.slug: each.why_hidden for each in read_model(folder).categories if each.hidden}
    assert reasons == {"c0": 'it is "c1"', "c1": "it draws c2"}
    assert gan_command("truncations", *words).exit_code == 0
    remeasured = json.loads((home / "runs" / "t" / "truncations.json").read_text())
    assert remeasured["categories"]["c1"]["hidden"] == "it draws c2"
    larger["categories"]["c1"]["hidden"] = "it draws c2"
    assert remeasured == larger  # but for the reason the same comes again
    (folder / "model.toml").write_text("nonsense")
    replaced = gan_command("export", "--run", "t", *again)
    assert replaced.exit_code == 0 and "reasons for hiding categories are not kept" in (
        replaced.output
    )


def test_a_generator_without_categories_has_nothing_to_choose(
    home: Path, tiny_dataset: Dataset
) -> None:
    write_dataset(tiny_dataset, home / "datasets" / "tiny-8")
    Run(home / "runs" / "w", tiny_dataset, tiny("wgan"), print).save()
    trained = read_trained(home / "runs" / "w", home / "datasets", print)
    with pytest.raises(NoTruncation, match="makes no pictures by category and truncation"):
        choose_truncations(trained, tiny_dataset, home, print, judge=random_space(7, 32))
