"""Space and depth against TensorFlow's own; the modulation by hand."""

import numpy as np
import pytest
import tensorflow as tf

from gan.networks.fast.lean import MirroredConv2D
from gan.networks.layers.basic import Modulate
from gan.networks.layers.few_channels import FewChannelsConv2D, FewChannelsTranspose
from gan.networks.layers.reshape import depth_to_space, space_to_depth


@pytest.mark.parametrize("block", [2, 4])
def test_space_to_depth_is_tensorflows(block: int) -> None:
    x = np.random.RandomState(0).standard_normal((3, 8, 12, 5)).astype(np.float32)
    found = space_to_depth(tf.constant(x), block)
    np.testing.assert_array_equal(found, tf.nn.space_to_depth(x, block))


@pytest.mark.parametrize("block", [2, 4])
def test_depth_to_space_is_tensorflows(block: int) -> None:
    x = np.random.RandomState(0).standard_normal((3, 4, 6, 32)).astype(np.float32)
    found = depth_to_space(tf.constant(x), block)
    np.testing.assert_array_equal(found, tf.nn.depth_to_space(x, block))


def test_modulate_divides_by_the_root_mean_square_of_a_sample() -> None:
    random = np.random.RandomState(0)
    x = random.standard_normal((2, 4, 4, 3)).astype(np.float32) * [[[[5]]], [[[0.1]]]]
    style = random.standard_normal((2, 6)).astype(np.float32)
    layer = Modulate()
    layer([x.astype(np.float32), style])
    kernels = [random.standard_normal(w.shape).astype(np.float32) for w in layer.get_weights()]
    layer.set_weights(kernels)
    power = np.sqrt(np.square(x).mean(axis=(1, 2, 3), keepdims=True) + 1e-6)
    scale, shift = style @ kernels[0] + kernels[1], style @ kernels[2] + kernels[3]
    expected = x / power * (1 + scale[:, None, None]) + shift[:, None, None]
    found = layer([x.astype(np.float32), style])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("made", "size"), [(FewChannelsTranspose, (12, 8)), (FewChannelsConv2D, (6, 4))]
)
def test_few_channels_are_kerass_with_their_gradients(
    made: type[FewChannelsTranspose | FewChannelsConv2D], size: tuple[int, int]
) -> None:
    random = np.random.RandomState(0)
    if made is FewChannelsTranspose:
        layer, high, wide = FewChannelsTranspose(3), 6, 4
    else:
        layer, high, wide = FewChannelsConv2D(3, 7), 12, 10
    x = tf.constant(random.standard_normal((2, high, wide, 5)).astype(np.float32))
    weights = random.standard_normal((2, *size, 3)).astype(np.float32)
    layer(x)
    layer.bias.assign([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        fast, kerass = layer(x, training=True), layer(x)
        sums = [tf.reduce_sum(y * weights) for y in (fast, kerass)]
    np.testing.assert_allclose(fast, kerass, atol=2e-5)
    for source in (x, layer.kernel, layer.bias):
        one, other = (tape.gradient(s, source) for s in sums)
        np.testing.assert_allclose(one, other, atol=1e-4)
    again = made.from_config(layer.get_config())
    assert (again.filters, again.kernel_size) == (layer.filters, layer.kernel_size)


def test_what_they_cannot_be_is_refused_when_they_are_made() -> None:
    for made in (
        lambda: FewChannelsConv2D(3, 7, activation="tanh"),
        lambda: FewChannelsConv2D(3, 7, use_bias=False),
        lambda: FewChannelsConv2D(3, 7, strides=2),
        lambda: MirroredConv2D(3, kernel_size=5),
        lambda: MirroredConv2D(3, padding="same"),
    ):
        with pytest.raises(ValueError, match="Conv2D "):
            made()
