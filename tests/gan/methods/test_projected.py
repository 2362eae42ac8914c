"""The projected method at tiny size: what a step moves, and that a run continues exactly."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan.augment import AugmentOptions
from gan.features.weights import WeightsMissing, kept_weights
from gan.methods import method_module
from gan.methods.projected import Options
from gan.recipes import read_recipe
from gan.training.checkpoint import checkpoints_in, load_checkpoint
from gan.training.options import BadOptions
from gan.training.run import Run
from tests.gan.conftest import make_dataset

pytestmark = pytest.mark.network
HOME = Path(os.environ.get("NONESUCH_HOME", "~/.cache/nonesuch")).expanduser()
TINY = Options(
    recipe="tiny",
    method="projected",
    dataset="tiny-16",
    total_kimg=0.024,
    batch=8,
    features_px=64,
    penalty_every=2,
    warm_up_kimg=0.0,
    projection_kimg=0.02,
    augment=AugmentOptions(shift_px=2),
    picture_channels=4,
    generator_channels=(8, 6),
    last="upsample",
)


@pytest.fixture(scope="module", autouse=True)
def eager() -> Iterator[None]:
    try:
        kept_weights(HOME, "lite0")
    except WeightsMissing as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"needs the network once: {error}")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def begin(folder: Path) -> Run:
    return Run(folder, make_dataset(16), TINY, print, home=HOME)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    begin(folder).train()
    return folder


def arrays(folder: Path) -> dict[str, np.ndarray]:
    return load_checkpoint(checkpoints_in(folder)[-1]).arrays


def test_three_steps_move_both_networks_and_keep_the_mixing(
    whole_run: Path, tmp_path: Path
) -> None:
    run = begin(tmp_path)
    run.train(minutes=1e-9)  # one step, which takes the features' statistics
    first, last = arrays(tmp_path), arrays(whole_run)
    for name in first:
        moved = np.abs(first[name] - last[name]).max()
        part = name.partition("/")[0]
        if part == "mixing":
            assert moved == 0, name
        elif part in ("generator", "discriminator", "ema") and last[name].size > 4:
            assert moved > 0, name


def test_the_statistics_are_of_real_pictures_and_kept_in_the_checkpoint(whole_run: Path) -> None:
    kept = [array for name, array in arrays(whole_run).items() if name.startswith("mixing/")]
    one_dimensional = [array for array in kept if array.ndim == 1]
    assert len(one_dimensional) == 8  # mean and deviation of four maps
    assert all(np.abs(array - array.round()).max() > 0 for array in one_dimensional)


def test_continued_it_ends_with_the_same_weights(whole_run: Path, tmp_path: Path) -> None:
    begin(tmp_path).train(minutes=1e-9)
    begin(tmp_path).train()
    expected = arrays(whole_run)
    for name, array in arrays(tmp_path).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_a_size_that_does_not_divide_the_features_is_refused() -> None:
    with pytest.raises(BadOptions, match="features_px is 64, no multiple of 48 px"):
        method_module("projected").models(TINY, dataclasses.replace(make_dataset(), size_px=48))


def test_penalties_at_no_step_are_refused() -> None:
    with pytest.raises(BadOptions, match="penalty_every is 0"):
        dataclasses.replace(TINY, penalty_every=0)


def test_the_recipe_names_what_it_was_made_for() -> None:
    options = read_recipe("projected")
    assert options.method == "projected"
    assert options.picture_channels == 4
