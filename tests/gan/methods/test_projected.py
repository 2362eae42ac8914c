"""Discriminators of a pretrained network's features: what moves by what, taking up a run."""

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset, write_dataset
from gan.export.card import training_section
from gan.losses import hinge_discriminator_loss
from gan.methods import projected
from gan.methods.trained import read_trained
from gan.recipes import read_recipe
from gan.runs.options import BadOptions, RunOptions
from gan.training.dry_run import try_steps
from gan.training.run import Run
from tests.gan.conftest import make_dataset
from tests.gan.methods.tiny_recipes import arrays, shallow_start, warm_started
from tests.gan.tiny import TINY

pytestmark = [pytest.mark.network, pytest.mark.usefixtures("eager", "shallow")]

WHOLE = projected.Options(**warm_started("projected"), total_kimg=0.012)


@pytest.fixture(scope="module")
def options(shallow: None) -> projected.Options:  # noqa: ARG001
    return projected.Options(**shallow_start("projected"), total_kimg=0.012)


@pytest.fixture
def whole(all_maps: None) -> projected.Options:  # noqa: ARG001
    return WHOLE


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(8)


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, dataset: Dataset, options: projected.Options
) -> Path:
    """A home with the data set, a run of two steps and one of three that took it up."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(dataset, home / "datasets" / "tiny-8")
    begin(home, "first", dataset, dataclasses.replace(TINY, total_kimg=0.016)).train()
    begin(home, "second", dataset, options).train()
    return home


def begin(home: Path, name: str, dataset: Dataset, options: RunOptions) -> Run:
    return Run(home / "runs" / name, dataset, options, print)


def test_a_run_is_taken_up_where_it_stands(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    begin(home, "begun", dataset, options).save()
    first, begun, second = (arrays(home, name) for name in ("first", "begun", "second"))
    for name, array in first.items():
        np.testing.assert_array_equal(begun[name], array, err_msg=name)
    for part in ("generator/", "discriminator/", "ema/", "heads/"):
        moved = [np.abs(second[n] - begun[n]).max() for n in begun if n.startswith(part)]
        assert max(moved) > 0, part


@pytest.mark.parametrize("sizes", ["options", pytest.param("whole", marks=pytest.mark.long)])
def test_the_gradient_for_the_generator_is_that_of_the_judges_mean(
    home: Path, dataset: Dataset, sizes: str, request: pytest.FixtureRequest
) -> None:
    options: projected.Options = request.getfixturevalue(sizes)
    method = projected.build(options, dataset, "float32", home, print)
    batch = options.batches(dataset).draw(0, 4)
    real = tf.constant(batch.pictures)
    told = {"categories": tf.constant(batch.categories), "styles": tf.constant(batch.styles)}
    labels = list(told.values())
    fake = tf.constant(np.random.RandomState(0).uniform(-1, 1, real.shape).astype(np.float32))

    def logits(pictures: tf.Tensor) -> tf.Tensor:
        return method.heads([*method.features(pictures), *labels])

    maps = method.features(fake)
    for _ in range(40):  # until the vectors that estimate σ hardly move
        method.heads([*maps, *labels], training=True)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = -tf.reduce_mean(logits(fake))
    expected = tape.gradient(loss, fake) * options.feature_weight
    before = [np.asarray(v) for v in method.heads.trainable_variables]
    at_fake, metrics = method.judge_beside(real, fake, told, tf.constant(1e-3))
    assert tf.norm(expected) > 1e-6
    # the vectors that estimate σ have moved once more in between
    assert tf.norm(at_fake - expected) < 0.05 * tf.norm(expected)
    np.testing.assert_allclose(metrics["generator_grad_norm/heads"], tf.norm(at_fake), rtol=1e-6)
    for variable, was in zip(method.heads.trainable_variables, before, strict=True):
        assert variable.shape == (1,) or np.abs(np.asarray(variable) - was).max() > 0, variable.path


def test_the_generator_moves_by_both_gradients(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    """Adam with a first beta of 0 keeps the gradient itself as its momentum."""
    batch = options.batches(dataset).draw(0, 4)
    momenta = []
    for weight in (0.0, 1.0, 3.0):
        keras.utils.set_random_seed(1)
        weighted = dataclasses.replace(options, feature_weight=weight)
        method = projected.build(weighted, dataset, "float32", home, print)
        method.step(1, batch, 0.01)
        weights = method.generator.trainable_variables
        momenta.append([np.asarray(m) for m in method.generator_optimizer.variables[1:]])
    for alone, once, thrice in zip(*(found[: len(weights)] for found in momenta), strict=True):
        np.testing.assert_allclose(thrice - alone, 3 * (once - alone), rtol=1e-2, atol=1e-6)
    assert max(np.abs(b - a).max() for a, b in zip(*momenta[:2], strict=True)) > 1e-5


def test_the_average_goes_on_from_that_of_the_run(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    method = projected.build(options, dataset, "float32", home, print)
    for variable in method.ema.variables:
        variable.assign_add(tf.ones_like(variable))
    before = [np.asarray(v) for v in method.ema.variables]
    method.step(0, options.batches(dataset).draw(0, 4), 0.0)
    for variable, was, now in zip(
        method.ema.variables, before, method.generator.variables, strict=True
    ):
        assert np.abs(variable - was).max() < 0.01 * np.abs(now - was).max()


def test_a_run_of_its_own_kind_is_taken_up_whole(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    third = dataclasses.replace(options, start="second")
    begin(home, "third", dataset, third).save()
    second, found = arrays(home, "second"), arrays(home, "third")
    for name, array in second.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert read_trained(home / "runs" / "third", home / "datasets", print).pictures_seen == 28


def test_the_judges_learn_to_tell_noise_from_pictures(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    method = projected.build(options, dataset, "float32", home, print)
    batch = options.batches(dataset).draw(0, 4)
    real = tf.constant(batch.pictures)
    told = {"categories": tf.constant(batch.categories), "styles": tf.constant(batch.styles)}
    labels = list(told.values())
    noise = tf.constant(np.random.RandomState(0).uniform(-1, 1, real.shape).astype(np.float32))
    losses = [
        float(method.judge_beside(real, noise, told, tf.constant(1e-2))[1]["loss/heads"])
        for _ in range(8)
    ]
    assert losses[-1] < 0.8 * losses[0]
    of_real, of_noise = (
        method.heads([*method.features(pictures), *labels]) for pictures in (real, noise)
    )
    assert float(hinge_discriminator_loss(of_real, of_noise)) < losses[0]
    # and the way they point leads from noise to what they take for real
    at_noise, _ = method.judge_beside(real, noise, told, tf.constant(0.0))
    moved = noise - 20 * at_noise / tf.norm(at_noise)
    after = method.heads([*method.features(moved), *labels])
    assert tf.reduce_mean(after) > tf.reduce_mean(of_noise)


def test_real_maps_reach_the_judges_standardised(
    home: Path, dataset: Dataset, whole: projected.Options
) -> None:
    method = projected.build(whole, dataset, "float32", home, print)
    pictures = whole.batches(dataset).draw(0, projected.USUAL).pictures
    for i, found in enumerate(method.features(tf.constant(pictures))):
        maps, layer = np.asarray(found), method.heads.get_layer(f"mix_{i}")
        kernel, bias = layer.get_weights()
        at_mean = maps.mean((0, 1, 2)) @ kernel[0, 0] + bias
        np.testing.assert_allclose(at_mean, 0, atol=1e-3)


@pytest.mark.long
def test_continued_without_the_run_it_took_up_it_ends_with_the_same_weights(
    home: Path, tmp_path: Path, dataset: Dataset, options: projected.Options
) -> None:
    folder = tmp_path / "runs" / "again"
    Run(folder, dataset, options, print, home=home).train(minutes=1e-9)  # one step
    begin(tmp_path, "again", dataset, options).train(minutes=1e-9)  # no other run is in this home
    begin(tmp_path, "again", dataset, options).train()
    expected, found = arrays(home, "second"), arrays(tmp_path, "again")
    assert sorted(found) == sorted(expected)
    for key, array in found.items():
        np.testing.assert_array_equal(array, expected[key], err_msg=key)


def test_pictures_of_both_runs_count_and_the_card_names_the_judge(home: Path) -> None:
    trained = read_trained(home / "runs" / "second", home / "datasets", print)
    assert trained.about["pictures_seen"] == 12
    assert trained.pictures_seen == 28
    text = training_section(trained)
    order = [
        "Recipe `tiny`: 16 pictures seen in 2 steps",
        "Taken up by another run",
        "Recipe `emoji-projected`: 12 pictures seen in 3 steps",
        "EfficientNet-lite0",
    ]
    assert sorted(order, key=text.index) == order


def test_without_a_run_to_take_up_it_begins_anew_where_asked(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    missing = dataclasses.replace(options, start="none")
    with pytest.raises(BadOptions, match="takes up the run none: there is no run") as refused:
        begin(home, "x", dataset, missing)
    assert "flask gan train --recipe emoji" in str(refused.value.hint)
    assert not (home / "runs" / "x").exists()
    with pytest.raises(BadOptions, match="takes up the run none: there is no run"):
        try_steps(home / "runs" / "x", dataset, missing, print)  # --dry-run
    anew = begin(home, "anew", dataset, dataclasses.replace(options, start=""))
    anew.train(minutes=1e-9)
    assert read_trained(home / "runs" / "anew", home / "datasets", print).pictures_seen == 4


def test_a_run_that_does_not_fit_is_refused(
    home: Path, dataset: Dataset, options: projected.Options
) -> None:
    wider = dataclasses.replace(options, discriminator_channels=(6,))
    with pytest.raises(BadOptions, match=r"networks of other sizes .* discriminator/000 is"):
        begin(home, "x", dataset, wider)
    elsewhere = dataclasses.replace(options, dataset="other-8")
    with pytest.raises(BadOptions, match="was trained on tiny-8, not on other-8") as refused:
        begin(home, "x", dataset, elsewhere)
    assert "--dataset tiny-8" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features_px": 0}, "features_px is 0"),
        ({"features_px": 64}, "features_px is 64, but must be 128 or a power of two above"),
        ({"features_px": 384}, "features_px is 384"),
        ({"feature_weight": -1.0}, "feature_weight is -1"),
        ({"mixed_channels": (4, 4)}, "mixed_channels has 2 numbers, but must have 4"),
        ({"head_width": 0}, "head_width is 0"),
    ],
)
def test_options_out_of_range_are_refused(
    whole: projected.Options, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadOptions, match=said):
        dataclasses.replace(whole, **changes)


@pytest.mark.usefixtures("whole")
def test_the_recipe_takes_up_the_networks_of_emoji() -> None:
    emoji, recipe = read_recipe("emoji"), read_recipe("emoji-projected")
    names = ("dataset", "generator_channels", "last", "leave_out_styles", "no_mirror")
    for name in (*names, "discriminator_channels", "picture_channels"):
        assert getattr(recipe, name) == getattr(emoji, name), name
    assert isinstance(recipe, projected.Options) and recipe.start == emoji.recipe
