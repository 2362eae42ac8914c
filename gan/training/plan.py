"""What a run would be: networks, parameters, memory, time. Nothing is written."""

import keras

from gan.dataset.files import TRAIN, Dataset
from gan.networks.residual import build_discriminator, build_generator
from gan.training.options import TrainingOptions
from gan.training.run import network_options

FLOAT_BYTES = 4
# of a step's activations, in forward passes kept: one through G, two through D, and for the
# penalties two more with their own gradients
PASSES_G, PASSES_D = 1, 6


def describe_run(dataset: Dataset, options: TrainingOptions) -> str:
    """Return the plan of a run as aligned text."""
    networks = network_options(dataset, options)
    generator, discriminator = build_generator(networks), build_discriminator(networks)
    g, d = generator.count_params(), discriminator.count_params()
    state = (4 * g + 3 * d) * FLOAT_BYTES  # weights, EMA of G, two Adam moments each
    pictures = len(dataset.indices(TRAIN, options.leave_out_styles))
    data = pictures * dataset.size_px**2 * 3
    activations = options.batch * FLOAT_BYTES
    activations *= PASSES_G * _outputs(generator) + PASSES_D * _outputs(discriminator)
    rows = [
        ("recipe", options.recipe),
        ("data set", f"{options.dataset}: {pictures} pictures to train on"),
        ("labels", f"{len(dataset.categories)} categories, {len(dataset.styles)} styles"),
        ("length", f"{options.total_kimg:g} kimg in batches of {options.batch}"),
        ("generator", f"{g:,} parameters"),
        ("discriminator", f"{d:,} parameters"),
        ("memory", f"about {_mb(state + data + activations)} MB besides TensorFlow's own 600 MB"),
        ("checkpoint", f"{_mb(state)} MB, the last 2 are kept"),
    ]
    return "\n".join(f"{name:<15}{value}" for name, value in rows)


def _outputs(network: keras.Model) -> int:
    """Return the numbers that all layers put out for one picture."""
    total = 0
    for layer in network.layers:
        for output in layer.output if isinstance(layer.output, list) else [layer.output]:
            size = 1
            for side in output.shape[1:]:
                size *= side
            total += size
    return total


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f}"
