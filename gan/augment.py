"""Differentiable augmentation of what the discriminator sees (Zhao et al. 2020), for icons.

Icons stand on white, so shifts pad with white, not with the zero that is mid-grey in [-1, 1].
No cut-out and only mild colour changes: both leak into samples of drawings.
"""

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class AugmentOptions:
    """Probabilities per picture, 0-1, and strengths."""

    shift_probability: float = 0.5
    shift_px: int = 8
    colour_probability: float = 0.4
    contrast: float = 0.25
    saturation: float = 0.4


def augment(
    pictures: tf.Tensor, seed: tf.Tensor, options: AugmentOptions, strength: tf.Tensor | float = 1.0
) -> tf.Tensor:
    """Return shifted and recoloured pictures, float32 [N, H, W, 3] in about [-1, 1].

    ``seed``: int32 [2]; the same seed gives the same augmentation. ``strength``, 0-1, multiplies
    the probabilities; 0 is the identity.
    """
    seeds = tf.random.split(seed, 2)
    pictures = shift(pictures, seeds[0], options.shift_probability * strength, options.shift_px)
    return recolour(pictures, seeds[1], options, options.colour_probability * strength)


def shift(
    pictures: tf.Tensor, seed: tf.Tensor, probability: tf.Tensor | float, most_px: int
) -> tf.Tensor:
    """Move each picture by up to ``most_px`` along both axes, white moving in."""
    count, height, width = pictures.shape[0], pictures.shape[1], pictures.shape[2]
    drawn = tf.random.stateless_uniform([3, count], seed)
    moved = tf.cast(drawn[0] < probability, tf.float32)
    reach = tf.cast(2 * most_px + 1, tf.float32)
    down = tf.cast((tf.floor(drawn[1] * reach) - most_px) * moved, tf.int32)  # [N]
    right = tf.cast((tf.floor(drawn[2] * reach) - most_px) * moved, tf.int32)
    # a shift as two products with one-hot matrices; rows from outside stay 0, which is white here
    rows = tf.one_hot(tf.range(height)[None, :] - down[:, None], height)  # [N, H, H]
    columns = tf.one_hot(tf.range(width)[None, :] - right[:, None], width)  # [N, W, W]
    ink = pictures - 1.0
    ink = tf.einsum("nij,njwc->niwc", rows, ink)
    return tf.einsum("nij,nhjc->nhic", columns, ink) + 1.0


def recolour(
    pictures: tf.Tensor, seed: tf.Tensor, options: AugmentOptions, probability: tf.Tensor | float
) -> tf.Tensor:
    """Change contrast around white and saturation around grey, mildly."""
    drawn = tf.random.stateless_uniform([3, pictures.shape[0], 1, 1, 1], seed)
    changed = tf.cast(drawn[0] < probability, tf.float32)
    contrast = 1 + changed * options.contrast * (2 * drawn[1] - 1)
    saturation = 1 + changed * options.saturation * (2 * drawn[2] - 1)
    ink = (pictures - 1.0) * contrast
    grey = tf.reduce_mean(ink, axis=-1, keepdims=True)
    return grey + (ink - grey) * saturation + 1.0
