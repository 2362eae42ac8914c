"""3×3 convolutions by fewer products, in training, where that pays."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
from keras import ops

_shared: dict[int, Any] | None = None  # transformed kernels by the layer's identity


@contextmanager
def shared_kernels() -> Iterator[None]:
    """Within, where a graph is made, a layer that is called again transforms its kernel once.

    For one gradient tape and one graph: a second tape would not see how a kernel was transformed.
    Weights must not change meanwhile.
    """
    global _shared
    before, _shared = _shared, {}
    try:
        yield
    finally:
        _shared = before


@keras.saving.register_keras_serializable("nonesuch")
class LeanConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1, in training by fewer products where that pays.

    The same weights; see `gan.networks.fast.winograd`. Exported files have the one operation.
    """

    @property
    def edges(self) -> str:
        """What is around a picture, as `gan.networks.fast.winograd.convolve` has it."""
        return "zero" if self.padding == "same" else "none"

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        plain = self.kernel_size != (3, 3) or self.strides != (1, 1)
        if plain or not (training and lean_products()):
            return self._convolve(x)
        n, height, width, channels = x.shape
        beside = 2 if self.edges == "none" else 0
        shape = (n, height - beside, width - beside, channels)
        if not lean_pays(shape, self.filters, self.compute_dtype):
            return self._convolve(x)
        from gan.networks.fast import winograd

        # in float32 always: the transforms cost digits, which bfloat16 does not have
        found = winograd.convolve_by(self._factors(), ops.cast(x, "float32"), self.edges)
        found = ops.cast(found, self.compute_dtype)
        return found + ops.convert_to_tensor(self.bias) if self.use_bias else found

    def _convolve(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return super().call(x)

    def _factors(self) -> Any:
        from gan.networks.fast import winograd

        if _shared is not None and id(self) in _shared:
            return _shared[id(self)]
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), "float32")
        factors = winograd.transform_kernel(kernel)
        if _shared is not None:
            _shared[id(self)] = factors
        return factors


@keras.saving.register_keras_serializable("nonesuch")
class MirroredConv2D(LeanConv2D):
    """A convolution 3×3 of a picture with its mirror image around it, its edge row not repeated.

    Features float [N, H, W, C] → [N, H, W, K].
    """

    edges = "mirror"

    def __init__(self, filters: int, **kwargs: object) -> None:
        super().__init__(filters, **{"kernel_size": 3, **kwargs})
        if (self.kernel_size, self.strides, self.padding) != ((3, 3), (1, 1), "valid"):
            raise ValueError("MirroredConv2D is 3×3, of stride 1, and makes its edges itself")

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*shape[:-1], self.filters)

    def _convolve(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return super()._convolve(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"))


def lean_pays(shape: tuple[int | None, ...], made: int, dtype: str) -> bool:
    """Say whether features [N, H, W, C] are convolved 3×3 to ``made`` channels by fewer products.

    ``dtype`` is what a direct convolution would compute in.
    """
    if not lean_products():
        return False
    from gan.networks.fast import winograd

    return winograd.pays(shape, made, dtype)


@cache
def lean_products() -> bool:
    """Say whether a convolution has to save products: on a processor without AMX."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    from gan.machine import cpu_flags

    return "amx_bf16" not in cpu_flags() and not tf.config.list_physical_devices("GPU")
