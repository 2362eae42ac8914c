"""What a run would be: networks, parameters, memory, time. Nothing is written."""

import resource
import sys
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
LEAST_STEPS = 3  # that are timed
# of ru_maxrss (getrusage(2)): kB on Linux, bytes on macOS
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


def describe_run(dataset: Dataset, options: RunOptions) -> str:
    """Return the plan of a run as aligned text."""
    models: dict[str, keras.Model] = method_module(options.method).models(options, dataset)
    parameters = {name: model.count_params() for name, model in models.items()}
    # weights and two Adam moments each, and the generator's average
    state = (3 * sum(parameters.values()) + parameters["generator"]) * FLOAT_BYTES
    pictures = len(dataset.indices(TRAIN, options.leave_out_styles))
    rows = [
        ("recipe", options.recipe),
        ("data set", f"{options.dataset}: {pictures} pictures to train on"),
        ("labels", f"{len(dataset.categories)} categories, {len(dataset.styles)} styles"),
        ("length", f"{options.total_kimg:g} kimg in batches of {options.batch}"),
        *((name, f"{count:,} parameters") for name, count in parameters.items()),
        ("checkpoint", f"{_mb(state)} MB, the last 2 are kept"),
    ]
    return _aligned(rows)


def try_steps(
    dataset: Dataset,
    options: RunOptions,
    home: Path,
    echo: Callable[[str], None],
) -> str:
    """Return how long the run would take and how much memory, from a few of its last steps.

    They are made here and lost. Some before them compile every kind of step and are not counted.
    ``home`` keeps pretrained weights. Memory is the most that this process has held: data,
    weights, gradients and TensorFlow itself, but nothing of a GPU.
    """
    policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
    build = method_module(options.method).build
    method: Method = build(options, dataset, policy, home, echo)
    if isinstance(method, TakesUp):
        method.take_up(home, echo)
    batches = options.batches(dataset)
    cycles = -(-LEAST_STEPS // options.cycle)
    timed = cycles * options.cycle
    first = max(0, options.steps() - 1 - timed - options.cycle)
    pictures, started = 0, time.perf_counter()
    for number in range(first, first + options.cycle + timed):
        if number == first + options.cycle:
            pictures, started = 0, time.perf_counter()
        seen = options.pictures_seen(number)
        count = options.pictures_seen(number + 1) - seen
        metrics = method.step(number, batches.draw(number, count), seen / 1000)
        float(next(iter(metrics.values())))  # waits for the device
        pictures += count
    rate = pictures / (time.perf_counter() - started)
    length = in_words(options.total_kimg * 1000 / rate)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES
    return _aligned([
        ("memory", f"{_mb(held)} MB held in {timed} steps"),
        ("time", f"about {length} here: {rate:.3g} images/s in these steps, {policy}"),
    ])  # fmt: skip


def _aligned(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<15}{value}" for name, value in rows)


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f}"
