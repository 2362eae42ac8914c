"""Packages that a part of the program needs and the site does without."""

from core.errors import NonesuchError

_WITH_TENSORFLOW = "requirements-tensorflow.txt"
PINNED = {
    "grpc": _WITH_TENSORFLOW, "h5py": _WITH_TENSORFLOW, "keras": _WITH_TENSORFLOW,
    "resvg_py": _WITH_TENSORFLOW, "tensorboard": _WITH_TENSORFLOW,
    "tensorflow": _WITH_TENSORFLOW, "tensorflow_serving": _WITH_TENSORFLOW,
    "kagglehub": "requirements-hub.txt", "tensorflow_hub": "requirements-hub.txt",
    "ray": "requirements-ray.txt",
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
