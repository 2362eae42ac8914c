"""Batch normalisation with a shift alone: against NumPy, in training and after."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.layers.batch_norm import ShiftedBatchNorm, separate_batches

X = (np.random.RandomState(0).standard_normal((6, 4, 4, 3)) * [1, 5, 0.1] + 2).astype(np.float32)
BETA = np.array([0.5, -1.0, 0.0], np.float32)


def built(moving: bool = True) -> ShiftedBatchNorm:
    layer = ShiftedBatchNorm(moving)
    layer.build(X.shape)
    layer.beta.assign(BETA)
    return layer


def by_hand(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.asarray((X - mean) / np.sqrt(variance + 1e-5) + BETA)


@pytest.mark.parametrize("moving", [True, False])
def test_training_uses_the_batchs_statistics(moving: bool) -> None:
    layer = built(moving)
    expected = by_hand(X.mean((0, 1, 2)), X.var((0, 1, 2)))
    np.testing.assert_allclose(layer(X, training=True), expected, atol=1e-4)
    if not moving:
        np.testing.assert_allclose(layer(X), expected, atol=1e-4)
        assert layer.non_trainable_variables == []


def test_averages_move_by_a_tenth_and_are_used_afterwards() -> None:
    layer = built()
    layer(X, training=True)
    mean = 0.1 * X.mean((0, 1, 2))
    variance = 0.9 + 0.1 * X.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.mean, mean, rtol=1e-4)
    np.testing.assert_allclose(layer.variance, variance, rtol=1e-4)
    np.testing.assert_allclose(layer(X), by_hand(mean, variance), atol=1e-4)
    np.testing.assert_allclose(layer.mean, mean, rtol=1e-4)  # unmoved by that


def test_the_gradient_is_that_of_the_formula() -> None:
    layer, x = built(), tf.constant(X, tf.float32)
    weights = np.random.RandomState(1).standard_normal(X.shape).astype(np.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        found = tf.reduce_sum(layer(x, training=True) * weights)
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        by_formula = tf.reduce_sum((x - mean) * tf.math.rsqrt(variance + 1e-5) * weights)
    np.testing.assert_allclose(
        tape.gradient(found, x), tape.gradient(by_formula, x), atol=1e-3, rtol=1e-3
    )
    np.testing.assert_allclose(tape.gradient(found, layer.beta), weights.sum((0, 1, 2)), rtol=1e-4)


def test_bfloat16_goes_in_and_out_and_weights_stay_float32() -> None:
    with dtype_policy("mixed_bfloat16"):
        inputs = keras.Input((4, 4, 3))
        model = keras.Model(inputs, ShiftedBatchNorm()(keras.layers.Conv2D(3, 1)(inputs)))
    assert model(X, training=True).dtype == tf.bfloat16
    assert {variable.dtype for variable in model.variables} == {"float32"}


@pytest.mark.parametrize("channels", [8, 16])  # two ways in bfloat16
def test_in_bfloat16_statistics_are_as_exact_as_in_float32(channels: int) -> None:
    random = np.random.RandomState(0)
    x = tf.cast(random.standard_normal((6, 4, 4, channels)) * 3 + 2, tf.bfloat16)
    wide = np.asarray(tf.cast(x, tf.float32))
    layer = ShiftedBatchNorm()
    found = layer(x, training=True)
    assert found.dtype == tf.bfloat16
    expected = (wide - wide.mean((0, 1, 2))) / np.sqrt(wide.var((0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(tf.cast(found, tf.float32), expected, rtol=2**-8, atol=1e-3)
    np.testing.assert_allclose(layer.mean, 0.1 * wide.mean((0, 1, 2)), rtol=1e-4)


def test_separate_batches_are_what_passes_one_by_one_are() -> None:
    together, apart = built(), built()
    weights = np.random.RandomState(1).standard_normal(X.shape).astype(np.float32)
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with separate_batches(3):
            found = together(x, training=True)
        parts = [apart(x[i : i + 2], training=True) for i in (0, 2, 4)]
        expected = tf.concat(parts, 0)
        sums = [tf.reduce_sum(y * weights) for y in (found, expected)]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    one, other = (tape.gradient(s, x) for s in sums)
    np.testing.assert_allclose(one, other, atol=1e-4)
    for a, b in zip(together.variables, apart.variables, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert np.abs(found - built()(x, training=True)).max() > 0.1  # one batch is something else
