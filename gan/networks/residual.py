"""A conditional residual pair for small budgets: most of the work is dense 3×3 convolutions.

Generator: latent, category and style → two dense layers → residual blocks, each modulated by the
style vector → depth_to_space(2). Discriminator: space_to_depth(2) → residual blocks → two logits,
one unconditional and one projection on category and style (Miyato & Koyama 2018), which the loss
weighs. Where the channels change, the convolution runs on the smaller picture.

With the emoji recipe (64 px, 74 categories, 9 styles): see tests for the parameter counts.
"""

from dataclasses import dataclass
from typing import ClassVar

import keras
from keras import ops

from core.errors import NonesuchError
from gan.networks.labelled import LabelledGenerator, style_vector
from gan.networks.layers.basic import Clip, Modulate, conv, leaky
from gan.networks.layers.reshape import depth_to_space, space_to_depth

COARSE_PX = 8  # features of this side and below lay out a picture; larger ones fill it in


class BadNetwork(NonesuchError):
    """Sizes of a network that do not fit together."""


@dataclass(frozen=True)
class ResidualOptions(LabelledGenerator):
    """Sizes of the generator, and the labels that both networks know.

    A `gan.networks.generator.GeneratorSpec`; truncation scales the latent.
    """

    rounding: ClassVar[float] = 1.0
    standing_passes: ClassVar[int] = 0

    size_px: int
    categories: int
    styles: int
    latent: int = 128
    category_width: int = 96
    style_width: int = 32
    mapping_width: int = 256
    generator_channels: tuple[int, ...] = (256, 256, 128, 64)  # from 4×4 up
    picture_channels: int = 3  # 3: RGB; 4: straight RGBA
    last: str = "depth_to_space"  # or "upsample": how the last features become twice as large

    def __post_init__(self) -> None:
        check_stages("generator_channels", self.generator_channels, self.size_px)
        if self.last not in ("depth_to_space", "upsample"):
            raise BadNetwork(f"last is {self.last!r}, not depth_to_space or upsample")

    def build(self) -> keras.Model:
        return build_generator(self)


def check_stages(name: str, channels: tuple[int, ...], size_px: int) -> None:
    """Raise `BadNetwork` unless so many stages lead from 4×4 to half the picture's size."""
    reached = 4 * 2 ** (len(channels) - 1) * 2
    if reached != size_px:
        raise BadNetwork(
            f"{len(channels)} {name} lead from 4 to {reached} px, not to {size_px}",
            "make the data set at the size of the recipe",
        )


def build_generator(options: ResidualOptions) -> keras.Model:
    """Return latent [N, Z], category one-hot [N, C], style one-hot [N, S] → picture.

    The picture is float32 [N, H, W, 3 or 4] in [-1, 1].
    """
    inputs, joined, w = style_vector(options)
    return keras.Model(inputs, draw(options, joined, w, w), name="generator")


def draw(
    options: ResidualOptions,
    joined: keras.KerasTensor,
    coarse: keras.KerasTensor,
    fine: keras.KerasTensor,
) -> keras.KerasTensor:
    """Return the picture of what `gan.networks.labelled.StyleMapping` returned.

    The style vector ``coarse`` modulates up to 8 px, ``fine`` what comes after.
    """
    first, *rest = options.generator_channels
    x = keras.layers.Dense(4 * 4 * first)(joined)
    x = keras.layers.Reshape((4, 4, first))(x)
    x = x + conv(leaky(Modulate()([x, coarse])), first, gain=0.5)
    for channels in rest:
        x = _up_block(x, coarse if x.shape[1] < COARSE_PX else fine, channels)
    x = leaky(Modulate()([x, fine]))
    if options.last == "upsample":  # smooth: neighbouring pixels share their kernels
        x = keras.layers.UpSampling2D(interpolation="nearest")(x)
        x = conv(x, options.picture_channels, gain=0.5)
    else:
        x = depth_to_space(conv(x, options.picture_channels * 4, gain=0.5), 2)
    if options.picture_channels == 4:
        return Clip(dtype="float32", name="picture")(x)
    return keras.layers.Activation("tanh", dtype="float32", name="picture")(x)


def _up_block(x: keras.KerasTensor, w: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, H, W, C] → [N, 2H, 2W, channels]."""
    h = conv(leaky(Modulate()([x, w])), channels)
    h = keras.layers.UpSampling2D(interpolation="nearest")(h)
    h = conv(leaky(Modulate()([h, w])), channels, gain=0.5)
    if x.shape[-1] != channels:
        x = conv(x, channels, size=1, bias=False)
    return keras.layers.UpSampling2D(interpolation="nearest")(x) + h


def build_discriminator(
    options: ResidualOptions, channels: tuple[int, ...] = (48, 96, 192, 256), concept: int = 0
) -> keras.Model:
    """Return picture [N, H, W, 3], category and style one-hot → (unconditional, projection).

    Both logits are float32 [N]; the picture is RGB in [-1, 1]. ``channels``: from size/2 down to
    4×4. ``concept``: width of a vector float32 [N, D], a fourth input that is projected on too;
    zeros add nothing. 0: no such input.
    """
    check_stages("discriminator_channels", channels, options.size_px)
    picture = keras.Input((options.size_px, options.size_px, 3))
    category = keras.Input((options.categories,), name="category")
    style = keras.Input((options.styles,), name="style")
    first, *rest = channels
    x = conv(space_to_depth(picture, 2), first)
    for width in rest:
        x = _down_block(x, width)
    x = leaky(conv(leaky(x), channels[-1]))
    # the head stays in float32: logits and penalties lose too much in bfloat16
    width = options.mapping_width
    features = keras.layers.Dense(width, dtype="float32")(keras.layers.Flatten()(x))
    features = keras.layers.LeakyReLU(negative_slope=0.2, dtype="float32")(features)
    unconditional = keras.layers.Dense(1, dtype="float32")(features)[:, 0]
    embedded = keras.layers.Dense(width, use_bias=False, dtype="float32")(category)
    embedded = embedded + keras.layers.Dense(width, use_bias=False, dtype="float32")(style)
    inputs = [picture, category, style]
    if concept:
        inputs.append(keras.Input((concept,), name="concept"))
        hidden = leaky(keras.layers.Dense(width, use_bias=False, dtype="float32")(inputs[-1]))
        embedded = embedded + keras.layers.Dense(width, use_bias=False, dtype="float32")(hidden)
    projection = ops.sum(embedded * features, axis=1) / width**0.5
    return keras.Model(inputs, [unconditional, projection], name="discriminator")


def _down_block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """[N, 2H, 2W, C] → [N, H, W, channels]."""
    h = conv(leaky(x), x.shape[-1])
    h = keras.layers.AveragePooling2D(2)(h)
    h = conv(leaky(h), channels, gain=0.5)
    x = keras.layers.AveragePooling2D(2)(x)
    return conv(x, channels, size=1, bias=False) + h
