"""What a run of a translator has learned, read from its newest checkpoint: both generators."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from gan.dataset.files import Dataset, read_dataset
from gan.dataset.place import find_dataset
from gan.machine import dtype_policy
from gan.methods.cyclegan import DIRECTIONS, Options, translator
from gan.methods.recorded import read_options
from gan.runs.checkpoint import BadCheckpoint, last_checkpoint, restore
from gan.runs.options import BadOptions


@dataclass(frozen=True)
class Translators:
    """Two generators, by direction, and where they come from."""

    generators: dict[str, keras.Model]  # float32; the averages where the recipe keeps them
    options: Options
    dataset: Dataset
    about: dict[str, Any]  # step, pictures_seen, seconds


def is_translator_run(run: Path) -> bool:
    """Say whether the run in a folder trains a translator. Raises `BadOptions`."""
    return isinstance(read_options(run), Options)


def read_translators(run: Path, home: Path, echo: Callable[[str], None]) -> Translators:
    """Return what the run in a folder has learned; ``home`` has its data set.

    Raises `BadOptions`, `BadDataset` or `BadCheckpoint`.
    """
    options = read_options(run)
    if not isinstance(options, Options):
        raise BadOptions(f"the run in {run} trains no translator")
    dataset = read_dataset(find_dataset(home, options.dataset))
    found = last_checkpoint(run, echo)
    if found is None:
        raise BadCheckpoint(
            f"the run in {run} has no checkpoint that can be read",
            "train it for at least one --checkpoint-minutes",
        )
    path, checkpoint = found
    generators = {}
    for direction in DIRECTIONS:
        with dtype_policy("float32"):
            generators[direction] = translator(options, dataset)
        part = f"ema_{direction}" if options.ema_kimg else direction
        restore(
            {f"{part}/{i:03d}": v for i, v in enumerate(generators[direction].variables)},
            checkpoint,
            path,
        )
    return Translators(generators, options, dataset, checkpoint.about)
