"""What a run has learned, read from its newest checkpoint: the EMA generator."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from gan.dataset.files import DatasetAbout, check_description
from gan.machine import dtype_policy
from gan.methods import options_class
from gan.methods.recorded import read_options
from gan.networks.generator import GeneratorSpec
from gan.networks.standing import compute_standing_statistics
from gan.runs.checkpoint import BadCheckpoint, last_checkpoint, restore
from gan.runs.options import BadOptions, RunOptions


@dataclass(frozen=True)
class Trained:
    """A generator and where it comes from."""

    generator: keras.Model  # float32; the average over the run where the recipe keeps one
    networks: GeneratorSpec
    options: RunOptions
    dataset: DatasetAbout
    about: dict[str, Any]  # recipe, step, pictures_seen, seconds, made_from: of what it builds on

    @property
    def pictures_seen(self) -> int:
        """Real pictures that what draws was trained on; what enlarges afterwards saw others."""
        return _pictures_seen(self.about, type(self.options))

    @property
    def styles(self) -> list[int]:
        """The positions of the styles that it was trained on."""
        left_out = self.options.leave_out_styles
        return [i for i, style in enumerate(self.dataset.styles) if style not in left_out]


def _pictures_seen(about: dict[str, Any], options: type[RunOptions]) -> int:
    seen: int = about["pictures_seen"]
    before = about.get("made_from")
    if not before or "model" in before:  # what a model saw says its own card
        return seen
    earlier = _pictures_seen(before, options_class(before["options"]["method"]))
    return earlier + (seen if options.continues_weights else 0)


def read_trained(run: Path, datasets: Path, echo: Callable[[str], None]) -> Trained:
    """Return what the run in a folder has learned; ``datasets`` holds its data set's folder.

    Raises `BadOptions`, `BadDataset` or `BadCheckpoint`.
    """
    options = read_options(run)
    if options is None:
        raise BadOptions(
            f"no run was begun in {run}", f"flask gan train --recipe emoji --run {run.name}"
        )
    dataset = check_description(datasets / options.dataset)
    found = last_checkpoint(run, echo)
    if found is None:
        raise BadCheckpoint(
            f"the run in {run} has no checkpoint that can be read",
            "train it for at least one --checkpoint-minutes",
        )
    path, checkpoint = found
    networks = options.networks(dataset)
    with dtype_policy("float32"):
        generator = networks.build()
    part = "ema" if any(name.startswith("ema/") for name in checkpoint.arrays) else "generator"
    variables = {f"{part}/{i:03d}": variable for i, variable in enumerate(generator.variables)}
    restore(variables, checkpoint, path)
    if networks.standing_passes:
        compute_standing_statistics(generator, networks)
    _fold(generator)
    return Trained(generator, networks, options, dataset, checkpoint.about)


def _fold(network: keras.Model) -> None:
    """Write what is a constant from here on into the weights, such as a spectral norm's σ."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            _fold(layer)
        elif hasattr(layer, "fold"):
            layer.fold()
