"""Differentiable augmentation of what the discriminator sees (Zhao et al. 2020), for icons.

Icons stand on a flat background, white unless they are transparent, and shifts pad with it, not
with the zero that is mid-grey in [-1, 1]. No cut-out and only mild colour changes: both leak into
samples of drawings.
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


def seen(
    pictures: tf.Tensor,
    seed: tf.Tensor,
    background_seed: tf.Tensor,
    options: AugmentOptions,
    strength: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Return what a discriminator sees of pictures, float32 [N, H, W, 3] in about [-1, 1].

    RGB pictures are augmented. RGBA ones stand on random flat colours first, so that a wrong
    alpha shows. Seeds: int32 [2].
    """
    if pictures.shape[-1] == 3:
        return augment(pictures, seed, options, strength)
    background = draw_backgrounds(pictures.shape[0], background_seed)
    return augment(over(pictures, background), seed, options, strength, background)


def draw_backgrounds(count: int, seed: tf.Tensor) -> tf.Tensor:
    """Return colours float32 [N, 1, 1, 3] in [-1, 1]: white for a half, any for the others."""
    drawn = tf.random.stateless_uniform([count, 1, 1, 4], seed)
    return tf.where(drawn[..., 3:] < 0.5, 1.0, 2 * drawn[..., :3] - 1)


def over(pictures: tf.Tensor, background: tf.Tensor | float) -> tf.Tensor:
    """Composite straight RGBA float32 [N, H, W, 4] in [-1, 1] over a colour; return RGB."""
    alpha = (pictures[..., 3:] + 1) / 2
    return pictures[..., :3] * alpha + background * (1 - alpha)


def augment(
    pictures: tf.Tensor,
    seed: tf.Tensor,
    options: AugmentOptions,
    strength: tf.Tensor | float = 1.0,
    background: tf.Tensor | float = 1.0,
) -> tf.Tensor:
    """Return shifted and recoloured pictures, float32 [N, H, W, 3] in about [-1, 1].

    ``seed``: int32 [2]; the same seed gives the same augmentation. ``strength``, 0-1, multiplies
    the probabilities; 0 is the identity. ``background``: what the pictures stand on, white or
    float32 [N, 1, 1, 3].
    """
    seeds = tf.random.split(seed, 2)
    ink = shift(pictures - background, seeds[0], options.shift_probability * strength, options)
    return recolour(ink, seeds[1], options, options.colour_probability * strength) + background


def shift(
    ink: tf.Tensor, seed: tf.Tensor, probability: tf.Tensor | float, options: AugmentOptions
) -> tf.Tensor:
    """Move each picture by up to ``shift_px`` along both axes; zero, no ink, moves in."""
    count, height, width = ink.shape[0], ink.shape[1], ink.shape[2]
    drawn = tf.random.stateless_uniform([3, count], seed)
    moved = tf.cast(drawn[0] < probability, tf.float32)
    most_px = options.shift_px
    reach = tf.cast(2 * most_px + 1, tf.float32)
    down = tf.cast((tf.floor(drawn[1] * reach) - most_px) * moved, tf.int32)  # [N]
    right = tf.cast((tf.floor(drawn[2] * reach) - most_px) * moved, tf.int32)
    # a shift as two products with one-hot matrices; rows from outside stay 0
    rows = tf.one_hot(tf.range(height)[None, :] - down[:, None], height)  # [N, H, H]
    columns = tf.one_hot(tf.range(width)[None, :] - right[:, None], width)  # [N, W, W]
    ink = tf.einsum("nij,njwc->niwc", rows, ink)
    return tf.einsum("nij,nhjc->nhic", columns, ink)


def recolour(
    ink: tf.Tensor, seed: tf.Tensor, options: AugmentOptions, probability: tf.Tensor | float
) -> tf.Tensor:
    """Change contrast to the background and saturation around grey, mildly."""
    drawn = tf.random.stateless_uniform([3, ink.shape[0], 1, 1, 1], seed)
    changed = tf.cast(drawn[0] < probability, tf.float32)
    contrast = 1 + changed * options.contrast * (2 * drawn[1] - 1)
    saturation = 1 + changed * options.saturation * (2 * drawn[2] - 1)
    ink = ink * contrast
    grey = tf.reduce_mean(ink, axis=-1, keepdims=True)
    return grey + (ink - grey) * saturation
