"""CycleGAN at tiny size: what a step computes, moves and keeps; that a run continues exactly."""

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import BadDataset
from gan.methods.cyclegan import CycleGAN, Options
from gan.methods.recorded import read_options
from gan.networks.residual import BadNetwork
from gan.recipes import read_recipe
from gan.runs.checkpoint import checkpoints_in, load_checkpoint
from gan.runs.options import BadOptions
from gan.training.run import Run
from tests.gan.conftest import make_dataset

pytestmark = pytest.mark.usefixtures("eager")

TINY = Options(
    recipe="tiny",
    dataset="tiny-32",
    total_kimg=0.006,
    channels=4,
    blocks=1,
    discriminator_channels=4,
    pool=2,
    enlarge=1.0,
)
NETWORKS = ("a_to_b", "b_to_a", "discriminator_a", "discriminator_b")


@pytest.fixture
def method(request: pytest.FixtureRequest) -> CycleGAN:
    """A method whose networks are away from their start, where all losses look alike."""
    if getattr(request, "param", None) == "by fewer products":
        request.getfixturevalue("everywhere")
    keras.utils.set_random_seed(5)
    made = CycleGAN(TINY, make_dataset(32), "float32")
    random = np.random.RandomState(5)
    for name in NETWORKS:
        for variable in getattr(made, name).variables:
            variable.assign_add(random.normal(0, 0.15, variable.shape).astype(np.float32))
    return made


def numpy_losses(method: CycleGAN, a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """The paper's losses from the networks' outputs, in NumPy."""

    def run(name: str, x: np.ndarray) -> np.ndarray:
        return np.asarray(getattr(method, name)(x)).astype(np.float64)

    fake_b, fake_a = run("a_to_b", a), run("b_to_a", b)
    cycled = np.abs(run("b_to_a", fake_b) - a).mean() + np.abs(run("a_to_b", fake_a) - b).mean()
    same = np.abs(run("b_to_a", a) - a).mean() + np.abs(run("a_to_b", b) - b).mean()
    judged = {
        name: ((run(f"discriminator_{name}", real) - 1) ** 2).mean()
        + (run(f"discriminator_{name}", fake) ** 2).mean()
        for name, real, fake in (("a", a, fake_a), ("b", b, fake_b))
    }
    return {
        "loss/a_to_b": ((run("discriminator_b", fake_b) - 1) ** 2).mean(),
        "loss/b_to_a": ((run("discriminator_a", fake_a) - 1) ** 2).mean(),
        "loss/cycle": cycled,
        "loss/identity": same,
        "loss/discriminator_a": judged["a"] / 2,
        "loss/discriminator_b": judged["b"] / 2,
    }


def test_losses_are_those_of_numpy(method: CycleGAN) -> None:
    batch = TINY.batches(make_dataset(32)).draw(0, 1)
    expected = numpy_losses(method, batch.pictures[:1], batch.pictures[1:])
    found = method.step(0, batch, 0.0)
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(float(found[name]), value, rtol=2e-4, err_msg=name)


def test_a_step_transforms_each_kernel_once(
    everywhere: list[tuple[int, ...]], transformed: list[tuple[int, ...]], method: CycleGAN
) -> None:
    everywhere.clear()
    method.step(0, TINY.batches(make_dataset(32)).draw(0, 1), 0.0)
    # two in a generator's one block, and each generator is asked twice
    assert transformed == [(3, 3, 16, 16)] * 4
    assert sorted(everywhere) == [(1, 8, 8, 16)] * 4 + [(2, 8, 8, 16)] * 4


@pytest.mark.parametrize("method", ["plainly", "by fewer products"], indirect=True)
def test_generators_follow_the_weighted_sum_and_discriminators_theirs(method: CycleGAN) -> None:
    """After one step, Adam's first moments are (1 - β₁) times the gradients.

    The networks are called as training calls them: where rounding differs, one unit of a few
    thousand can be on the other side of its kink, which changes a gradient by a percent.
    """
    batch = TINY.batches(make_dataset(32)).draw(0, 1)
    a, b = tf.constant(batch.pictures[:1]), tf.constant(batch.pictures[1:])
    networks = (method.a_to_b, method.b_to_a, method.discriminator_a, method.discriminator_b)
    g, f, d_a, d_b = (partial(network, training=True) for network in networks)

    def l1(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.abs(x - y))

    with tf.GradientTape(persistent=True) as tape:
        fake_a, fake_b = f(b), g(a)
        generators = (
            tf.reduce_mean((d_b(fake_b) - 1) ** 2) + tf.reduce_mean((d_a(fake_a) - 1) ** 2)
            + 10 * (l1(f(fake_b), a) + l1(g(fake_a), b)) + 5 * (l1(f(a), a) + l1(g(b), b))
        )  # fmt: skip
        discriminators = sum(
            0.5 * (tf.reduce_mean((d(real) - 1) ** 2) + tf.reduce_mean(d(fake) ** 2))
            for d, real, fake in (
                (d_a, a, tf.stop_gradient(fake_a)), (d_b, b, tf.stop_gradient(fake_b)),
            )
        )  # fmt: skip
    pairs = [
        (generators, networks[:2], method.generators_optimizer),
        (discriminators, networks[2:], method.discriminators_optimizer),
    ]
    expected = [
        tape.gradient(loss, [v for n in moved for v in n.trainable_variables])
        for loss, moved, _ in pairs
    ]
    method.step(0, batch, 0.0)
    for gradients, (_, _, optimizer) in zip(expected, pairs, strict=True):
        for gradient, moment in zip(gradients, optimizer.variables[1:], strict=False):
            scale = np.abs(gradient).max()
            np.testing.assert_allclose(moment / scale, 0.5 * gradient / scale, atol=1e-4)


def test_a_step_moves_every_weight_of_all_four(method: CycleGAN) -> None:
    before = {name: [np.asarray(v) for v in getattr(method, name).variables] for name in NETWORKS}
    method.step(0, TINY.batches(make_dataset(32)).draw(0, 1), 0.0)
    for name in NETWORKS:
        for old, variable in zip(before[name], getattr(method, name).variables, strict=True):
            assert np.abs(np.asarray(variable) - old).max() > 0, (name, variable.path)


def test_the_pools_keep_what_was_generated_before_the_step(method: CycleGAN) -> None:
    batch = TINY.batches(make_dataset(32)).draw(0, 1)
    fake_b = method.a_to_b(batch.pictures[:1]).numpy()
    method.step(0, batch, 0.0)
    np.testing.assert_allclose(method.pool_b.pictures[0], fake_b[0], atol=1e-4)
    assert (int(method.pool_a.count), int(method.pool_b.count)) == (1, 1)


def test_without_identity_its_loss_is_left_out() -> None:
    options = dataclasses.replace(TINY, identity_weight=0.0)
    made = CycleGAN(options, make_dataset(32), "float32")
    assert "loss/identity" not in made.step(0, options.batches(make_dataset(32)).draw(0, 1), 0.0)


@pytest.mark.parametrize(
    "change",
    [{"total_kimg": 0.003}, pytest.param({"ema_kimg": 0.01, "batch": 2}, marks=pytest.mark.long)],
)
def test_stopped_and_continued_it_ends_with_the_same_weights(
    change: dict[str, Any], tmp_path: Path
) -> None:
    options = dataclasses.replace(TINY, **change)
    Run(tmp_path / "whole", make_dataset(32), options, print).train()
    for _ in range(2):
        Run(tmp_path / "parts", make_dataset(32), options, print).train(minutes=1e-9)
    Run(tmp_path / "parts", make_dataset(32), options, print).train()
    ends = [load_checkpoint(checkpoints_in(tmp_path / n)[-1]) for n in ("whole", "parts")]
    assert ends[0].about["pictures_seen"] == 3 * options.batch
    assert any(name.startswith("pool_b/") for name in ends[0].arrays)
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(array, ends[1].arrays[name], err_msg=name)
    assert list((tmp_path / "parts").glob("grid-*.png"))
    assert read_options(tmp_path / "parts") == options


def test_the_average_lags_behind_and_is_what_is_drawn() -> None:
    options = dataclasses.replace(TINY, ema_kimg=0.001)  # a half-life of one step
    method = CycleGAN(options, make_dataset(32), "float32")
    start = method.a_to_b.get_weights()
    method.step(0, options.batches(make_dataset(32)).draw(0, 1), 0.0)
    for first, average, last in zip(
        start, method.averages["a_to_b"].get_weights(), method.a_to_b.get_weights(), strict=True
    ):
        np.testing.assert_allclose(average, (first + last) / 2, atol=1e-7)
    assert method.samples(make_dataset(32)).shape == (80, 32, 32, 3)


def test_the_rate_is_constant_over_the_first_half_and_falls_to_0() -> None:
    options = dataclasses.replace(TINY, total_kimg=200.0)
    rates = [options.learning_rate_at(kimg) for kimg in (0, 99.9, 100, 150, 200, 210)]
    np.testing.assert_allclose(rates, [2e-4, 2e-4, 2e-4, 1e-4, 0, 0], atol=1e-12)


def test_the_recipes_are_the_papers_and_a_small_one() -> None:
    paper, small = read_recipe("cyclegan"), read_recipe("cyclegan-small")
    assert isinstance(paper, Options)
    assert isinstance(small, Options)
    assert (paper.channels, paper.blocks, paper.discriminator_channels, paper.pool) == (
        64,
        6,
        64,
        50,
    )
    assert (paper.cycle_weight, paper.identity_weight, paper.batch) == (10, 0.5, 1)
    assert (paper.learning_rate, paper.betas[0], paper.decay_from, paper.ema_kimg) == (
        2e-4,
        0.5,
        0.5,
        0,
    )
    same = dataclasses.replace(
        small, recipe=paper.recipe, dataset=paper.dataset, total_kimg=paper.total_kimg,
        channels=64, discriminator_channels=64, enlarge=paper.enlarge, ema_kimg=0.0,
        upsampling="transposed", halvings=3, cycle_weight=10.0,
    )  # fmt: skip
    assert same == paper


def test_what_it_cannot_train_on_is_refused() -> None:
    with pytest.raises(BadDataset, match="3 styles"):
        CycleGAN(TINY, dataclasses.replace(make_dataset(32), styles=["a", "b", "c"]), "float32")
    with pytest.raises(BadNetwork, match="24 px"):
        CycleGAN(TINY, make_dataset(24), "float32")
    with pytest.raises(BadOptions, match="enlarge is 0"):
        dataclasses.replace(TINY, enlarge=0.5)
    with pytest.raises(BadOptions, match="upsampling is 'bilinear', not transposed or resize"):
        dataclasses.replace(TINY, upsampling="bilinear")
    with pytest.raises(BadOptions, match="halvings is 4"):
        dataclasses.replace(TINY, halvings=4)
    with pytest.raises(BadOptions, match="trains a translator"):
        TINY.networks(make_dataset(32))
