"""The seam: what every generator looks like to pregen and to the site."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sources.runtimes.latents import Draw
from sources.spec.description import Model


class Source(Protocol):
    """A loaded generator."""

    model: Model
    batch: int  # pictures per call, of which each has a fixed place

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4], one picture per draw, in order, for one category.

        N is at most ``batch``; where the model takes one truncation per call, all draws have the
        same. Raises `sources.runtimes.pixels.BrokenModel`.
        """
        ...


def batch_sizes(batch: int) -> list[int]:
    """Return the sizes of calls, largest first: ``batch`` and the powers of two below it.

    Few sizes: each rounds in its own way, and TensorFlow plans each anew.
    """
    sizes = [batch]
    sizes += [2**i for i in reversed(range(batch.bit_length())) if 2**i < batch]
    return sizes


def padded_size(count: int, batch: int) -> int:
    """Return the smallest size of `batch_sizes` that holds ``count`` pictures."""
    return min(size for size in batch_sizes(batch) if size >= count)
