"""A translator is judged by what it does to unseen pictures, not by how it looks."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.evaluation.spaces import random_space
from gan.evaluation.tables import FigureTable
from gan.evaluation.translating import (
    CONTROL,
    FLOOR,
    TRANSLATED,
    TooFewHeldOut,
    evaluate_translators,
    translation_tables,
)
from gan.methods.cyclegan import Options
from gan.methods.translators import Translators
from tests.gan.evaluation.shapes import shapes

Redraw = Callable[[np.ndarray], np.ndarray]


def turned(pictures: np.ndarray) -> np.ndarray:
    """Return the other domain's drawing of a thing: its colours inverted. Its own inverse."""
    return -pictures


def left_alone(pictures: np.ndarray) -> np.ndarray:
    return pictures


def two_domains() -> Dataset:
    """Return shapes on white and the same on black, colours inverted: each thing in both."""
    one = shapes(40)
    other = one.pictures.copy()
    clear = other[..., 3] == 0
    other[..., :3] = 255 - other[..., :3]
    other[clear, :3] = 0
    other[..., 3] = 255
    return dataclasses.replace(
        one,
        name="two",
        styles=["white", "black"],
        pictures=np.concatenate([one.pictures, other]),
        records=[
            dataclasses.replace(record, style=style)
            for style in ("white", "black")
            for record in one.records
        ],
        notes={"sets": [{"style": "white"}, {"style": "black"}], "domains": ["white", "black"]},
    )


def judge(a_to_b: Redraw, b_to_a: Redraw, dataset: Dataset | None = None) -> dict[str, Any]:
    dataset = dataset or two_domains()
    trained = Translators(
        {"a_to_b": a_to_b, "b_to_a": b_to_a},
        Options(recipe="tiny", dataset="two-16"),
        dataset,
        {"pictures_seen": 7, "step": 7, "seconds": 1.0},
    )
    return evaluate_translators(trained, Path(), lambda _: None, random_space(7))


def rows(figures: dict[str, Any], direction: int = 0) -> dict[str, dict[str, Any]]:
    return {row["pictures"]: row for row in figures["directions"][direction]["rows"]}


def test_one_that_redraws_rightly_reaches_the_floor() -> None:
    figures = judge(turned, turned)
    assert figures["pairs"] == 30
    for direction in (0, 1):
        found = rows(figures, direction)
        made, floor, control = found[TRANSLATED], found[FLOOR], found[CONTROL]
        assert made["kernel"] == pytest.approx(floor["kernel"], abs=1e-6)
        assert made["kernel"] < control["kernel"] / 10
        assert (made["taken_for_target"], control["taken_for_target"]) == (1, 0)
        assert made["counterpart_found"] == 1
        assert made["counterpart_difference"] == 0
        assert made["back_difference"] == 0
        assert made["kernel_error"] > 0


def test_one_that_does_nothing_is_its_control() -> None:
    found = rows(judge(left_alone, left_alone))
    for name in ("kernel", "taken_for_target", "counterpart_found", "counterpart_difference"):
        assert found[TRANSLATED][name] == found[CONTROL][name]
    assert found[TRANSLATED]["counterpart_difference"] > 100


def test_one_that_always_draws_the_same_is_caught_by_counterparts_and_the_way_back() -> None:
    dataset = two_domains()
    black = dataset.indices(TRAIN)[dataset.style_ids()[dataset.indices(TRAIN)] == 1]
    one = dataset.pictures[black[:1], ..., :3].astype(np.float32) / 127.5 - 1
    found = rows(judge(lambda x: np.repeat(one, len(x), 0), turned))
    assert found[TRANSLATED]["taken_for_target"] == 1  # it does look like one
    assert found[TRANSLATED]["counterpart_found"] == pytest.approx(1 / 30)
    assert found[TRANSLATED]["back_difference"] > 10
    assert found[TRANSLATED]["kernel"] > 3 * abs(found[FLOOR]["kernel"])


def test_without_known_counterparts_nothing_is_said_of_them() -> None:
    figures = judge(turned, turned, dataclasses.replace(two_domains(), notes={}))
    assert figures["pairs"] == 0
    assert "counterpart_found" not in rows(figures)[TRANSLATED]
    table = translation_tables(figures)[0]
    assert isinstance(table, FigureTable)
    assert "nothing is said of counterparts" in table.note
    assert [len(row) for row in table.rows] == [len(table.head)] * 3


def test_too_few_held_out_are_named_with_what_to_do() -> None:
    dataset = two_domains()
    records = [
        dataclasses.replace(r, split=TRAIN) if r.style == "black" else r for r in dataset.records
    ]
    assert any(r.split == HELD_OUT for r in records)
    with pytest.raises(TooFewHeldOut, match="holds out 30 and 0") as raised:
        judge(turned, turned, dataclasses.replace(dataset, records=records))
    assert "testA and PATH/testB" in raised.value.hint
