"""Discriminators on the features of a frozen, pretrained network (Projected GAN, Sauer 2021).

The picture goes through EfficientNet-lite0; its four feature maps are standardised, mixed across
channels and then across scales by random convolutions that are never trained, so that no head
can look at the easy channels alone. On each mixed map stands a small head that ends in two
logits, one unconditional and one projection on category and style.

Different from the paper: channels for a CPU, feature maps standardised by the statistics of real
pictures, the projection added with a weight that rises, and no normalisation in the heads: a
gradient penalty on the features keeps them smooth, as R3GAN's does on pixels. (Hinge loss and
spectral normalisation instead collapsed within 100 steps, without batch normalisation.)
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from gan.networks.layers import conv, leaky

MIXED = (32, 48, 96, 192)  # channels of the mixed maps, finest first
HEAD = 128  # channels at 4×4
WIDTH = 128  # of the vector that the logits are read from
STEPS = {8: HEAD, 16: 64, 32: 48, 64: 32}  # a head's channels after halving this size


@keras.saving.register_keras_serializable("nonesuch")
class Standardise(keras.layers.Layer):
    """(x - mean) / deviation per channel, both set once by `set_statistics`."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = (shape[-1],)
        self.mean = self.add_weight(shape=channels, initializer="zeros", trainable=False)
        self.deviation = self.add_weight(shape=channels, initializer="ones", trainable=False)
        super().build(shape)

    def set_statistics(self, features: np.ndarray) -> None:
        """Take mean and deviation of each channel from features float32 [N, H, W, C]."""
        self.mean.assign(features.mean(axis=(0, 1, 2)))
        self.deviation.assign(features.std(axis=(0, 1, 2)) + 1e-3)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return (x - self.mean) / self.deviation


def build_mixing(shapes: Sequence[tuple[int, int, int]]) -> keras.Model:
    """Return feature maps → as many mixed maps, float32 [N, H, W, C]; nothing is trainable.

    ``shapes``: (H, W, C) of the maps, finest first, each half of the one before.
    """
    maps = [keras.Input(shape, name=f"features_{shape[0]}") for shape in shapes]
    mixed: list[keras.KerasTensor] = []
    for x, channels in reversed(list(zip(maps, MIXED, strict=True))):
        x = _frozen(channels, 1)(Standardise()(x))
        if mixed:
            above = keras.layers.UpSampling2D(interpolation="nearest")(mixed[-1])
            x = keras.layers.Average()([x, _frozen(channels, 3)(above)])
        mixed.append(x)
    return keras.Model(maps, mixed[::-1], name="mixing")


def build_heads(sizes: Sequence[int], categories: int, styles: int) -> keras.Model:
    """Return mixed maps, category and style one-hot → (unconditional, projection).

    ``sizes``: of the maps, finest first. Both outputs are float32 [N, H], a logit per head.
    """
    maps = [
        keras.Input((size, size, channels), name=f"mixed_{size}")
        for size, channels in zip(sizes, MIXED, strict=True)
    ]
    category = keras.Input((categories,), name="category")
    style = keras.Input((styles,), name="style")
    unconditional, projection = [], []
    for x in maps:
        while x.shape[1] > 4:
            x = leaky(_halving(STEPS[x.shape[1]])(x))
        x = leaky(conv(x, HEAD))
        seen = leaky(keras.layers.Dense(WIDTH)(keras.layers.Flatten()(x)))
        unconditional.append(keras.layers.Dense(1)(seen))
        wanted = keras.layers.Dense(WIDTH, use_bias=False)(category)
        wanted = wanted + keras.layers.Dense(WIDTH, use_bias=False)(style)
        projection.append(ops.sum(seen * wanted, axis=1, keepdims=True) / WIDTH**0.5)
    joined = [keras.layers.Concatenate()(logits) for logits in (unconditional, projection)]
    return keras.Model([*maps, category, style], joined, name="discriminator")


def _halving(channels: int) -> keras.layers.Layer:
    scale = 2.0 / (1 + 0.2**2)
    return keras.layers.Conv2D(
        channels,
        4,
        strides=2,
        padding="same",
        kernel_initializer=keras.initializers.VarianceScaling(scale, "fan_in"),
    )


def _frozen(channels: int, size: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        channels,
        size,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in"),
        trainable=False,
    )
