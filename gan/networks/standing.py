"""Standing statistics (Brock et al. 2019): batch normalisation's, computed anew for given weights.

The moving averages of a short run are those of weights long gone, and an average of a generator's
weights has other statistics than the generator: SAGAN drew grey squares with them at 40 kimg.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from gan.networks.generator import GeneratorSpec, all_inputs, draw_latents, width_of
from gan.networks.layers.batch_norm import ConditionalBatchNorm

BATCH = 64
SEED = 11


def compute_standing_statistics(generator: keras.Model, spec: GeneratorSpec) -> None:
    """Replace all means and variances by those over ``spec.standing_passes`` batches of 64.

    The batches are always the same: latents as in training, categories drawn evenly. No other
    variable changes. Must run eagerly.
    """
    norms = [
        (layer, _decay_name(layer))
        for layer in generator.layers
        if isinstance(layer, ConditionalBatchNorm | keras.layers.BatchNormalization)
    ]
    moved = {id(variable) for layer, _ in norms for variable in layer.non_trainable_variables}
    kept = [
        (variable, variable.numpy())
        for variable in generator.non_trainable_variables
        if id(variable) not in moved
    ]
    before = [getattr(layer, name) for layer, name in norms]
    random = np.random.RandomState(SEED)
    try:
        for number in range(spec.standing_passes):
            for layer, name in norms:  # an arithmetic mean: the first pass counts fully
                setattr(layer, name, number / (number + 1))
            labels = {"category": random.randint(0, max(1, width_of(spec, "category")), BATCH)}
            latents = draw_latents(spec.inputs, BATCH, random, cut=None)
            given = all_inputs(spec.inputs, latents, labels, np.ones(BATCH))
            spec.picture(lambda inputs: generator(inputs, training=True), given)
            for variable, value in kept:  # such as a spectral norm's u: σ is what drawing has
                variable.assign(value)
    finally:
        for (layer, name), decay in zip(norms, before, strict=True):
            setattr(layer, name, decay)


def _decay_name(layer: keras.layers.Layer) -> str:
    return "decay" if isinstance(layer, ConditionalBatchNorm) else "momentum"


@contextmanager
def standing_statistics(generator: keras.Model, spec: GeneratorSpec) -> Iterator[keras.Model]:
    """Inside, the generator has them where its spec asks for that; after, what it had."""
    if not spec.standing_passes:
        yield generator
        return
    before = [(variable, variable.numpy()) for variable in generator.non_trainable_variables]
    try:
        compute_standing_statistics(generator, spec)
        yield generator
    finally:
        for variable, value in before:
            variable.assign(value)
