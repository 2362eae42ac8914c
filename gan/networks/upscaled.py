"""A generator of half the size with a network behind it that draws its pictures twice as large.

What lies between two pixels of a drawing is nearly known: outlines are smooth and fills are flat.
So twice the size costs a small network that is trained on real pictures alone, in minutes, instead
of a generator of that size. It works at the smaller size, as residual blocks do, and adds what is
missing to the picture enlarged by linear interpolation; it begins at adding nothing. What is white
in every real picture, such as the margin that icons keep, is white in what it makes too.
"""

from dataclasses import dataclass
from typing import ClassVar

import keras

from gan.networks.labelled import LabelledGenerator
from gan.networks.layers.basic import Clip, conv, leaky
from gan.networks.layers.reshape import depth_to_space
from gan.networks.residual import BadNetwork, ResidualOptions, build_generator

DRAWING, UPSCALER = "drawing", "upscaler"  # the parts of a whole generator, by their names
GROUND = "picture"  # the upscaler's last layer


@keras.saving.register_keras_serializable("nonesuch")
class Ground(keras.layers.Layer):
    """White where nothing is ever drawn. ``inked``, [H, W, 1] of 0 and 1, is not trained."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.inked = self.add_weight(
            shape=(shape[1], shape[2], 1), initializer="ones", trainable=False, name="inked"
        )

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return 1.0 - self.inked * (1.0 - x)


@dataclass(frozen=True)
class UpscaledOptions(LabelledGenerator):
    """Sizes of both parts. A `gan.networks.generator.GeneratorSpec`."""

    picture_channels: ClassVar[int] = 3
    rounding: ClassVar[float] = 4.0  # what is added to a picture hangs on its small differences
    standing_passes: ClassVar[int] = 0

    size_px: int  # of the picture, twice the smaller generator's
    categories: int
    styles: int
    generator_channels: tuple[int, ...]  # of the smaller generator
    last: str = "depth_to_space"  # of the smaller generator
    channels: int = 32  # of the network behind it
    blocks: int = 4
    latent: int = 128
    category_width: int = 96
    style_width: int = 32
    mapping_width: int = 256

    def __post_init__(self) -> None:
        if self.size_px % 2:
            raise BadNetwork(f"{self.size_px} px is not twice a size")

    @property
    def drawing(self) -> ResidualOptions:
        """The smaller generator. Raises `BadNetwork`."""
        return ResidualOptions(
            size_px=self.size_px // 2,
            categories=self.categories,
            styles=self.styles,
            latent=self.latent,
            category_width=self.category_width,
            style_width=self.style_width,
            mapping_width=self.mapping_width,
            generator_channels=self.generator_channels,
            last=self.last,
        )

    def build(self) -> keras.Model:
        return build_whole(self)


def build_upscaler(options: UpscaledOptions) -> keras.Model:
    """Return picture float32 [N, S/2, S/2, 3] in [-1, 1] → the same, [N, S, S, 3]."""
    side = options.size_px // 2
    picture = keras.Input((side, side, 3))
    x = conv(picture, options.channels)
    for _ in range(options.blocks):
        h = conv(leaky(x), options.channels)
        x = x + conv(leaky(h), options.channels, gain=0.3)
    detail = conv(leaky(x), 3 * 4, gain=0.0)
    # under any policy: bfloat16 would round it by up to half a grey level
    plain = keras.layers.UpSampling2D(interpolation="bilinear", dtype="float32")(picture)
    drawn = Clip(dtype="float32")(plain + depth_to_space(detail, 2))
    found = Ground(dtype="float32", name=GROUND)(drawn)
    return keras.Model(picture, found, name=UPSCALER)


def build_whole(options: UpscaledOptions) -> keras.Model:
    """Return latent [N, Z], category and style one-hot [N, C] and [N, S] → picture [N, S, S, 3]."""
    drawing = build_generator(options.drawing)
    drawing.name = DRAWING
    inputs = [keras.Input(given.shape[1:], name=given.name) for given in drawing.inputs]
    return keras.Model(inputs, build_upscaler(options)(drawing(inputs)), name="generator")
