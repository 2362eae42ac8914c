"""SAGAN's pair (Zhang et al. 2019, and its authors' code): residual blocks with attention.

Generator: z → 4×4, residual blocks that double the size, each with conditional batch
normalisation, ReLU and spectrally normalised 3×3 convolutions, attention where the picture is
32×32. Discriminator: the same downwards without normalisation of the batch, one block more at the
end, a sum over places, one logit plus the projection on the category (Miyato & Koyama 2018).
Channels are 16-8-4-2-1 times ``width`` from 4×4 up; at width 64 and 128 px this is the authors':
see tests for the parameter counts. At 64 px the last factor, 1, is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from gan.networks.generator import GeneratorInput
from gan.networks.layers.attention import CODE, TEXT, SelfAttention
from gan.networks.layers.batch_norm import ConditionalBatchNorm
from gan.networks.layers.spectral import SpectralConv2D, SpectralDense
from gan.networks.residual import BadNetwork
from gan.networks.wgan import check_power

FACTORS = (16, 8, 4, 2, 1)
ATTENTION_PX = 32


@dataclass(frozen=True)
class SaganOptions:
    """Sizes of both networks; a `gan.networks.generator.GeneratorSpec`."""

    output: ClassVar[str] = "picture"
    truncations: ClassVar[tuple[float, float]] = (1.0, 1.0)
    rounding: ClassVar[float] = 40.0  # measured: 21 to 36 times, of standing statistics
    standing_passes: ClassVar[int] = 16
    picture_channels: ClassVar[int] = 3

    size_px: int
    categories: int
    latent: int = 128
    width: int = 64
    attention: str = CODE

    def __post_init__(self) -> None:
        check_power(self.size_px)
        if self.attention not in (CODE, TEXT):
            raise BadNetwork(f"attention is {self.attention!r}, not {CODE} or {TEXT}")

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]:
        return (
            GeneratorInput("latent", "latent", (self.latent,), "normal"),
            GeneratorInput("category", "category", (self.categories,)),
        )

    @property
    def channels(self) -> list[int]:
        """Of the blocks, from 8×8 up to the picture's size."""
        stages = (self.size_px // 4).bit_length() - 1
        factors = [*FACTORS[:stages], *[1] * (stages - len(FACTORS))]
        return [max(1, factor * self.width) for factor in factors]

    @property
    def attention_px(self) -> int:
        return min(ATTENTION_PX, self.size_px // 2)

    def build(self) -> keras.Model:
        return build_generator(self)

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        return call([given["latent"], given["category"]])


def build_generator(options: SaganOptions) -> keras.Model:
    """Return latent [N, Z], category one-hot [N, C] → picture float32 [N, H, W, 3] in [-1, 1]."""
    latent = keras.Input((options.latent,), name="latent")
    category = keras.Input((options.categories,), name="category")
    first = options.channels[0]
    x = SpectralDense(4 * 4 * first)(latent)
    x = keras.layers.Reshape((4, 4, first))(x)
    for channels in options.channels:
        x = _up_block(x, category, channels)
        if x.shape[1] == options.attention_px:
            x = SelfAttention(options.attention)(x)
    x = keras.layers.BatchNormalization(momentum=0.999, epsilon=1e-5, dtype="float32")(x)
    x = SpectralConv2D(3)(keras.layers.ReLU()(x))
    picture = keras.layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model([latent, category], picture, name="generator")


def _up_block(
    x: keras.KerasTensor, category: keras.KerasTensor, channels: int
) -> keras.KerasTensor:
    """[N, H, W, C] → [N, 2H, 2W, channels]."""
    h = keras.layers.ReLU()(ConditionalBatchNorm()([x, category]))
    h = SpectralConv2D(channels)(keras.layers.UpSampling2D(interpolation="nearest")(h))
    h = keras.layers.ReLU()(ConditionalBatchNorm()([h, category]))
    h = SpectralConv2D(channels)(h)
    # a 1×1 convolution and nearest up-sampling change places: the same sums, a quarter of them
    x = keras.layers.UpSampling2D(interpolation="nearest")(SpectralConv2D(channels, 1)(x))
    return x + h


def build_discriminator(options: SaganOptions) -> keras.Model:
    """Return picture [N, H, W, 3] in [-1, 1] and category one-hot → logit float32 [N]."""
    picture = keras.Input((options.size_px, options.size_px, 3), name="picture")
    category = keras.Input((options.categories,), name="category")
    channels = options.channels[::-1]
    x = _first_block(picture, channels[0])
    for width in channels[1:]:
        if x.shape[1] == options.attention_px:
            x = SelfAttention(options.attention)(x)
        x = _down_block(x, width)
    x = _last_block(x, channels[-1])
    features = ops.sum(ops.cast(keras.layers.ReLU()(x), "float32"), axis=(1, 2))  # [N, C]
    logit = SpectralDense(1, dtype="float32")(features)[:, 0]
    embedded = SpectralDense(channels[-1], bias=False, dtype="float32")(category)
    return keras.Model(
        [picture, category], logit + ops.sum(embedded * features, axis=1), name="discriminator"
    )


def _first_block(picture: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, 2H, 2W, 3] → [N, H, W, channels]."""
    h = keras.layers.ReLU()(SpectralConv2D(channels)(picture))
    h = keras.layers.AveragePooling2D(2)(SpectralConv2D(channels)(h))
    return h + SpectralConv2D(channels, 1)(keras.layers.AveragePooling2D(2)(picture))


def _down_block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, 2H, 2W, C] → [N, H, W, channels]."""
    h = SpectralConv2D(channels)(keras.layers.ReLU()(x))
    h = keras.layers.AveragePooling2D(2)(SpectralConv2D(channels)(keras.layers.ReLU()(h)))
    # average pooling and a 1×1 convolution change places as well
    return h + SpectralConv2D(channels, 1)(keras.layers.AveragePooling2D(2)(x))


def _last_block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, H, W, C] → the same size."""
    h = SpectralConv2D(channels)(keras.layers.ReLU()(x))
    return x + SpectralConv2D(channels)(keras.layers.ReLU()(h))
