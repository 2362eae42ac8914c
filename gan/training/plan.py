"""What a run would be: networks, parameters, memory, time. Nothing is written."""

import keras

from gan.dataset.files import TRAIN, Dataset
from gan.methods import method_module
from gan.training.options import TrainingOptions

FLOAT_BYTES = 4
# of a step's activations, in forward passes kept: one through the generator, two through the
# others, and for penalties two more with their own gradients
PASSES_GENERATOR, PASSES_OTHERS = 1, 6


def describe_run(dataset: Dataset, options: TrainingOptions) -> str:
    """Return the plan of a run as aligned text."""
    models: dict[str, keras.Model] = method_module(options.method).models(options, dataset)
    parameters = {name: model.count_params() for name, model in models.items()}
    # weights and two Adam moments each, and the generator's average
    state = (3 * sum(parameters.values()) + parameters["generator"]) * FLOAT_BYTES
    pictures = len(dataset.indices(TRAIN, options.leave_out_styles))
    data = pictures * dataset.size_px**2 * options.picture_channels
    activations = options.batch * FLOAT_BYTES
    activations *= sum(
        (PASSES_GENERATOR if name == "generator" else PASSES_OTHERS) * _outputs(model)
        for name, model in models.items()
    )
    rows = [
        ("recipe", options.recipe),
        ("data set", f"{options.dataset}: {pictures} pictures to train on"),
        ("labels", f"{len(dataset.categories)} categories, {len(dataset.styles)} styles"),
        ("length", f"{options.total_kimg:g} kimg in batches of {options.batch}"),
        *((name, f"{count:,} parameters") for name, count in parameters.items()),
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
