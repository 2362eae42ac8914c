"""What a run would be: networks, parameters, memory, time. Nothing is written."""

import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from gan.dataset.files import TRAIN, Dataset
from gan.durations import in_words
from gan.methods import method_module
from gan.training.machine import choose_dtype_policy
from gan.training.method import Method, TakesUp
from gan.training.options import RunOptions

FLOAT_BYTES = 4
# of a step's activations, in forward passes kept: one through the generator, two through the
# others, and for penalties two more with their own gradients
PASSES_GENERATOR, PASSES_OTHERS = 1, 6


def describe_run(dataset: Dataset, options: RunOptions) -> str:
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


def expected_time(
    dataset: Dataset,
    options: RunOptions,
    home: Path,
    echo: Callable[[str], None],
    steps: int = 3,
) -> str:
    """Return a row that says how long the run would take, from a few of its last steps made here.

    The first, which compiles, is not counted. ``home`` keeps pretrained weights.
    """
    policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
    build = method_module(options.method).build
    method: Method = build(options, dataset, policy, home, echo)
    if isinstance(method, TakesUp):
        method.take_up(home, echo)
    batches = options.batches(dataset)
    first = max(0, options.steps() - 1 - steps)
    pictures, started = 0, time.perf_counter()
    for number in range(first, first + steps + 1):
        seen = options.pictures_seen(number)
        count = options.pictures_seen(number + 1) - seen
        metrics = method.step(number, batches.draw(number, count), seen / 1000)
        float(next(iter(metrics.values())))  # waits for the device
        if number == first:
            started = time.perf_counter()
        else:
            pictures += count
    rate = pictures / (time.perf_counter() - started)
    length = in_words(options.total_kimg * 1000 / rate)
    return f"{'time':<15}about {length} here: {rate:.3g} images/s in {steps} steps, {policy}"


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
