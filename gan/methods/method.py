"""The seam between the trainer and what a recipe does in a step."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
import tensorflow as tf

from gan.batches.labelled import Batch
from gan.dataset.files import Dataset
from gan.networks.generator import GeneratorSpec


class Method(Protocol):
    """Networks, optimizers and one step. The trainer knows no architecture."""

    networks: GeneratorSpec
    generator: keras.Model  # trained
    ema: keras.Model  # what is drawn: its average in float32, or itself where none is kept

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
        """Return every variable that a continuation needs, by the part it belongs to.

        Evaluation and export read the part ``ema``, or ``generator`` where that is missing.
        """

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make step ``number``; return scalars by name for the log.

        All randomness is a function of the options' seed and ``number``.
        """


def state_of(method: Method) -> dict[str, tf.Variable]:
    """Return every variable of a run under a stable name."""
    return {
        f"{part}/{i:03d}": variable
        for part, variables in method.variables().items()
        for i, variable in enumerate(variables)
    }


@runtime_checkable
class ShowsSamples(Protocol):
    """A method that has another grid than pictures drawn from latents."""

    def samples(self, dataset: Dataset) -> np.ndarray:
        """Return the pictures of a grid, uint8 [N, H, W, 3], the same ones at every call."""


@runtime_checkable
class BuildsOn(Protocol):
    """A method that takes what another run has learned, and says which."""

    made_from: dict[str, Any]  # what that run's checkpoint said of itself, and its ``options``


@runtime_checkable
class WarmStarts(Protocol):
    """A method whose run begins where another one stands."""

    def warm_start(self, home: Path, echo: Callable[[str], None]) -> None:
        """Set what that run has learned; called once, when a run begins.

        A run that continues does not need the other one any more. Raises `BadOptions`.
        """
