"""A conditional pair in the 8×8 latents of an autoencoder, whose decoder draws the picture.

Generator: latent, category and style → two dense layers → residual blocks at 4×4 and 8×8, each
modulated by the style vector, attention between → a code. Discriminator: the reverse, with an
unconditional logit and a projection on category and style, which the loss weighs.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from gan.networks.autoencoder import GRID, AutoencoderSizes, build_decoder
from gan.networks.labelled import LabelledGenerator, style_vector
from gan.networks.layers import Modulate, conv, leaky

DRAWING, DECODER = "drawing", "decoder"  # the parts of a whole generator, by their names


@dataclass(frozen=True)
class LatentOptions(LabelledGenerator):
    """Sizes of the pair, and the labels that both networks know.

    A `gan.networks.generator.GeneratorSpec`; truncation scales the latent.
    """

    picture_channels: ClassVar[int] = 4
    rounding: ClassVar[float] = 20.0  # vectors are divided by their power at every position
    standing_passes: ClassVar[int] = 0

    autoencoder: AutoencoderSizes
    categories: int
    styles: int
    latent: int = 128
    category_width: int = 96
    style_width: int = 32
    mapping_width: int = 256
    channels: tuple[int, int] = (256, 128)  # at 4×4 and 8×8
    heads: int = 4

    @property
    def size_px(self) -> int:
        return self.autoencoder.size_px

    def build(self) -> keras.Model:
        return build_whole(self)


@keras.saving.register_keras_serializable("nonesuch")
class SelfAttention(keras.layers.Layer):
    """Attention between the positions of [N, H, W, C] in some heads, added to them from 0 on."""

    def __init__(self, heads: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, shape: tuple[Any, ...]) -> None:
        channels = shape[-1]
        dense = {"use_bias": False, "dtype": self.dtype_policy}
        self.asked = keras.layers.Dense(3 * channels, **dense)
        self.answered = keras.layers.Dense(channels, kernel_initializer="zeros", **dense)
        self.asked.build(shape)
        self.answered.build(shape)
        super().build(shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        _, height, width, channels = x.shape
        positions, each = height * width, channels // self.heads
        flat = ops.reshape(x, (-1, positions, channels))
        flat = flat * ops.rsqrt(ops.mean(ops.square(flat), axis=-1, keepdims=True) + 1e-6)

        def split(y: keras.KerasTensor) -> keras.KerasTensor:
            y = ops.reshape(y, (-1, positions, self.heads, each))
            return ops.transpose(y, (0, 2, 1, 3))  # [N, heads, positions, each]

        queries, keys, values = (split(y) for y in ops.split(self.asked(flat), 3, axis=-1))
        weights = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))) / each**0.5
        seen = ops.matmul(ops.softmax(weights), values)
        seen = ops.reshape(ops.transpose(seen, (0, 2, 1, 3)), (-1, positions, channels))
        return x + ops.reshape(self.answered(seen), (-1, height, width, channels))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads}


@keras.saving.register_keras_serializable("nonesuch")
class Straight(keras.layers.Layer):
    """Premultiplied RGBA in about [0, 1] → straight RGBA in [-1, 1], white where it is clear."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        alpha = ops.clip(x[..., 3:], 0.0, 1.0)
        colour = ops.clip(x[..., :3] / ops.maximum(alpha, 1e-3), 0.0, 1.0)
        colour = ops.where(alpha < 1 / 255, 1.0, colour)
        return 2 * ops.concatenate([colour, alpha], axis=-1) - 1


def build_drawing(options: LatentOptions) -> keras.Model:
    """Return latent [N, Z], category one-hot [N, C], style one-hot [N, S] → code [N, 8, 8, D]."""
    inputs, joined, w = style_vector(options)

    def residual(x: keras.KerasTensor) -> keras.KerasTensor:
        h = conv(leaky(Modulate()([x, w])), x.shape[-1])
        return x + conv(leaky(Modulate()([h, w])), x.shape[-1], gain=0.5)

    coarse, fine = options.channels
    x = keras.layers.Dense(4 * 4 * coarse)(joined)
    x = residual(keras.layers.Reshape((4, 4, coarse))(x))
    x = keras.layers.UpSampling2D(GRID // 4, interpolation="nearest")(
        conv(x, fine, size=1, bias=False)
    )
    x = SelfAttention(options.heads)(residual(x))
    x = leaky(Modulate()([residual(x), w]))
    code = conv(x, options.autoencoder.latent_channels, gain=0.7)
    code = keras.layers.Activation("linear", dtype="float32", name="code")(code)
    return keras.Model(inputs, code, name=DRAWING)


def build_whole(options: LatentOptions) -> keras.Model:
    """Return the drawing network with a decoder behind it.

    Inputs as `build_drawing`; the picture is straight RGBA float32 [N, S, S, 4] in [-1, 1].
    """
    drawing = build_drawing(options)
    decoder = build_decoder(options.autoencoder).whole
    inputs = [keras.Input(given.shape[1:], name=given.name) for given in drawing.inputs]
    picture = Straight(dtype="float32", name="picture")(decoder(drawing(inputs)))
    return keras.Model(inputs, picture, name="generator")


def build_discriminator(options: LatentOptions) -> keras.Model:
    """Return code [N, 8, 8, D], category and style one-hot → (unconditional, projection).

    Both logits are float32 [N].
    """
    code = keras.Input(options.autoencoder.latent_shape)
    category = keras.Input((options.categories,), name="category")
    style = keras.Input((options.styles,), name="style")

    def residual(x: keras.KerasTensor) -> keras.KerasTensor:
        h = conv(leaky(x), x.shape[-1])
        return x + conv(leaky(h), x.shape[-1], gain=0.5)

    coarse, fine = options.channels
    x = SelfAttention(options.heads)(residual(conv(code, fine)))
    x = keras.layers.AveragePooling2D(GRID // 4)(residual(x))
    x = residual(conv(x, coarse, size=1))
    x = leaky(conv(leaky(x), coarse))
    # the head stays in float32: logits and penalties lose too much in bfloat16
    width = options.mapping_width
    features = keras.layers.Dense(width, dtype="float32")(keras.layers.Flatten()(x))
    features = keras.layers.LeakyReLU(negative_slope=0.2, dtype="float32")(features)
    unconditional = keras.layers.Dense(1, dtype="float32")(features)[:, 0]
    embedded = keras.layers.Dense(width, use_bias=False, dtype="float32")(category)
    embedded = embedded + keras.layers.Dense(width, use_bias=False, dtype="float32")(style)
    projection = ops.sum(embedded * features, axis=1) / width**0.5
    return keras.Model([code, category, style], [unconditional, projection], name="discriminator")
