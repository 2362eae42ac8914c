"""Options: written and read back, unknown ones refused, schedules at known points."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from core.errors import NonesuchError
from gan.methods.recorded import check_continues, read_options, write_options
from gan.methods.relativistic import Options
from gan.recipes import read_recipe, recipe_names
from gan.runs.folders import OPTIONS_FILE
from gan.runs.options import BadOptions

ONE = Options(
    recipe="r", dataset="d", total_kimg=100, warm_up_kimg=1, learning_rate=1e-3,
    final_learning_rate=1e-4, decay_from=0.5, batch=50, gamma=1.0, final_gamma=0.01, gamma_kimg=20,
)  # fmt: skip


@pytest.mark.parametrize("recipe", recipe_names())
def test_options_come_back_as_they_were(recipe: str, tmp_path: Path) -> None:
    options = read_recipe(recipe)
    write_options(tmp_path, options)
    assert read_options(tmp_path) == options
    assert options.recipe == recipe


def test_a_run_from_before_there_were_methods_is_relativistic(tmp_path: Path) -> None:
    write_options(tmp_path, ONE)
    values = json.loads((tmp_path / OPTIONS_FILE).read_text())
    del values["method"]
    (tmp_path / OPTIONS_FILE).write_text(json.dumps(values))
    assert read_options(tmp_path) == ONE


def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    write_options(tmp_path, ONE)
    text = (tmp_path / OPTIONS_FILE).read_text()
    (tmp_path / OPTIONS_FILE).write_text(text.replace("relativistic", "relativstic"))
    with pytest.raises(NonesuchError, match="no method 'relativstic'; did you mean relativistic"):
        read_options(tmp_path)


def test_a_folder_without_a_run_has_none(tmp_path: Path) -> None:
    assert read_options(tmp_path) is None


@pytest.mark.parametrize("where", ["top", "augment"])
def test_an_unknown_key_is_refused(tmp_path: Path, where: str) -> None:
    write_options(tmp_path, ONE)
    values = json.loads((tmp_path / OPTIONS_FILE).read_text())
    (values if where == "top" else values["augment"])["cutout"] = 1
    (tmp_path / OPTIONS_FILE).write_text(json.dumps(values))
    with pytest.raises(BadOptions, match="unknown here: cutout"):
        read_options(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"recipe": "r", "dataset": 1, "augment": 3}'])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / OPTIONS_FILE).write_text(text)
    with pytest.raises(BadOptions):
        read_options(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch", 0),
        ("total_kimg", -1),
        ("learning_rate", 0.0),
        ("decay_from", 1.0),
        ("penalty_every", 0),
        ("picture_channels", 2),
    ],
)
def test_numbers_out_of_range_are_refused(name: str, value: Any) -> None:
    with pytest.raises(BadOptions, match=name):
        dataclasses.replace(ONE, **{name: value})


def test_continuing_with_other_options_is_refused_but_longer_is_not(tmp_path: Path) -> None:
    check_continues(ONE, dataclasses.replace(ONE, total_kimg=500), tmp_path)
    with pytest.raises(BadOptions, match=r"begun with gamma = 1.0, not 2.0"):
        check_continues(ONE, dataclasses.replace(ONE, gamma=2.0), tmp_path)


def test_learning_rate_warms_up_stays_and_falls_as_a_cosine() -> None:
    assert ONE.learning_rate_at(0) < 2e-4
    assert ONE.learning_rate_at(20) == ONE.learning_rate_at(50) == 1e-3
    assert math.isclose(ONE.learning_rate_at(75), (1e-3 + 1e-4) / 2)
    assert math.isclose(ONE.learning_rate_at(100), 1e-4)
    assert math.isclose(ONE.learning_rate_at(200), 1e-4)


def test_gamma_falls_geometrically_and_ema_halves_in_its_half_life() -> None:
    assert ONE.gamma_at(0) == 1.0
    assert math.isclose(ONE.gamma_at(10), 0.1)
    assert math.isclose(ONE.gamma_at(50), 0.01)
    steps = 20_000 / 50  # ema_kimg over the batch
    assert math.isclose(ONE.ema_decay_at(1000) ** steps, 0.5)
    assert ONE.ema_decay_at(0) == 0.0
