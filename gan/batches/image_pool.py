"""The pool of generated pictures that discriminators also see (Shrivastava et al. 2017)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class PoolDraw:
    """What chance decides for a batch: bool [N] and int32 [N]."""

    swap: np.ndarray  # whether a picture is exchanged for an older one, once the pool is full
    slot: np.ndarray  # which one


def draw_pool(random: np.random.Generator, count: int, size: int) -> PoolDraw:
    """Return the decisions for ``count`` pictures and a pool of ``size``."""
    swap = random.random(count) < 0.5
    return PoolDraw(swap, random.integers(0, max(1, size), count, np.int32))


class ImagePool(tf.Module):
    """Up to ``size`` pictures made before. Its variables belong to a run's checkpoint.

    Until it is full, a new picture is kept and shown. From then on, with probability ½, a new one
    takes the place of an old one, and that is shown. Of size 0 it shows what it is given.
    """

    def __init__(self, size: int, shape: Sequence[int]) -> None:
        super().__init__()
        self.size = size
        self.pictures = tf.Variable(tf.zeros([size, *shape]), trainable=False)
        self.count = tf.Variable(0, trainable=False)

    def show(self, made: tf.Tensor, swap: tf.Tensor, slot: tf.Tensor) -> tf.Tensor:
        """Return what the discriminator sees in place of ``made``, float32 [N, H, W, C] each."""
        if not self.size:
            return made
        shown = []
        for i in range(made.shape[0]):
            new = made[i]
            full = self.count >= self.size
            place = tf.where(full, slot[i], self.count)
            old = tf.gather(self.pictures, place)
            exchanged = full & swap[i]
            shown.append(tf.where(exchanged, old, new))
            kept = tf.where(full & ~swap[i], old, new)
            self.pictures.scatter_update(tf.IndexedSlices(kept[None], place[None]))
            self.count.assign(tf.minimum(self.count + 1, self.size))
        return tf.stack(shown)
