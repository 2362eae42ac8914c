"""What a run would be: networks, parameters, memory, time. Nothing is written."""

import dataclasses
import math
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from core.durations import in_words
from gan.dataset.files import TRAIN, Dataset
from gan.features.weights import WeightsMissing, nothing_fetched
from gan.machine import choose_dtype_policy
from gan.methods import method_module
from gan.methods.method import Method, WarmStarts, state_of
from gan.methods.recorded import check_continues, read_options
from gan.runs.checkpoint import last_checkpoint
from gan.runs.options import RunOptions

LEAST_STEPS = 3  # that are timed
MOST_PICTURES = 8  # of a step that is tried: SAGAN's of 64 take minutes each on two cores
_NPY_HEADER, _ZIP_HEADERS = 128, 30 + 20 + 46  # bytes of each array in a checkpoint
# of ru_maxrss (getrusage(2)): kB on Linux, bytes on macOS
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


def describe_run(folder: Path, dataset: Dataset, options: RunOptions) -> str:
    """Return the plan of the run in ``folder`` as aligned text.

    Raises `BadOptions` where another run was begun there.
    """
    begun = read_options(folder)
    if begun is not None:
        check_continues(begun, options, folder)
    models: dict[str, keras.Model] = method_module(options.method).models(options, dataset)
    pictures = len(dataset.indices(TRAIN, options.leave_out_styles))
    return _aligned([
        ("recipe", options.recipe),
        ("data set", f"{options.dataset}: {pictures} pictures to train on"),
        ("labels", f"{len(dataset.categories)} categories, {len(dataset.styles)} styles"),
        ("mirrored", options.mirroring),
        *([("beginning", options.beginning)] if options.beginning else []),
        ("length", f"{options.total_kimg:g} kimg in batches of {options.batch}"),
        *((name, f"{model.count_params():,} parameters") for name, model in models.items()),
    ])  # fmt: skip


def try_steps(
    folder: Path, dataset: Dataset, options: RunOptions, echo: Callable[[str], None]
) -> str:
    """Return what a run's checkpoints, memory and time would be, as aligned text.

    Measured in a few of its last steps, of `MOST_PICTURES` at most, which are made here and lost.
    Some before them compile every kind of step and are not counted. Memory is the most that this
    process has held: data, weights, gradients and TensorFlow itself, but nothing of a GPU; larger
    steps hold more. Time is what is left where the run was begun: larger steps are not slower by
    the picture. Where pretrained weights would have to be fetched first, nothing is tried.
    """
    tried = dataclasses.replace(options, batch=min(options.batch, MOST_PICTURES))
    policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
    home = folder.parent.parent
    try:
        with nothing_fetched():
            method: Method = method_module(options.method).build(tried, dataset, policy, home, echo)
    except WeightsMissing as error:
        return _aligned([("steps", f"none was tried: {error}")])
    found = last_checkpoint(folder, echo)
    if found is None and isinstance(method, WarmStarts):
        method.warm_start(home, echo)
    about = found[1].about if found else {"step": 0}
    del found  # its numbers: a run drops them too, once they are set
    seen = options.pictures_seen(about["step"])
    left = max(0, options.pictures_seen(options.steps()) - seen)
    timed, rate = _timed(method, dataset, tried)
    file_bytes = checkpoint_bytes(state_of(method))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES
    so_far = f", {seen / 1000:g} kimg are seen" if seen else ""
    larger = f"; a run's are of {options.batch} and hold more" if options != tried else ""
    length = f"about {in_words(left / rate)} here" if left else "nothing is left"
    return _aligned([
        ("checkpoint", f"{_mb(file_bytes)} MB, the last 2 are kept"),
        ("memory", f"{_mb(held)} MB held in {timed} steps of {tried.batch}{larger}"),
        ("time", f"{length}{so_far}: {rate:.3g} images/s in these steps, {policy}"),
    ])  # fmt: skip


def checkpoint_bytes(state: dict[str, Any]) -> int:
    """Return about how large the file of a checkpoint is, from the shapes of what it keeps."""
    return sum(
        math.prod(variable.shape) * tf.as_dtype(variable.dtype).size
        + _NPY_HEADER + _ZIP_HEADERS + 2 * len(f"{name}.npy")
        for name, variable in state.items()
    )  # fmt: skip


def _timed(method: Method, dataset: Dataset, options: RunOptions) -> tuple[int, float]:
    """Return how many steps were timed, and pictures per second in them."""
    batches = options.batches(dataset)
    timed = -(-LEAST_STEPS // options.cycle) * options.cycle
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
    return timed, pictures / (time.perf_counter() - started)


def _aligned(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<15}{value}" for name, value in rows)


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f}" if count >= 10e6 else f"{count / 1e6:.2g}"
