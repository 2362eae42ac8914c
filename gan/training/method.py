"""The seam between the trainer and what a recipe does in a step."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import keras
import tensorflow as tf

from gan.networks.residual import ResidualOptions
from gan.training.batches import Batch


class Method(Protocol):
    """Networks, optimizers and one step. The trainer knows no architecture."""

    networks: ResidualOptions
    generator: keras.Model  # trained
    ema: keras.Model  # its average in float32: what is drawn, evaluated and exported

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
        """Return every variable that a continuation needs, by the part it belongs to."""

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make step ``number``; return scalars by name for the log.

        All randomness is a function of the options' seed and ``number``.
        """
