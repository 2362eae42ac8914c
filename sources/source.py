"""The seam: what every generator looks like to pregen and to the site."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sources.description import Model
from sources.latents import Draw


class Source(Protocol):
    """A loaded generator."""

    model: Model
    batch: int  # pictures per call, of which each has a fixed place

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4], one picture per draw, in order, for one category.

        N is at most ``batch``. Raises `sources.pixels.BrokenModel`.
        """
        ...
