"""Batch normalisation: as TensorFlow 1's contrib layer had it, with a shift alone; by category."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

EPSILON = 1e-5
DECAY = 0.9  # of the moving averages, per pass
_batches = 1


@contextmanager
def separate_batches(count: int) -> Iterator[None]:
    """Inside, a batch is ``count`` batches behind each other, each normalised by itself.

    What is computed is what ``count`` passes in that order would, but convolutions of small
    pictures run on more of them at once: at 64 px a WGAN step took a third less time so.
    """
    global _batches
    before, _batches = _batches, count
    try:
        yield
    finally:
        _batches = before


@keras.saving.register_keras_serializable("nonesuch")
class ShiftedBatchNorm(keras.layers.Layer):
    """(x - mean) / √(variance + 1e-5) + β per channel: float [N, H, W, C], the same out.

    In training the batch's own statistics (Ioffe & Szegedy 2015), which also move the averages
    that are used otherwise. With ``moving=False`` there are no averages: a critic that is never
    asked outside of training needs none. Computed in float32 under every policy.
    """

    def __init__(self, moving: bool = True, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self.moving = moving

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = (shape[-1],)
        self.beta = self.add_weight(
            shape=channels, initializer="zeros", autocast=False, name="beta"
        )
        if self.moving:
            self.mean = self.add_weight(
                shape=channels, initializer="zeros", trainable=False, autocast=False, name="mean"
            )
            self.variance = self.add_weight(
                shape=channels, initializer="ones", trainable=False, autocast=False,
                name="variance",
            )  # fmt: skip
        super().build(shape)

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        if training or not self.moving:
            parts = ops.split(x, _batches, axis=0) if _batches > 1 else [x]
            found = [_normalise(part, self.beta) for part in parts]
            if self.moving:
                for _, mean, variance in found:
                    self.mean.assign(DECAY * self.mean + (1 - DECAY) * mean)
                    self.variance.assign(DECAY * self.variance + (1 - DECAY) * variance)
            normal = [ops.cast(part, x.dtype) for part, _, _ in found]
            return ops.concatenate(normal, axis=0) if len(normal) > 1 else normal[0]
        factor = ops.rsqrt(self.variance + EPSILON)
        normal = ops.cast(x, "float32") * factor + (self.beta - self.mean * factor)
        return ops.cast(normal, x.dtype)


@keras.saving.register_keras_serializable("nonesuch")
class ConditionalBatchNorm(keras.layers.Layer):
    """Batch normalisation with a scale and a shift per category (de Vries et al. 2017).

    Inputs: features float [N, H, W, C] and one-hot float [N, K]; output [N, H, W, C]. Outside of
    training the moving averages are used. Computed in float32 under every policy.
    """

    def __init__(self, decay: float = 0.999, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self.decay = decay

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        channels, categories = shapes[0][-1], shapes[1][-1]

        def add(name: str, shape: tuple[int | None, ...], initial: str, trained: bool) -> Any:
            return self.add_weight(
                shape=shape, initializer=initial, trainable=trained, autocast=False, name=name
            )

        self.gamma = add("gamma", (categories, channels), "ones", True)
        self.beta = add("beta", (categories, channels), "zeros", True)
        self.mean = add("mean", (channels,), "zeros", False)
        self.variance = add("variance", (channels,), "ones", False)
        super().build(shapes)

    def call(self, inputs: list[keras.KerasTensor], training: bool = False) -> keras.KerasTensor:
        x, category = inputs
        category = ops.cast(category, "float32")
        scale = ops.matmul(category, ops.convert_to_tensor(self.gamma))[:, None, None, :]
        shift = ops.matmul(category, ops.convert_to_tensor(self.beta))[:, None, None, :]
        if training:
            normal, mean, variance = _normalise(x, ops.zeros_like(self.mean))
            self.mean.assign(self.decay * self.mean + (1 - self.decay) * mean)
            self.variance.assign(self.decay * self.variance + (1 - self.decay) * variance)
        else:
            normal = ops.cast(x, "float32") - self.mean
            normal = normal * ops.rsqrt(self.variance + EPSILON)
        return ops.cast(ops.cast(normal, "float32") * scale + shift, x.dtype)


def _normalise(
    x: keras.KerasTensor, beta: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Return the normalised batch, its mean and its unbiased variance, both float32 [C].

    The batch is float32 or of the dtype of ``x``, whichever was quicker.
    """
    beta = ops.convert_to_tensor(beta)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # one kernel instead of a dozen element-wise ones; in bfloat16 a processor's takes 16
        # channels at a time, and 6 times as long for 8 as they take in float32
        wide = tf.cast(x, "float32") if beta.shape[0] % 16 else x
        normal, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(
            wide, ops.ones_like(beta), beta, epsilon=EPSILON, is_training=True
        )
        return normal, mean, variance
    wide = ops.cast(x, "float32")
    mean, variance = ops.moments(wide, axes=(0, 1, 2))
    normal = (wide - mean) * ops.rsqrt(variance + EPSILON) + beta
    count = ops.cast(ops.size(wide) // beta.shape[0], "float32")
    return normal, mean, variance * count / (count - 1)
