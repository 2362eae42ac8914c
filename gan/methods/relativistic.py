"""Relativistic pairing with R1 + R2 between pictures, by the residual networks.

See `gan.methods.pairing` for the step.
"""

from dataclasses import dataclass

import keras
import tensorflow as tf

from gan.augment import seen
from gan.dataset.files import DatasetAbout
from gan.machine import dtype_policy
from gan.methods.ema import average_of
from gan.methods.pairing import Pairing
from gan.networks.residual import build_discriminator, build_generator
from gan.runs.options import PenalisedOptions


@dataclass(frozen=True)
class Options(PenalisedOptions):
    """The numbers of a run by this method."""

    discriminator_channels: tuple[int, ...] = (48, 96, 192, 256)  # from size/2 down to 4×4


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force."""
    networks = options.networks(dataset)
    return {
        "generator": build_generator(networks),
        "discriminator": build_discriminator(networks, options.discriminator_channels),
    }


def build(options: Options, dataset: DatasetAbout, policy: str, *_: object) -> "Relativistic":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return Relativistic(options, dataset, policy)


class Relativistic(Pairing[Options]):
    """That pairing, with its networks; see `gan.methods.method.Method`."""

    def make_networks(self, dataset: DatasetAbout, policy: str) -> None:
        with dtype_policy(policy):
            made = models(self.options, dataset)
        self.generator, self.discriminator = made["generator"], made["discriminator"]
        self.ema = self.average = average_of(self.generator, self.networks)

    def seen(
        self, pictures: tf.Tensor, seed: tf.Tensor, other_seed: tf.Tensor, strength: tf.Tensor
    ) -> tf.Tensor:
        return seen(pictures, seed, other_seed, self.options.augment, strength)
