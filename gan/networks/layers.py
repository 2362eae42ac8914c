"""Layers that the networks share. Pictures and features are NHWC."""

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


def depth_to_space(x: keras.KerasTensor, block: int) -> keras.KerasTensor:
    """[N, H, W, b·b·C] → [N, b·H, b·W, C], through 4-D tensors only (LiteRT transposes no 6-D)."""
    _, height, width, depth = x.shape
    x = ops.reshape(x, (-1, width, block, depth // block))  # [N·H, W, b, b·C]
    x = ops.transpose(x, (0, 2, 1, 3))  # [N·H, b, W, b·C]
    return ops.reshape(x, (-1, height * block, width * block, depth // block**2))


def space_to_depth(x: keras.KerasTensor, block: int) -> keras.KerasTensor:
    """[N, b·H, b·W, C] → [N, H, W, b·b·C], the inverse of `depth_to_space`."""
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, block, width // block, block * channels))  # [N·H, b, W, b·C]
    x = ops.transpose(x, (0, 2, 1, 3))  # [N·H, W, b, b·C]
    return ops.reshape(x, (-1, height // block, width // block, block**2 * channels))


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


@keras.saving.register_keras_serializable("nonesuch")
class LeanConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1, in training by fewer products where that pays.

    The same weights; see `gan.networks.winograd`. Exported files have the one operation.
    """

    @property
    def edges(self) -> str:
        """What is around a picture, as `gan.networks.winograd.convolve` has it."""
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
        from gan.networks import winograd

        # in float32 always: the transforms cost digits, which bfloat16 does not have
        found = winograd.convolve_by(self._factors(), ops.cast(x, "float32"), self.edges)
        found = ops.cast(found, self.compute_dtype)
        return found + ops.convert_to_tensor(self.bias) if self.use_bias else found

    def _convolve(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return super().call(x)

    def _factors(self) -> Any:
        from gan.networks import winograd

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
        super().__init__(filters, **{"kernel_size": 3, **kwargs})  # type: ignore[arg-type]
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
    from gan.networks import winograd

    return winograd.pays(shape, made, dtype)


@cache
def lean_products() -> bool:
    """Say whether a convolution has to save products: on a processor without AMX."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    from gan.training.machine import cpu_flags

    return "amx_bf16" not in cpu_flags() and not tf.config.list_physical_devices("GPU")


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


@keras.saving.register_keras_serializable("nonesuch")
class FewChannelsTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` of 5×5 and stride 2, computed faster for few channels.

    In training each of the four phases of the output is a convolution of the input with its own
    taps of the kernel: one 3×3 convolution to four times the channels, then `depth_to_space`. The
    same weights, the same sums. To 3 channels at 64 px and batch 64 that took 6 ms where the
    transposed kernel took 14 to 24 (one core, oneDNN).
    """

    def __init__(self, channels: int, **kwargs: object) -> None:
        kwargs = {"kernel_size": 5, "strides": 2, "padding": "same", **kwargs}
        super().__init__(channels, **kwargs)  # type: ignore[arg-type]

    def get_config(self) -> dict[str, object]:
        config: dict[str, object] = super().get_config()
        config["channels"] = config.pop("filters")
        return config

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        if not training:  # one operation in exported graphs
            return super().call(x)
        kernel = ops.convert_to_tensor(self.kernel)  # [5, 5, out, in]
        outputs, inputs = kernel.shape[2:]
        # output row 2i + p has taps p + 1 + 2d of input row i - d, d from -1 to 1
        taps = ops.pad(kernel, [[1, 0], [1, 0], [0, 0], [0, 0]])
        taps = ops.reshape(taps, (3, 2, 3, 2, outputs, inputs))  # [d, p, d, p, out, in]
        taps = ops.transpose(ops.flip(taps, (0, 2)), (0, 2, 5, 1, 3, 4))
        phases = ops.conv(x, ops.reshape(taps, (3, 3, inputs, 4 * outputs)), 1, "same")
        # here, where there are four times as many channels; to 3 alone it takes twice as long
        return depth_to_space(phases + ops.tile(ops.convert_to_tensor(self.bias), 4), 2)


@keras.saving.register_keras_serializable("nonesuch")
class FewChannelsConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1 without padding, computed faster for few channels.

    In training each of the four phases of the output is a convolution of stride 2: one kernel, a
    tap longer, to four times the channels, then `depth_to_space`. The same weights, the same sums.
    Height and width of the output must be even.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: object) -> None:
        super().__init__(filters, kernel_size, **kwargs)  # type: ignore[arg-type]
        other = (self.strides, self.padding, self.activation, self.use_bias)
        if other != ((1, 1), "valid", keras.activations.linear, True):
            raise ValueError("FewChannelsConv2D has a bias alone: no stride, padding, activation")

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        if not training:  # one operation in exported graphs
            return super().call(x)
        kernel = ops.convert_to_tensor(self.kernel)
        # output row 2i + p has tap t of input row 2i + p + t
        phases = [
            ops.pad(kernel, [[p, 1 - p], [q, 1 - q], [0, 0], [0, 0]])
            for p in (0, 1)
            for q in (0, 1)
        ]
        found = ops.conv(x, ops.concatenate(phases, axis=-1), 2, "valid")
        return depth_to_space(found + ops.tile(ops.convert_to_tensor(self.bias), 4), 2)
