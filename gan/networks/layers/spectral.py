"""Spectral normalisation (Miyato et al. 2018): layers divided by σ(W), their largest stretch.

σ is estimated by one power iteration per training call. W itself is never overwritten, and the
gradient flows through W/σ with u and v held constant, as in the paper's appendix A. (The layer
that Keras ships assigns the quotient to the kernel, takes no gradient through σ and rounds W under
mixed precision.) Kernels begin as Glorot's uniform numbers, as in SAGAN's code.
"""

from typing import Any

import keras
from keras import ops


class _Spectral(keras.layers.Layer):
    """Holds W, seen as a matrix [rows, outputs], its bias and the left vector u."""

    def __init__(self, outputs: int, bias: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.outputs, self.with_bias = outputs, bias
        self.is_folded = False

    def fold(self) -> None:
        """Write W/σ into the kernel for good: a network that is only drawn with needs no σ."""
        self.kernel.assign(self.normalised(training=False))
        self.is_folded = True

    def _add_weights(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(
            shape=shape, initializer="glorot_uniform", autocast=False, name="kernel"
        )
        if self.with_bias:
            self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")
        self.u = self.add_weight(
            shape=(1, shape[-1]), initializer="random_normal", trainable=False, autocast=False,
            name="u",
        )  # fmt: skip

    def normalised(self, training: bool) -> keras.KerasTensor:
        """Return W/σ in float32; moves u by one power iteration when training."""
        if self.is_folded:
            return ops.convert_to_tensor(self.kernel)
        matrix = ops.reshape(ops.convert_to_tensor(self.kernel), (-1, self.outputs))
        held = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.u)
        v = _unit(ops.matmul(u, ops.transpose(held)))  # [1, rows]
        u = _unit(ops.matmul(v, held))  # [1, outputs]
        if training:
            self.u.assign(u)
        sigma = ops.sum(ops.matmul(v, matrix) * u)
        return ops.reshape(matrix / (sigma + 1e-12), self.kernel.shape)


def _unit(vector: keras.KerasTensor) -> keras.KerasTensor:
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + 1e-12)


@keras.saving.register_keras_serializable("nonesuch")
class SpectralConv2D(_Spectral):
    """Convolution with W/σ(W): float [N, H, W, C] → [N, H/strides, W/strides, outputs]."""

    def __init__(self, outputs: int, size: int = 3, strides: int = 1, **kwargs: Any):
        super().__init__(outputs, **kwargs)
        self.size, self.strides = size, strides

    def build(self, shape: tuple[int | None, ...]) -> None:
        self._add_weights((self.size, self.size, int(shape[-1] or 0), self.outputs))
        super().build(shape)

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        kernel = ops.cast(self.normalised(training), x.dtype)
        x = ops.conv(x, kernel, self.strides, "same")
        return x + ops.cast(self.bias, x.dtype) if self.with_bias else x


@keras.saving.register_keras_serializable("nonesuch")
class SpectralDense(_Spectral):
    """Product with W/σ(W): float [N, D] → [N, outputs]."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self._add_weights((int(shape[-1] or 0), self.outputs))
        super().build(shape)

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        x = ops.matmul(x, ops.cast(self.normalised(training), x.dtype))
        return x + ops.cast(self.bias, x.dtype) if self.with_bias else x
