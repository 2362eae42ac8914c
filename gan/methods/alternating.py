"""What methods share whose discriminator and generator move in turns."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import keras
import tensorflow as tf

from gan.dataset.files import DatasetAbout
from gan.machine import dtype_policy
from gan.methods.ema import average_of, move_average
from gan.optimizers import Adam, RMSProp
from gan.runs.options import RunOptions

Numbers = TypeVar("Numbers", bound=RunOptions)


class Alternating(Generic[Numbers]):
    """Both networks, an optimizer for each and maybe an average; a `Method` but for its step."""

    def __init__(
        self, options: Numbers, dataset: DatasetAbout, policy: str, ema_kimg: float = 0.0
    ) -> None:
        """Make the networks, computing under a Keras dtype policy.

        ``ema_kimg``: half-life of the average that is drawn; 0: the generator itself is drawn.
        """
        self.options = options
        self.networks = options.networks(dataset)
        with dtype_policy(policy):
            made = self.models(dataset)
        self.generator, self.discriminator = made["generator"], made["discriminator"]
        self.ema = average_of(self.generator, self.networks) if ema_kimg else self.generator
        self.decay = float(0.5 ** (options.batch / 1000 / ema_kimg)) if ema_kimg else 0.0
        self._generator_optimizer = self.optimizer(self.generator)
        self._discriminator_optimizer = self.optimizer(self.discriminator)

    def models(self, dataset: DatasetAbout) -> dict[str, keras.Model]:
        """Return fresh networks, among them ``generator`` and ``discriminator``."""
        raise NotImplementedError

    def optimizer(self, network: keras.Model) -> Adam | RMSProp:
        """Return a fresh optimizer of one of the two networks."""
        raise NotImplementedError

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        found = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "generator_optimizer": self._generator_optimizer.variables,
            "discriminator_optimizer": self._discriminator_optimizer.variables,
        }
        return found if self.ema is self.generator else {**found, "ema": self.ema.variables}

    def follow(self) -> None:
        """Move the average, where one is kept, towards the generator."""
        if self.ema is not self.generator:
            move_average(self.ema, self.generator, tf.constant(self.decay))
