"""Packages that a part of the program needs and the site does without."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from core.errors import NonesuchError

_WITH_TENSORFLOW = "requirements-tensorflow.txt"
PINNED = {
    "grpc": _WITH_TENSORFLOW, "h5py": _WITH_TENSORFLOW, "keras": _WITH_TENSORFLOW,
    "resvg_py": _WITH_TENSORFLOW, "tensorboard": _WITH_TENSORFLOW,
    "tensorflow": _WITH_TENSORFLOW, "tensorflow_serving": _WITH_TENSORFLOW,
    "kagglehub": "requirements-hub.txt", "tensorflow_hub": "requirements-hub.txt",
    "onnxruntime": "requirements-onnx.txt", "ray": "requirements-ray.txt",
    "tf_keras": "requirements-hub.txt",
}  # fmt: skip


class NotInstalled(NonesuchError):
    """A package that this needs and the site does not."""


def not_installed(error: ImportError) -> NotInstalled | None:
    """Return what to type where an optional package is missing; None of any other import."""
    package = (error.name or "").partition(".")[0]
    if package not in PINNED:
        return None
    return NotInstalled(
        f"this needs the package {package}, which is not installed",
        f"python -m pip install -r {PINNED[package]}",
    )


def import_tensorflow() -> ModuleType:
    """Return TensorFlow, which takes seconds and 650 MB. Raises `NotInstalled`.

    Its C++ part writes notes about devices and oneDNN to file 2, whatever its log level is: they
    are lost, as is whatever else the process writes there meanwhile.
    """
    if there := sys.modules.get("tensorflow"):
        return there
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _silent():
            return importlib.import_module("tensorflow")
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise NotInstalled(
            "this needs TensorFlow, which is not installed",
            f"python -m pip install -r {_WITH_TENSORFLOW}",
        ) from error


@contextmanager
def _silent() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
