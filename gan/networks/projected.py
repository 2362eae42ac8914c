"""Discriminators of a pretrained network's features (Projected GANs, Sauer et al. 2021).

Features of several depths are mixed by fixed random convolutions, over channels and from the deep
maps into the shallow ones, so that none can be satisfied by itself. A small network with spectral
normalisation judges each mixture at 4×4 places, and adds a projection on category and style
(Miyato & Koyama 2018).

Different from the paper: batch normalisation, which the small networks have there, is left out,
and features are standardised once instead; labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from gan.networks.layers.basic import leaky
from gan.networks.layers.spectral import SpectralConv2D, SpectralDense

PLACES = 4  # a side of the grid at which a map is judged


@dataclass(frozen=True)
class HeadSizes:
    """Sizes of the discriminators."""

    maps: tuple[tuple[int, int], ...]  # (side, channels) of the features, the shallowest first
    categories: int
    styles: int
    mixed: tuple[int, ...]  # channels of each mixture
    width: int = 128
    concept: int = 0  # width of a vector that is projected on too; 0: none


def build_heads(sizes: HeadSizes) -> keras.Model:
    """Return maps float32 [N, s, s, C], category and style one-hot → logits float32 [N, M, 16].

    M maps in, each half as large as the one before or as large, the last of 4×4 or more. The
    random convolutions are weights that are not trained; see `standardise`. Where there is a
    concept, its vectors float32 [N, D] are the last input; zeros add nothing.
    """
    maps = [keras.Input((side, side, channels)) for side, channels in sizes.maps]
    labels = [
        keras.Input((sizes.categories,), name="category"),
        keras.Input((sizes.styles,), name="style"),
    ]
    if sizes.concept:
        labels.append(keras.Input((sizes.concept,), name="concept"))
    mixtures: list[keras.KerasTensor] = []
    deeper: keras.KerasTensor | None = None
    for i in reversed(range(len(maps))):
        x = _fixed(sizes.mixed[i], 1, f"mix_{i}")(maps[i])
        if deeper is not None:
            if deeper.shape[1] != x.shape[1]:
                deeper = keras.layers.UpSampling2D(interpolation="bilinear")(deeper)
            deeper = _fixed(sizes.mixed[i], 3, f"bring_{i}")(deeper)
            x = (x + deeper) / 2**0.5
        mixtures.insert(0, x)
        deeper = x
    logits = [_head(x, labels, sizes.width) for x in mixtures]
    return keras.Model([*maps, *labels], ops.stack(logits, axis=1), name="heads")


def _fixed(channels: int, size: int, name: str) -> keras.layers.Layer:
    """Return a random convolution that keeps the variance of standardised features."""
    return keras.layers.Conv2D(
        channels,
        size,
        padding="same",
        kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal"),
        trainable=False,
        name=name,
    )


def _head(x: keras.KerasTensor, labels: list[keras.KerasTensor], width: int) -> keras.KerasTensor:
    """[N, s, s, C] → [N, 16]."""
    if x.shape[1] == PLACES:
        x = leaky(SpectralConv2D(width, 3)(x))
    while x.shape[1] > PLACES:
        x = leaky(SpectralConv2D(width if x.shape[1] == 2 * PLACES else x.shape[-1], 4, 2)(x))
    # logits in float32, as of every discriminator here
    x = ops.cast(x, "float32")
    logits = ops.reshape(SpectralConv2D(1, 3, dtype="float32")(x), (-1, PLACES * PLACES))
    category, style, *concept = labels
    embedded = SpectralDense(width, bias=False, dtype="float32")(category)
    embedded = embedded + SpectralDense(width, bias=False, dtype="float32")(style)
    for vector in concept:
        hidden = leaky(SpectralDense(width, bias=False, dtype="float32")(vector))
        embedded = embedded + SpectralDense(width, bias=False, dtype="float32")(hidden)
    return logits + ops.sum(embedded * ops.mean(x, axis=(1, 2)), axis=1, keepdims=True)


def standardise(heads: keras.Model, features: Sequence[np.ndarray]) -> None:
    """Let the random convolutions see features of mean 0 and deviation 1, channel by channel.

    ``features``: maps float32 [N, s, s, C] of pictures that say what is usual. Changes the first
    convolution of each map; call it once.
    """
    for i, found in enumerate(features):
        layer = heads.get_layer(f"mix_{i}")
        mean = found.mean((0, 1, 2))
        kernel = layer.get_weights()[0] / (found.std((0, 1, 2)) + 1e-3)[:, None]
        layer.set_weights([kernel, -(mean @ kernel[0, 0])])
