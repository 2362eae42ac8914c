"""Layers with equalised learning rates (progressive growing, Karras et al. 2018).

Weights begin as standard normal numbers and are scaled by He's constant when they are used, so
that Adam moves all of them at the same relative speed.
"""

from typing import Any

import keras
from keras import ops

GAIN = 2**0.5  # before a leaky ReLU


class _Equalised(keras.layers.Layer):
    """Holds W, its scale gain · multiplier / √fan-in, and maybe a bias times the multiplier."""

    def __init__(
        self,
        outputs: int,
        gain: float = GAIN,
        multiplier: float = 1.0,
        bias: bool = True,
        bias_start: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.outputs, self.gain, self.multiplier = outputs, gain, multiplier
        self.with_bias, self.bias_start = bias, bias_start
        self.scale = 1.0

    def _add_weights(self, shape: tuple[int, ...]) -> None:
        fan_in = 1
        for length in shape[:-1]:
            fan_in *= length
        self.scale = self.gain * self.multiplier / fan_in**0.5
        self.kernel = self.add_weight(
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=1 / self.multiplier),
            name="kernel",
        )
        if self.with_bias:
            self.bias = self.add_weight(
                shape=(self.outputs,),
                initializer=keras.initializers.Constant(self.bias_start / self.multiplier),
                name="bias",
            )

    def fold(self) -> None:
        """Write the scales into the weights for good: a network that is only drawn with."""
        self.kernel.assign(ops.convert_to_tensor(self.kernel) * self.scale)
        if self.with_bias:
            self.bias.assign(ops.convert_to_tensor(self.bias) * self.multiplier)
        self.scale = self.multiplier = 1.0

    def biased(self, x: keras.KerasTensor) -> keras.KerasTensor:
        if not self.with_bias:
            return x
        return x + ops.cast(ops.convert_to_tensor(self.bias) * self.multiplier, x.dtype)


@keras.saving.register_keras_serializable("nonesuch")
class EqualisedDense(_Equalised):
    """Product with scaled W: float [N, D] → [N, outputs]."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self._add_weights((int(shape[-1] or 0), self.outputs))
        super().build(shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return self.biased(ops.matmul(x, ops.convert_to_tensor(self.kernel) * self.scale))


@keras.saving.register_keras_serializable("nonesuch")
class EqualisedConv2D(_Equalised):
    """Convolution with scaled W, stride 1: float [N, H, W, C] → [N, H, W, outputs]."""

    def __init__(self, outputs: int, size: int = 3, **kwargs: Any) -> None:
        super().__init__(outputs, **kwargs)
        self.size = size

    def build(self, shape: tuple[int | None, ...]) -> None:
        self._add_weights((self.size, self.size, int(shape[-1] or 0), self.outputs))
        super().build(shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        kernel = ops.convert_to_tensor(self.kernel) * self.scale
        return self.biased(ops.conv(x, kernel, 1, "same"))
