"""The average over a run."""

import keras
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.generator import GeneratorSpec


def average_of(generator: keras.Model, networks: GeneratorSpec) -> keras.Model:
    """Return a float32 copy of a generator, which is to hold its exponential moving average."""
    with dtype_policy("float32"):
        average = networks.build()
    average.set_weights(generator.get_weights())
    return average


def move_average(average: keras.Model, network: keras.Model, decay: tf.Tensor) -> None:
    """Move every variable of ``average`` towards the network's by 1 - decay."""
    for kept, value in zip(average.variables, network.variables, strict=True):
        kept.assign(kept * decay + value * (1 - decay))
