"""Each recipe of a document, unchanged but for its size: trains on the tiny data set in seconds."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from gan.recipes import read_recipe
from gan.runs.checkpoint import checkpoints_in, load_checkpoint
from gan.runs.options import RunOptions
from tests.gan.tiny import TINY

SMALLER: dict[str, dict[str, Any]] = {
    "wgan": {"latent": 6, "first_steps": 2, "first_critic_steps": 4, "more_every": 4,
             "critic_steps": 2},
    "wgan-gp": {"latent": 6, "critic_steps": 2},
    "sagan": {"latent": 6, "width": 1},
    "stylegan": {"latent": 6, "most_channels": 5, "start_px": 4, "stage_kimg": 0.008,
                 "fade_kimg": 0.008},
    "stylegan-small": {"latent": 6, "most_channels": 5, "start_px": 4, "stage_kimg": 0.004,
                       "fade_kimg": 0.004, "leave_out_styles": (), "no_mirror": ()},
    "sagan-small": {"latent": 6, "width": 1, "leave_out_styles": (), "no_mirror": ()},
}  # fmt: skip


def tiny(recipe: str, steps: int = 6) -> RunOptions:
    """Return a recipe at 8 px that ends after some steps."""
    options = dataclasses.replace(read_recipe(recipe), dataset="tiny-8", batch=4, **SMALLER[recipe])
    return dataclasses.replace(options, total_kimg=options.pictures_seen(steps) / 1000)


def warm_started(method: str) -> dict[str, Any]:
    """Return the numbers of a run by `projected` or `concepts` that begins with the run `first`."""
    numbers = {**vars(TINY), "recipe": f"emoji-{method}", "method": method, "start": "first"}
    del numbers["total_kimg"]
    return numbers | {"batch": 4, "mixed_channels": (4, 4, 4, 4), "head_width": 4}


def shallow_start(method: str) -> dict[str, Any]:
    """Return the same where the fixture `shallow` has left two maps."""
    return warm_started(method) | {"features_px": 32, "mixed_channels": (4, 4)}


def arrays(home: Path, name: str) -> dict[str, np.ndarray]:
    """Return what the newest checkpoint of a home's run holds."""
    return load_checkpoint(checkpoints_in(home / "runs" / name)[-1]).arrays
