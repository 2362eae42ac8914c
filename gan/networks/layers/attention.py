"""Self-attention between the places of a picture (SAGAN, Zhang et al. 2019)."""

import keras
from keras import ops

from gan.networks.layers.spectral import SpectralConv2D

CODE, TEXT = "code", "text"


@keras.saving.register_keras_serializable("nonesuch")
class SelfAttention(keras.layers.Layer):
    """x + γ · what each place takes from the others; γ begins at 0: float [N, H, W, C], same out.

    ``variant``: "code", as SAGAN's authors published it: keys and values pooled to half the size,
    values of C/2 channels, 1×1 back to C. "text", as their paper and "Advanced GANs" describe it:
    keys and queries of C/8 channels, values of C, nothing pooled. Weights are taken in float32.
    """

    def __init__(self, variant: str = CODE, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.variant = variant

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = int(shape[-1] or 0)
        narrow = max(1, channels // 8)
        self.queries = SpectralConv2D(narrow, 1, bias=False, dtype=self.dtype_policy)
        self.keys = SpectralConv2D(narrow, 1, bias=False, dtype=self.dtype_policy)
        width = channels if self.variant == TEXT else max(1, channels // 2)
        self.values = SpectralConv2D(width, 1, bias=False, dtype=self.dtype_policy)
        for layer in (self.queries, self.keys, self.values):
            layer.build(shape)
        self.back = None
        if self.variant == CODE:
            self.back = SpectralConv2D(channels, 1, bias=False, dtype=self.dtype_policy)
            self.back.build((*shape[:-1], width))
        self.gamma = self.add_weight(shape=(), initializer="zeros", autocast=False, name="gamma")
        super().build(shape)

    def fold(self) -> None:
        """See `gan.networks.layers.spectral`."""
        for layer in (self.queries, self.keys, self.values, self.back):
            if layer is not None:
                layer.fold()

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        _, height, width, _ = x.shape
        queries = self.queries(x, training=training)
        keys, values = self.keys(x, training=training), self.values(x, training=training)
        if self.variant == CODE:
            keys, values = (ops.max_pool(part, 2, 2) for part in (keys, values))
        flat = [
            ops.reshape(part, (-1, part.shape[1] * part.shape[2], part.shape[3]))
            for part in (queries, keys, values)
        ]
        scores = ops.matmul(flat[0], ops.transpose(flat[1], (0, 2, 1)))  # [N, HW, places]
        weights = ops.softmax(ops.cast(scores, "float32"), axis=-1)
        taken = ops.matmul(ops.cast(weights, x.dtype), flat[2])
        taken = ops.reshape(taken, (-1, height, width, taken.shape[-1]))
        if self.back is not None:
            taken = self.back(taken, training=training)
        return x + ops.cast(self.gamma, x.dtype) * taken
