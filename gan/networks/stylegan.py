"""StyleGAN's pair (Karras et al. 2019), with the inputs that "Catching Some GANemons" exports.

Generator: `in1` (latent z) → an 8-layer mapping at a hundredth of the learning rate → w, drawn
towards its average by `in3` (ψ); a learned 4×4 constant → per stage two convolutions, each with
noise, bias, leaky ReLU and AdaIN, styles from w; `in2` is the noise image. Discriminator: the same
downwards, the deviation within the batch as one more channel at 4×4. Learning rates equalised,
pictures blurred where the size changes. 512 channels up to 32×32, then halved each time: at 128 px
and 512 these are the paper's; see tests for the parameter counts.

Different: every layer takes its noise from one image, the first of a stage its upper left part,
the second that part transposed, because an exported generator has one noise input; ψ works on all
layers, not on the first eight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from gan.networks.generator import GeneratorInput
from gan.networks.growth import Entrance, GrownPicture
from gan.networks.layers.basic import leaky
from gan.networks.layers.equalised import EqualisedConv2D, EqualisedDense
from gan.networks.layers.reshape import larger, smaller
from gan.networks.wgan import check_power

MAPPING_LAYERS, MAPPING_MULTIPLIER = 8, 0.01
AVERAGE_DECAY = 0.995  # of w's average, per pass
GROUP = 4  # pictures among which the deviation is taken


@dataclass(frozen=True)
class StyleOptions:
    """Sizes of both networks; a `gan.networks.generator.GeneratorSpec` without categories."""

    output: ClassVar[str] = "out"
    truncations: ClassVar[tuple[float, float]] = (0.6, 0.8)
    rounding: ClassVar[float] = 200.0  # AdaIN divides by what varies little; measured: 120 times
    standing_passes: ClassVar[int] = 0
    picture_channels: ClassVar[int] = 3

    size_px: int
    latent: int = 512  # also the width of w
    most_channels: int = 512
    channels_base: int = 16_384  # over the size: the channels where that is less

    def __post_init__(self) -> None:
        check_power(self.size_px)

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]:
        noise = (self.size_px, self.size_px, 1)
        return (
            GeneratorInput("in1", "latent", (self.latent,), "normal", note="z"),
            GeneratorInput("in2", "noise", noise, "normal", note="of every layer"),
            GeneratorInput("in3", "truncation", (1,), note="ψ: 1 is none, less is tamer"),
        )

    @property
    def last_stage(self) -> int:
        """The number of doublings from 4×4."""
        return (self.size_px // 4).bit_length() - 1

    def channels(self, stage: int) -> int:
        return max(1, min(self.most_channels, self.channels_base // (4 << stage)))

    def build(self) -> keras.Model:
        return build_generator(self)

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        return ops.clip(call([given["in1"], given["in2"], given["in3"]]), -1.0, 1.0)


def build_generator(options: StyleOptions) -> keras.Model:
    """Return in1 [N, Z], in2 [N, S, S, 1], in3 [N, 1] → picture float32 [N, S, S, 3].

    The picture is about in [-1, 1], not bounded. Its parts are layers named ``mapping`` (z → w),
    ``truncation`` and ``synthesis`` (w per layer [N, L, Z], noise → picture).
    """
    latent = keras.Input((options.latent,), name="in1")
    noise = keras.Input((options.size_px, options.size_px, 1), name="in2")
    psi = keras.Input((1,), name="in3")
    w = StyleTruncation(name="truncation")([_build_mapping(options)(latent), psi])
    layers = 2 * (options.last_stage + 1)
    styles = ops.repeat(w[:, None, :], layers, axis=1)
    picture = build_synthesis(options)([styles, noise])
    return keras.Model([latent, noise, psi], picture, name="generator")


def _build_mapping(options: StyleOptions) -> keras.Model:
    latent = keras.Input((options.latent,), name="z")
    x = latent * ops.rsqrt(ops.mean(ops.square(latent), axis=1, keepdims=True) + 1e-8)
    for _ in range(MAPPING_LAYERS):
        x = leaky(EqualisedDense(options.latent, multiplier=MAPPING_MULTIPLIER)(x))
    return keras.Model(latent, x, name="mapping")


def build_synthesis(options: StyleOptions) -> keras.Model:
    """Return styles [N, L, Z] and noise [N, S, S, 1] → picture float32 [N, S, S, 3]."""
    layers = 2 * (options.last_stage + 1)
    styles = keras.Input((layers, options.latent), name="styles")
    noise = keras.Input((options.size_px, options.size_px, 1), name="noise")
    x = Constant(options.channels(0))(styles)
    pictures = []
    for stage in range(options.last_stage + 1):
        channels, size = options.channels(stage), 4 << stage
        first = noise[:, :size, :size]
        if stage:
            x = larger(x, 2)
            x = blur(EqualisedConv2D(channels, bias=False)(x))
        x = Epilogue()([x, first, styles[:, 2 * stage]])
        x = EqualisedConv2D(channels, bias=False)(x)
        x = Epilogue()([x, ops.transpose(first, (0, 2, 1, 3)), styles[:, 2 * stage + 1]])
        pictures.append(EqualisedConv2D(3, 1, gain=1.0)(x))
    return keras.Model([styles, noise], GrownPicture(name="grown")(pictures), name="synthesis")


def build_discriminator(options: StyleOptions) -> keras.Model:
    """Return picture [N, S, S, 3] in [-1, 1] → logit float32 [N]."""
    picture = keras.Input((options.size_px, options.size_px, 3), name="picture")
    last = options.last_stage

    def enter(stage: int) -> keras.KerasTensor:
        seen = smaller(picture, options.size_px // (4 << stage))
        return leaky(EqualisedConv2D(options.channels(stage), 1)(seen))

    x = enter(last)
    for stage in range(last, 0, -1):
        x = leaky(EqualisedConv2D(options.channels(stage))(x))
        x = smaller(EqualisedConv2D(options.channels(stage - 1), bias=False)(blur(x)), 2)
        x = leaky(AddBias()(x))
        x = Entrance(stage - 1)([x, enter(stage - 1)])
    x = leaky(EqualisedConv2D(options.channels(0))(WithDeviation()(x)))
    x = leaky(EqualisedDense(options.channels(0))(keras.layers.Flatten()(x)))
    logit = EqualisedDense(1, gain=1.0, dtype="float32")(x)[:, 0]
    return keras.Model(picture, logit, name="discriminator")


def blur(x: keras.KerasTensor) -> keras.KerasTensor:
    """Filter with [1, 2, 1] / 4 along both axes; two averages of 2×2 are the same and faster."""
    padded = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    return ops.average_pool(ops.average_pool(padded, 2, 1), 2, 1)


@keras.saving.register_keras_serializable("nonesuch")
class StyleTruncation(keras.layers.Layer):
    """[w [N, Z], ψ [N, 1]] → average + ψ (w - average); the average moves in training."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        self.average = self.add_weight(
            shape=(shapes[0][-1],), initializer="zeros", trainable=False, autocast=False,
            name="average",
        )  # fmt: skip
        super().build(shapes)

    def move(self, w: keras.KerasTensor) -> None:
        """Move the average towards the mean of w, float [N, Z]."""
        mean = ops.mean(ops.cast(w, "float32"), axis=0)
        self.average.assign(mean + AVERAGE_DECAY * (self.average - mean))

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        w, psi = inputs
        average = ops.cast(self.average, w.dtype)
        return average + ops.cast(psi, w.dtype) * (w - average)


@keras.saving.register_keras_serializable("nonesuch")
class Constant(keras.layers.Layer):
    """A learned 4×4 picture, beginning as ones, for each row of styles: → float [N, 4, 4, C]."""

    def __init__(self, channels: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.picture = self.add_weight(
            shape=(1, 4, 4, self.channels), initializer="ones", name="picture"
        )
        super().build(shape)

    def call(self, styles: keras.KerasTensor) -> keras.KerasTensor:
        ones = ops.ones_like(styles[:, :1, :1])[..., None]  # [N, 1, 1, 1]
        return ones * ops.cast(self.picture, styles.dtype)


@keras.saving.register_keras_serializable("nonesuch")
class AddBias(keras.layers.Layer):
    """x + b per channel."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")
        super().build(shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x + ops.cast(self.bias, x.dtype)


@keras.saving.register_keras_serializable("nonesuch")
class Epilogue(keras.layers.Layer):
    """What follows a convolution: noise, bias, leaky ReLU, AdaIN (Huang & Belongie 2017).

    Inputs: features float [N, H, W, C], noise [N, H, W, 1], w [N, Z]; output [N, H, W, C]. Noise
    has a learned strength per channel, beginning at 0. AdaIN's statistics are float32.
    """

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        channels = int(shapes[0][-1] or 0)
        self.strength = self.add_weight(shape=(channels,), initializer="zeros", name="strength")
        self.bias = self.add_weight(shape=(channels,), initializer="zeros", name="bias")
        self.style = EqualisedDense(2 * channels, gain=1.0, dtype=self.dtype_policy)
        self.style.build(shapes[2])
        super().build(shapes)

    def fold(self) -> None:
        """See `gan.networks.layers.equalised`."""
        self.style.fold()

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        x, noise, w = inputs
        x = x + ops.cast(noise, x.dtype) * ops.cast(self.strength, x.dtype)
        x = ops.leaky_relu(x + ops.cast(self.bias, x.dtype), 0.2)
        wide = ops.cast(x, "float32")
        mean = ops.mean(wide, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(wide - mean), axis=(1, 2), keepdims=True)
        scale, shift = ops.split(self.style(w)[:, None, None, :], 2, axis=-1)
        factor = ops.rsqrt(variance + 1e-8) * (1 + ops.cast(scale, "float32"))
        return ops.cast((wide - mean) * factor + ops.cast(shift, "float32"), x.dtype)


@keras.saving.register_keras_serializable("nonesuch")
class WithDeviation(keras.layers.Layer):
    """Adds a channel: the mean deviation within groups of the batch (progressive growing, §3).

    float [N, H, W, C] → [N, H, W, C + 1]. Groups are of 4 pictures, fewer where N is no multiple.
    """

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*shape[:-1], int(shape[-1] or 0) + 1)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        count, height, width, channels = x.shape
        if count is None:  # a symbolic batch, while the network is built
            return ops.concatenate([x, x[..., :1]], axis=-1)
        group = next(size for size in range(GROUP, 0, -1) if count % size == 0)
        parts = ops.reshape(ops.cast(x, "float32"), (group, -1, height, width, channels))
        centred = parts - ops.mean(parts, axis=0, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(centred), axis=0) + 1e-8)
        mean = ops.mean(deviation, axis=(1, 2, 3), keepdims=True)  # [N / group, 1, 1, 1]
        channel = ops.tile(mean, (group, height, width, 1))
        return ops.concatenate([x, ops.cast(channel, x.dtype)], axis=-1)
