"""StyleGAN's step: growing, R1 against finite differences, mixing, what moves."""

import dataclasses
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset
from gan.methods.stylegan import Options, StyleGAN, build
from gan.networks.growth import Growth
from gan.recipes import read_recipe
from gan.runs.options import BadOptions
from tests.gan.methods.tiny_recipes import tiny

SEED = tf.constant([3, 4], tf.int32)


def begin(dataset: Dataset, **changes: object) -> StyleGAN:
    return build(dataclasses.replace(tiny("stylegan"), **changes), dataset, "float32")  # type: ignore


def pictures(count: int = 4) -> np.ndarray:
    return np.random.RandomState(0).uniform(-1, 1, (count, 8, 8, 3)).astype(np.float32)


def test_the_numbers_are_the_papers() -> None:
    options: Options = read_recipe("stylegan")  # type: ignore[assignment]
    assert (options.gamma, options.mixing, options.betas) == (10.0, 0.9, (0.0, 0.99))
    assert options.level_at(0, 5) == 1
    assert options.level_at(900, 5) == 1.5
    assert options.level_at(25_000, 5) == 5


def test_r1_equals_finite_differences(tiny_dataset: Dataset) -> None:
    method = begin(tiny_dataset)
    real = pictures(2)
    found = float(method.gradient_penalty(tf.constant(real), Growth(1)))
    judged = tf.function(lambda x: tf.reduce_sum(method.discriminator(x)))
    step, total = 1e-3, 0.0  # with 1e-2 a unit's kink may lie within a difference
    for i in range(2):  # the deviation within the batch ties both pictures together
        for place in np.ndindex(8, 8, 3):
            sums = []
            for sign in (1, -1):
                other = real.copy()
                other[(i, *place)] += sign * step
                sums.append(other)
            plus, minus = (float(judged(tf.constant(o))) for o in sums)
            total += ((plus - minus) / (2 * step)) ** 2
    np.testing.assert_allclose(found, total / 2, rtol=1e-2)


def test_the_penalty_is_weighed_by_half_gamma_and_its_interval(tiny_dataset: Dataset) -> None:
    moved = []
    for penalise in (False, True):
        method = begin(tiny_dataset, gamma=1e6)
        method.discriminator.set_weights([w * 0 + 0.1 for w in method.discriminator.get_weights()])
        before = [np.asarray(v).copy() for v in method.discriminator.trainable_variables]
        metrics = method.discriminator_step(
            tf.constant(pictures()), Growth(1), SEED, penalise=penalise
        )
        assert ("penalty/r1" in metrics) == penalise
        now = method.discriminator.trainable_variables
        moved.append([np.asarray(a) - b for a, b in zip(now, before, strict=True)])
    assert any(not np.array_equal(a, b) for a, b in zip(*moved, strict=True))


def test_each_step_moves_its_own_network(tiny_dataset: Dataset) -> None:
    method = begin(tiny_dataset)

    def kept(network: keras.Model) -> list[np.ndarray]:
        return [np.asarray(v).copy() for v in network.trainable_variables]

    def changed(network: keras.Model, before: list[np.ndarray]) -> bool:
        return any(not np.array_equal(a, b) for a, b in zip(kept(network), before, strict=True))

    g, d = kept(method.generator), kept(method.discriminator)
    average = np.asarray(method.generator.get_layer("truncation").average).copy()
    method.discriminator_step(tf.constant(pictures()), Growth(1), SEED)
    assert not changed(method.generator, g)
    assert changed(method.discriminator, d)
    assert not np.array_equal(method.generator.get_layer("truncation").average, average)
    d, ema = kept(method.discriminator), kept(method.ema)
    method.generator_step(Growth(1), SEED)
    assert changed(method.generator, g)
    assert not changed(method.discriminator, d)
    share = 1 - method.decay
    for found, old, now in zip(kept(method.ema), ema, kept(method.generator), strict=True):
        # the mapping's weights are a hundred times as large as others: float32 keeps 1e-5 of them
        np.testing.assert_allclose(found - old, share * (now - old), atol=3e-5)


def test_mixed_styles_come_in_nine_steps_of_ten(tiny_dataset: Dataset) -> None:
    """With mixing the same seed gives another picture, unless the coin falls the other way."""
    never, always, often = (begin(tiny_dataset, mixing=m) for m in (0.0, 1.0, 0.9))
    for method in (always, often):
        method.generator.set_weights(never.generator.get_weights())
    drawing = [tf.function(partial(m.draw, Growth(1))) for m in (never, always, often)]
    same = 0
    for i in range(40):
        seed = tf.constant([7, i], tf.int32)
        plain, mixed, found = (draw(seed).numpy() for draw in drawing)
        assert np.abs(plain - mixed).max() > 1e-4
        same += np.array_equal(found, plain)
        assert np.array_equal(found, plain) or np.array_equal(found, mixed)
    assert 0 < same < 12


def test_a_new_stage_begins_with_fresh_optimizers(
    tiny_dataset: Dataset, request: pytest.FixtureRequest
) -> None:
    tf.config.run_functions_eagerly(True)  # each stage would be compiled
    request.addfinalizer(lambda: tf.config.run_functions_eagerly(False))
    method = begin(tiny_dataset)  # 8 kimg·10⁻³ at 4×4, as many to fade: two steps each
    batches = method.options.batches(tiny_dataset)
    steps, levels = [], []
    for number in range(6):
        metrics = method.step(number, batches.draw(number, 4), number * 0.004)
        levels.append(float(metrics["level"]))
        steps.append(int(method._generator_optimizer.variables[0]))
    np.testing.assert_allclose(levels, [0, 0, 0, 0.5, 1, 1], atol=1e-6)
    assert steps == [1, 2, 3, 1, 2, 3]
    grown = method.ema.get_layer("synthesis").get_layer("grown")
    assert float(grown.level) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("mixing", 1.5), ("start_px", 6), ("fade_kimg", 0.0), ("penalty_every", 0)],
)
def test_numbers_out_of_range_are_refused(name: str, value: Any) -> None:
    with pytest.raises(BadOptions, match=name):
        dataclasses.replace(read_recipe("stylegan"), **{name: value})
