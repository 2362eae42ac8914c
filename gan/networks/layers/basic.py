"""Layers that the networks share. Pictures and features are NHWC."""

import keras
from keras import ops

from gan.networks.fast.lean import LeanConv2D


@keras.saving.register_keras_serializable("nonesuch")
class Modulate(keras.layers.Layer):
    """RMS normalisation over a whole sample, then a scale and a shift per channel from a style.

    Inputs: features float [N, H, W, C] and style vectors float [N, D]; output [N, H, W, C].
    One number per sample is divided out, so channels keep their proportions (unlike AdaIN,
    Huang & Belongie 2017, which normalises each channel and each picture by itself). The mean
    square is taken in float32 under every dtype policy.
    """

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        channels = shapes[0][-1]
        self.scale = keras.layers.Dense(
            channels, kernel_initializer="zeros", dtype=self.dtype_policy
        )
        self.shift = keras.layers.Dense(
            channels, kernel_initializer="zeros", dtype=self.dtype_policy
        )
        self.scale.build(shapes[1])
        self.shift.build(shapes[1])
        super().build(shapes)

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        x, style = inputs
        power = ops.mean(ops.square(ops.cast(x, "float32")), axis=(1, 2, 3), keepdims=True)
        x = x * ops.cast(ops.rsqrt(power + 1e-6), x.dtype)
        scale = self.scale(style)[:, None, None, :]  # [N, 1, 1, C]
        shift = self.shift(style)[:, None, None, :]
        return x * (1 + scale) + shift


def conv(
    x: keras.KerasTensor, channels: int, size: int = 3, gain: float = 1.0, bias: bool = True
) -> keras.KerasTensor:
    """Convolution, stride 1, He initialisation for leaky ReLU 0.2 times ``gain``; 0: of zeros."""
    scale = 2.0 / (1 + 0.2**2) * gain**2
    start = keras.initializers.VarianceScaling(scale, "fan_in") if gain else "zeros"
    layer = LeanConv2D if size == 3 else keras.layers.Conv2D
    return layer(
        channels,
        size,
        padding="same",
        use_bias=bias,
        kernel_initializer=start,
    )(x)


def leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.LeakyReLU(negative_slope=0.2)(x)


@keras.saving.register_keras_serializable("nonesuch")
class Clip(keras.layers.Layer):
    """Clip to [-1, 1]; in training a tenth of what lies outside passes, and so does its gradient.

    A saturated tanh passes none. Where it is an alpha channel's, a generator that has once made
    everything transparent never learns again: no gradient reaches colours under alpha 0 either.
    """

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        inside = ops.clip(x, -1.0, 1.0)
        return inside + 0.1 * (x - inside) if training else inside
