"""The evaluation ranks worse below better, and catches a copier and a collapsed generator."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan.dataset.files import Dataset
from gan.evaluation.measures.copying import Nearest, describe_copying
from gan.evaluation.metrics import (
    CONTROL,
    FLOOR,
    GENERATED,
    MetricOptions,
    evaluate_pictures,
    fit_pictures,
)
from gan.evaluation.samples.corruption import corrupt
from gan.evaluation.spaces import random_space
from gan.evaluation.tables import aligned, tables
from gan.pixels import on_white
from tests.gan.conftest import make_dataset
from tests.gan.evaluation.shapes import SIZE, collapsed, copier, good_generator, shapes

# the second at half the size: what is judged has 16 px
OPTIONS = MetricOptions(judge=random_space(0), others=[random_space(1, 32)], steps=0)

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return shapes(240)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.evaluation.measures.classifier.EPOCHS", 2)


def judge(made: tuple[np.ndarray, np.ndarray | None], data: Dataset, home: Path) -> dict[str, Any]:
    figures = evaluate_pictures(*made, data, home, lambda _: None, OPTIONS).figures
    json.dumps(figures, allow_nan=False)  # all of it can be written
    return figures


def rows(figures: dict[str, Any], space: int = 0) -> dict[str, dict[str, Any]]:
    return {row["pictures"]: row for row in figures["distances"][space]["rows"]}


@pytest.fixture(scope="module")
def good(dataset: Dataset, home: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gan.evaluation.measures.classifier.EPOCHS", 2)
        return judge(good_generator(200), dataset, home)


def test_a_perfect_generator_is_at_the_floor_and_does_not_copy(good: dict[str, Any]) -> None:
    for space in range(2):
        found = rows(good, space)
        assert found[GENERATED]["n"] == 540  # three times the 180 held out
        assert found[GENERATED]["against"] == 180
        error = found[FLOOR]["kernel_error"]
        assert found[GENERATED]["kernel"] == pytest.approx(found[FLOOR]["kernel"], abs=2 * error)
        for figure in ("frechet", "precision", "recall", "density", "coverage"):
            assert found[GENERATED][figure] == pytest.approx(found[FLOOR][figure], abs=0.1)
    assert not good["copying"]["copies"]
    assert good["copying"]["features"]["near"] < 0.05
    told = {(row["pictures"], row["from"]): row for row in good["real_or_generated"]}
    by_chance = told[GENERATED, "training"]
    assert abs(by_chance["by_features"] - 0.5) < 4 * by_chance["error"]
    assert told[CONTROL, "held-out"]["by_features"] > 0.85
    reading = {(row["trained_on"], row["pictures"]): row["top1"] for row in good["read_linear"]}
    assert reading["generated pictures", "real, held-out concepts"] > 0.7
    assert reading["real pictures", "generated"] > 0.7
    assert good["read_by_generated"]["n"] == 180
    assert good["read_by_generated"]["top1"] > 0.7
    assert good["of_held_out"]["by_generated"] == pytest.approx(
        good["read_by_generated"]["top1"] / good["read"][1]["top1"]
    )


def test_worse_pictures_rank_below_better_ones(
    good: dict[str, Any], dataset: Dataset, home: Path
) -> None:
    pictures, categories = good_generator(200)
    ranked = [good] + [
        judge((corrupt(pictures, strength), categories), dataset, home) for strength in (3, 12)
    ]
    for space in range(2):
        found = [rows(figures, space)[GENERATED] for figures in ranked]
        for figure in ("kernel", "frechet"):
            values = [row[figure] for row in found]
            assert values == sorted(values), figure
            assert values[1] > values[0] + 2 * found[0]["kernel_error"], figure
            assert values[-1] > 2 * values[1], figure
        assert found[-1]["coverage"] < found[0]["coverage"] - 0.2
    # noise is read worse too
    assert ranked[-1]["read_linear"][1]["top1"] < ranked[0]["read_linear"][1]["top1"]


def test_a_copier_is_caught_though_it_looks_perfect(
    good: dict[str, Any], dataset: Dataset, home: Path
) -> None:
    found = evaluate_pictures(*copier(dataset), dataset, home, lambda _: None, OPTIONS)
    copying = found.figures["copying"]
    assert copying["copies"]
    for space in ("features", "pixels"):
        assert copying[space]["generated"] < 0.1 * copying[space]["held_out"]
        assert copying[space]["near"] > 0.9
    # what is caught is the copying alone
    made, sound = rows(found.figures)[GENERATED], rows(good)[GENERATED]
    assert made["kernel"] == pytest.approx(sound["kernel"], abs=2 * sound["kernel_error"])
    pairs = found.pictures["closest-pixels.png"]
    assert pairs.size == (10 * (SIZE + 2) + 2, 4 * (SIZE + 2) + 2)
    cells = np.asarray(pairs).astype(int)
    for row, column in ((0, 0), (0, 9), (2, 3)):
        top, left = 2 + row * (SIZE + 2), 2 + column * (SIZE + 2)
        above = cells[top : top + SIZE, left : left + SIZE]
        below = cells[top + SIZE + 2 :, left:][:SIZE, :SIZE]
        # a copy, mirrored or not
        assert min(np.abs(above - below).max(), np.abs(above - below[:, ::-1]).max()) <= 1
        assert above.min() < 200


def test_a_few_copies_are_caught_and_blur_is_not_copying() -> None:
    random = np.random.RandomState(0)
    far = Nearest(random.uniform(1, 2, 1000), np.zeros(1000, int))
    some = Nearest(np.where(np.arange(1000) < 60, 0.1, far.distances + 0.2), far.rows)
    few = describe_copying(some, far, far)
    assert few["copies"]
    assert few["near"] == pytest.approx(0.06)
    blurred = Nearest(random.uniform(1.1, 1.5, 1000), far.rows)
    found = describe_copying(blurred, far, blurred)
    assert found["generated"] == found["control"] < found["held_out"]
    assert not found["copies"]
    half = Nearest(np.where(np.arange(1000) < 30, 0.1, far.distances * 0.7 + 0.3), far.rows)
    assert describe_copying(half, far, far)["copies"]
    assert not describe_copying(far, far, far)["copies"]


@pytest.mark.long
def test_a_collapsed_generator_covers_little_though_it_is_precise(
    good: dict[str, Any], dataset: Dataset, home: Path
) -> None:
    figures = judge(collapsed(200), dataset, home)
    found, sound = rows(figures)[GENERATED], rows(good)[GENERATED]
    assert found["recall"] < 0.3 * sound["recall"]
    assert found["coverage"] < 0.5 * sound["coverage"]
    assert found["kernel"] > rows(figures)[FLOOR]["kernel"] + 3 * found["kernel_error"]
    for slug in ("disc", "bar", "ring"):
        per_category = figures["per_category"][slug]
        assert per_category["n"] >= 80
        assert per_category["generated"]["coverage"] < 0.5 * per_category["floor"]["coverage"]


@pytest.mark.long
def test_categories_that_do_not_show_are_seen(
    good: dict[str, Any], dataset: Dataset, home: Path
) -> None:
    pictures, categories = good_generator(200)
    figures = judge((pictures, (categories + 1) % 3), dataset, home)
    assert figures["read_linear"][1]["top1"] < 0.5 * good["read_linear"][1]["top1"]
    assert figures["read_linear"][2]["top1"] < 0.5 * good["read_linear"][2]["top1"]
    assert figures["read_by_generated"]["top1"] < 0.5 * good["read_by_generated"]["top1"]


def test_a_generator_without_categories_is_judged_by_the_rest(tmp_path: Path) -> None:
    figures = judge((good_generator(40)[0], None), shapes(40), tmp_path)
    assert not {"read", "per_category", "right_per_category"} & set(figures)
    assert rows(figures)[GENERATED]["n"] == 120  # four times the 30 held out
    assert len(tables(figures)) == 4


def test_tiny_data_says_too_few(tmp_path: Path) -> None:
    """6 held-out pictures of 3 categories: fewer than the neighbours asked for."""
    tiny = make_dataset()
    random = np.random.RandomState(0)
    generated = random.randint(0, 256, (9, 8, 8, 3)).astype(np.uint8)
    figures = judge((generated, np.repeat([0, 1, 2], 3)), tiny, tmp_path)
    found = rows(figures)[GENERATED]
    assert found["against"] == 6
    assert found["kernel_error"] is None
    assert figures["per_category"]["c2"] == {"n": 2, "generated": None, "floor": None}
    assert all(row["by_features"] is None for row in figures["real_or_generated"])
    text = "\n".join(aligned(table) for table in tables(figures))
    assert "too few" in text
    assert "None" not in text
    assert "nan" not in text


def test_pictures_of_any_kind_come_to_white_at_the_data_sets_size() -> None:
    straight = shapes(2).pictures
    premultiplied = straight.copy()
    alpha = premultiplied[..., 3:].astype(float) / 255
    premultiplied[..., :3] = np.rint(premultiplied[..., :3] * alpha)
    expected = on_white(straight)
    np.testing.assert_array_equal(fit_pictures(straight, SIZE), expected)
    np.testing.assert_array_equal(fit_pictures(premultiplied, SIZE, premultiplied=True), expected)
    np.testing.assert_array_equal(fit_pictures(expected, SIZE), expected)
    half = np.zeros((1, 4, 4, 4), np.uint8)
    half[..., :] = (100, 50, 0, 128)
    assert fit_pictures(half, 4)[0, 0, 0].tolist() == [177, 152, 127]
    half[..., :3] = (50, 25, 0)
    assert fit_pictures(half, 4, premultiplied=True)[0, 0, 0].tolist() == [177, 152, 127]
    larger = fit_pictures(expected, 2 * SIZE)
    assert larger.shape == (6, 2 * SIZE, 2 * SIZE, 3)
    back = fit_pictures(larger, SIZE).astype(int)
    assert np.abs(back - expected).mean() < 6
