"""Spectral normalisation: σ is the largest singular value, W is never touched, gradients flow."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.layers.spectral import SpectralConv2D, SpectralDense

LAYERS: dict[str, Callable[[], keras.layers.Layer]] = {
    "dense": lambda: SpectralDense(5),
    "convolution": lambda: SpectralConv2D(5, 3, strides=2),
}
SHAPES = {"dense": (4, 7), "convolution": (4, 6, 6, 3)}


@pytest.fixture(params=LAYERS)
def given(request: pytest.FixtureRequest) -> tuple[keras.layers.Layer, np.ndarray]:
    keras.utils.set_random_seed(1)
    layer = LAYERS[request.param]()
    x = np.random.RandomState(0).standard_normal(SHAPES[request.param]).astype(np.float32)
    layer.build(x.shape)
    return layer, x


def singular_value(layer: keras.layers.Layer) -> float:
    return float(np.linalg.svd(np.asarray(layer.kernel).reshape(-1, 5), compute_uv=False)[0])


def test_the_kernel_is_divided_by_its_largest_singular_value(
    given: tuple[keras.layers.Layer, np.ndarray],
) -> None:
    layer, x = given
    before = np.asarray(layer.kernel)
    for _ in range(60):
        found = layer(x, training=True)
    np.testing.assert_array_equal(before, layer.kernel)
    divided = before / singular_value(layer)
    expected = (
        x @ divided if x.ndim == 2 else tf.nn.conv2d(x, divided, strides=2, padding="SAME").numpy()
    )
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_only_training_moves_the_vector(given: tuple[keras.layers.Layer, np.ndarray]) -> None:
    layer, x = given
    before = np.asarray(layer.u)
    layer(x)
    np.testing.assert_array_equal(before, layer.u)
    layer(x, training=True)
    assert np.abs(before - np.asarray(layer.u)).max() > 0.01


def test_the_gradient_flows_through_sigma(given: tuple[keras.layers.Layer, np.ndarray]) -> None:
    """W/σ does not change when W grows by a factor, so the gradient is orthogonal to W."""
    layer, x = given
    for _ in range(60):
        layer(x, training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x) - 1))
    gradient = tape.gradient(loss, layer.kernel).numpy()
    along = (gradient * np.asarray(layer.kernel)).sum()
    assert np.abs(gradient).max() > 0.1
    assert abs(along) < 1e-2 * np.linalg.norm(gradient) * np.linalg.norm(layer.kernel)


def test_weights_stay_float32_under_bfloat16() -> None:
    with dtype_policy("mixed_bfloat16"):
        layer = SpectralConv2D(3, 3)
    found = layer(np.ones((1, 4, 4, 2), np.float32), training=True)
    assert found.dtype == tf.bfloat16
    assert {variable.dtype for variable in layer.variables} == {"float32"}


def test_folded_it_gives_the_same_without_sigma(
    given: tuple[keras.layers.Layer, np.ndarray],
) -> None:
    layer, x = given
    for _ in range(60):
        layer(x, training=True)
    expected = layer(x)
    layer.fold()
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    np.testing.assert_allclose(singular_value(layer), 1, rtol=1e-3)
