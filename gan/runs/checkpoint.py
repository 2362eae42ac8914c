"""Checkpoints: every number of a run in one .npz, written durably, the last two kept."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import NonesuchError
from core.files import write_durably

_NAME = re.compile(r"checkpoint-(\d{9})\.npz")
KEEP = 2


class BadCheckpoint(NonesuchError):
    """A checkpoint that cannot be read or belongs to another run."""


@dataclass(frozen=True)
class Checkpoint:
    """State by name and what the run was: recipe, step, pictures seen, seconds trained."""

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]


def checkpoints_in(run: Path) -> list[Path]:
    """Return a run's checkpoints, oldest first."""
    return sorted(path for path in run.glob("checkpoint-*.npz") if _NAME.fullmatch(path.name))


def numbers_of(variables: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return what variables hold now, by the same names."""
    return {name: np.asarray(variable) for name, variable in variables.items()}


def packed(checkpoint: Checkpoint) -> memoryview:
    """Return the bytes of a checkpoint's file."""
    buffer = io.BytesIO()
    about = np.frombuffer(json.dumps(checkpoint.about).encode(), dtype=np.uint8)
    arrays: dict[str, np.ndarray] = {**checkpoint.arrays, "__about__": about}
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getbuffer()  # no second copy: a large recipe's has 800 MB


def save_checkpoint(run: Path, step: int, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint, then drop all but the last `KEEP`."""
    path = run / f"checkpoint-{step:09d}.npz"
    write_durably(path, packed(checkpoint))
    for old in checkpoints_in(run)[:-KEEP]:
        old.unlink()
    return path


def last_checkpoint(run: Path, echo: Callable[[str], None]) -> tuple[Path, Checkpoint] | None:
    """Return the newest checkpoint that can be read, or None; each damaged one is echoed."""
    for path in reversed(checkpoints_in(run)):
        try:
            return path, load_checkpoint(path)
        except BadCheckpoint as error:
            echo(error.message)
    return None


def set_aside(path: Path) -> None:
    """Take a checkpoint out of the count, so that newer ones with lower steps are kept."""
    path.replace(path.with_suffix(".damaged"))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises `BadCheckpoint`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("__about__").tobytes())
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadCheckpoint(
            f"{path} is damaged or no checkpoint ({error})",
            "delete it: the run continues from the one before",
        ) from error
    return Checkpoint(arrays, about)


def restore(variables: dict[str, Any], checkpoint: Checkpoint, path: Path) -> None:
    """Assign arrays to the variables of the same names. Raises `BadCheckpoint`, then none is."""
    for name, variable in variables.items():
        if name not in checkpoint.arrays:
            raise BadCheckpoint(f"{path} is of another recipe: it has no {name}")
        shape = checkpoint.arrays[name].shape
        if tuple(variable.shape) != shape:
            raise BadCheckpoint(
                f"{path} is of another recipe: {name} is {shape}, not {tuple(variable.shape)}"
            )
    for name, variable in variables.items():
        variable.assign(checkpoint.arrays[name])
