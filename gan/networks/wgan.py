"""The pair of "Pokemon Generation using WGans": 5×5 convolutions of stride 2, after DCGAN.

Generator: z → 4·4·128, batch normalisation, ReLU, then transposed convolutions 64-32-16-8-3 with
batch normalisation and ReLU between, tanh. Critic: convolutions 16-32-64-128, leaky ReLU 0.3,
batch normalisation on all but the first, one linear output. That is at 128 px: 479,819 and
278,657 parameters, and 496 statistics of the generator. (The document's table lists four
transposed convolutions, its code has five; this is its code.)

At other sizes the generator has one transposed convolution per doubling, its channels halved each
time from 128 down to no less than 8; the critic one convolution per halving down to 8×8, from 128
px on, or 4×4 below, its channels doubled each time up to 128.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import keras

from core.errors import NonesuchError
from gan.networks.generator import GeneratorInput
from gan.networks.layers.batch_norm import ShiftedBatchNorm
from gan.networks.layers.few_channels import FewChannelsTranspose

LEAK = 0.3
FIRST, LEAST, CRITIC_FIRST, CRITIC_MOST = 128, 8, 16, 128


class BadSize(NonesuchError):
    """A size of picture that doubling from 4 px does not reach."""


@dataclass(frozen=True)
class DeconvolutionalOptions:
    """Sizes of the generator; a `gan.networks.generator.GeneratorSpec` without categories."""

    output: ClassVar[str] = "picture"
    truncations: ClassVar[tuple[float, float]] = (1.0, 1.0)
    rounding: ClassVar[float] = 20.0  # measured: 11 times
    standing_passes: ClassVar[int] = 0
    picture_channels: ClassVar[int] = 3

    size_px: int
    latent: int = 100
    distribution: str = "uniform"  # of the latent in [-1, 1], or normal

    def __post_init__(self) -> None:
        check_power(self.size_px)

    @property
    def inputs(self) -> tuple[GeneratorInput, ...]:
        return (GeneratorInput("latent", "latent", (self.latent,), self.distribution),)

    def build(self) -> keras.Model:
        return build_generator(self)

    def picture(self, call: Callable[[list[Any]], Any], given: Mapping[str, Any]) -> Any:
        return call([given["latent"]])


def check_power(size_px: int, least: int = 8) -> None:
    """Raise `BadSize` unless ``size_px`` is a power of two from ``least`` on."""
    if size_px < least or size_px & (size_px - 1):
        near = max(least, 2 ** round(size_px.bit_length() - 0.5))
        raise BadSize(
            f"{size_px} px cannot be reached by doubling from 4 px",
            f"make the data set at a power of two: --size {near}",
        )


def generator_channels(size_px: int) -> list[int]:
    """Return the channels from 4×4 up to half the size: 128-64-32-16-8 at 128 px."""
    stages = (size_px // 4).bit_length() - 1
    return [max(LEAST, FIRST >> i) for i in range(stages)]


def critic_channels(size_px: int) -> list[int]:
    """Return the channels from half the size down: 16-32-64-128 at 64 and at 128 px."""
    last_px = 8 if size_px >= 128 else 4
    stages = (size_px // last_px).bit_length() - 1
    return [min(CRITIC_MOST, CRITIC_FIRST << i) for i in range(stages)]


def build_generator(options: DeconvolutionalOptions) -> keras.Model:
    """Return latent [N, Z] → picture float32 [N, H, W, 3] in [-1, 1]."""
    first, *rest = generator_channels(options.size_px)
    latent = keras.Input((options.latent,), name="latent")
    x = keras.layers.Dense(4 * 4 * first, kernel_initializer=_normal())(latent)
    x = keras.layers.Reshape((4, 4, first))(x)
    for channels in rest:
        x = _doubled(keras.layers.ReLU()(ShiftedBatchNorm()(x)), channels)
    x = keras.layers.ReLU()(ShiftedBatchNorm()(x))
    x = FewChannelsTranspose(3, kernel_initializer=_normal())(x)
    picture = keras.layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model([latent], picture, name="generator")


def build_critic(size_px: int, normalised: bool = True) -> keras.Model:
    """Return picture [N, H, W, 3] in [-1, 1] → float32 [N], not bounded.

    ``normalised``: with batch normalisation from the second convolution on.
    """
    picture = keras.Input((size_px, size_px, 3), name="picture")
    x = picture
    for i, channels in enumerate(critic_channels(size_px)):
        x = keras.layers.Conv2D(
            channels, 5, strides=2, padding="same", kernel_initializer=_normal()
        )(x)
        if i and normalised:
            x = ShiftedBatchNorm(moving=False)(x)
        x = keras.layers.LeakyReLU(negative_slope=LEAK)(x)
    x = keras.layers.Flatten()(x)
    # the head stays in float32: differences of logits are what is learned from
    logit = keras.layers.Dense(1, kernel_initializer=_normal(), dtype="float32")(x)[:, 0]
    return keras.Model(picture, logit, name="discriminator")


def _doubled(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, H, W, C] → [N, 2H, 2W, channels]."""
    return keras.layers.Conv2DTranspose(
        channels, 5, strides=2, padding="same", kernel_initializer=_normal()
    )(x)


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=0.02)
