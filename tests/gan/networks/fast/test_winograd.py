"""Fewer products give the same convolution, and the same gradients of it."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan import machine
from gan.machine import dtype_policy
from gan.networks.fast import lean, winograd
from gan.networks.fast.lean import LeanConv2D, MirroredConv2D


def drawn(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.RandomState(len(shape)).normal(size=shape), tf.float32)


@pytest.mark.parametrize("shape", [(2, 4, 4, 3, 5), (1, 8, 12, 4, 2), (3, 16, 8, 2, 7)])
def test_it_is_the_convolution(shape: tuple[int, ...]) -> None:
    n, height, width, channels, made = shape
    x, kernel = drawn(n, height + 2, width + 2, channels), drawn(3, 3, channels, made)
    expected = tf.nn.conv2d(x, kernel, 1, "VALID")
    most = np.abs(expected).max()
    np.testing.assert_allclose(winograd.convolve(x, kernel), expected, atol=1e-5 * most)


@pytest.mark.parametrize("edges", ["zero", "mirror"])
@pytest.mark.parametrize("shape", [(2, 4, 8, 3, 5), (1, 12, 4, 4, 2)])
def test_edges_are_in_the_matrices(edges: str, shape: tuple[int, ...]) -> None:
    n, height, width, channels, made = shape
    x, kernel = drawn(n, height, width, channels), drawn(3, 3, channels, made)
    mode = "REFLECT" if edges == "mirror" else "CONSTANT"
    around = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode)
    expected = tf.nn.conv2d(around, kernel, 1, "VALID")
    most = np.abs(expected).max()
    np.testing.assert_allclose(winograd.convolve(x, kernel, edges), expected, atol=1e-5 * most)


def derivatives(convolve: Callable[..., tf.Tensor]) -> list[np.ndarray]:
    """Return the result, first derivatives, and those of the penalty ‖∂/∂x‖² on a curved loss."""
    x, kernel = drawn(2, 10, 6, 3), drawn(3, 3, 3, 4)
    with tf.GradientTape() as outer:
        outer.watch([x, kernel])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x, kernel])
            y = convolve(x, kernel)
            loss = tf.reduce_sum(tf.tanh(y / 5))
        first = [tape.gradient(loss, x), tape.gradient(loss, kernel)]
        penalty = tf.reduce_sum(first[0] ** 2)
    return [np.asarray(value) for value in (y, *first, *outer.gradient(penalty, [x, kernel]))]


def test_gradients_of_both_orders_are_the_convolutions() -> None:
    expected = derivatives(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "VALID"))
    for found, wanted in zip(derivatives(winograd.convolve), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=5e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_layer_gives_the_same_in_training_and_in_drawing(
    everywhere: list[tuple[int, ...]], padding: str
) -> None:
    layer = LeanConv2D(6, 3, padding=padding, bias_initializer="ones")
    x = drawn(2, *((8, 8) if padding == "same" else (10, 10)), 3)
    found = layer(x, training=True)
    assert everywhere == [tuple(x.shape)]
    assert found.shape == layer.compute_output_shape(x.shape) == (2, 8, 8, 6)
    np.testing.assert_allclose(found, layer(x, training=False), atol=2e-5)
    np.testing.assert_allclose(found, keras.layers.Conv2D.call(layer, x), atol=2e-5)
    assert len(everywhere) == 1


def test_a_picture_with_its_mirror_image_around_it(everywhere: list[tuple[int, ...]]) -> None:
    layer = MirroredConv2D(6, bias_initializer="ones")
    x = drawn(2, 8, 8, 3)
    found = layer(x, training=True)
    assert everywhere == [(2, 8, 8, 3)]
    assert found.shape == layer.compute_output_shape(x.shape) == (2, 8, 8, 6)
    around = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    expected = tf.nn.conv2d(around, layer.kernel.value, 1, "VALID") + 1
    np.testing.assert_allclose(found, expected, atol=2e-5)
    np.testing.assert_allclose(layer(x, training=False), expected, atol=2e-5)
    again = MirroredConv2D.from_config(layer.get_config())
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(again(x), expected, atol=2e-5)


@pytest.mark.usefixtures("everywhere")
def test_a_shared_kernel_is_transformed_once_and_learns_from_every_pass(
    transformed: list[tuple[int, ...]],
) -> None:
    layers_ = [LeanConv2D(3, 3, padding="same") for _ in range(2)]
    x = drawn(2, 8, 8, 3)
    for layer in layers_:
        layer.build(x.shape)
    weights = [layer.kernel.value for layer in layers_]

    def slopes() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            y = layers_[0](layers_[1](layers_[0](x, training=True), training=True), training=True)
            loss = tf.reduce_sum(tf.tanh(y))
        return list(tape.gradient(loss, weights))

    expected = slopes()
    assert len(transformed) == 3
    with lean.shared_kernels():
        found = tf.function(slopes)()
    assert len(transformed) == 5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(other).max())
    layers_[0](x, training=True)
    assert len(transformed) == 6  # nothing is kept behind the block


def test_in_bfloat16_it_rounds_hardly_more_than_a_direct_convolution(
    everywhere: list[tuple[int, ...]],
) -> None:
    x = drawn(2, 8, 8, 32)
    with dtype_policy("mixed_bfloat16"):
        layer = LeanConv2D(32, 3, padding="same", bias_initializer="ones")
    found, direct = layer(x, training=True), layer(x, training=False)
    assert everywhere == [(2, 8, 8, 32)]
    assert found.dtype == direct.dtype == tf.bfloat16
    x = tf.cast(tf.cast(x, tf.bfloat16), tf.float32)
    kernel = tf.cast(tf.cast(layer.kernel.value, tf.bfloat16), tf.float32)
    exact = np.asarray(tf.nn.conv2d(x, kernel, 1, "SAME")) + 1
    errors = [np.abs(np.float32(y) - exact).max() for y in (found, direct)]
    assert errors[0] <= 1.5 * errors[1]
    assert errors[0] < 0.02 * np.abs(exact).max()


def test_what_is_no_whole_number_of_tiles_is_convolved_plainly(
    everywhere: list[tuple[int, ...]],
) -> None:
    layer = LeanConv2D(6, 3, padding="same")
    x = drawn(2, 6, 8, 3)
    np.testing.assert_array_equal(layer(x, training=True), layer(x, training=False))
    LeanConv2D(6, 3, strides=2, padding="same")(drawn(2, 8, 8, 3), training=True)
    LeanConv2D(6, 1, padding="same")(drawn(2, 8, 8, 3), training=True)
    assert not everywhere


def test_amx_needs_it_as_little_as_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for flags, expected in (({"avx512f", "avx512_bf16"}, True), ({"amx_bf16"}, False)):
        monkeypatch.setattr(machine, "cpu_flags", lambda flags=flags: flags)
        assert lean.lean_products.__wrapped__() is expected
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr(machine, "cpu_flags", set)
    assert lean.lean_products.__wrapped__() is False


def test_it_is_used_only_where_it_was_faster() -> None:
    assert winograd.pays((64, 8, 8, 256), 256)
    assert winograd.pays((1, 32, 32, 256), 256)
    assert winograd.pays((64, 32, 32, 96), 96)
    assert winograd.pays((64, 8, 8, 256), 256, "bfloat16")
    assert not winograd.pays((64, 16, 16, 128), 128, "bfloat16")
    assert not winograd.pays((64, 32, 32, 64), 96)
    assert not winograd.pays((2, 16, 16, 96), 96)
    assert not winograd.pays((64, 8, 8, 256), 3)
    assert not winograd.pays((None, 8, 8, 256), 256)
    assert not winograd.pays((64, 6, 8, 256), 256)
    assert not winograd.pays((64, 8, 8, 256), 256, "float16")  # never tried
