"""What is wrong with a model's folder, and its model.toml read with that error."""

from pathlib import Path

from core.errors import NonesuchError
from core.toml.sheet import Sheet


class BadModel(NonesuchError):
    """A model's folder that lacks something or whose model.toml is wrong."""


def model_sheet(path: Path, text: str) -> Sheet:
    """Return a model.toml. Raises `BadModel`, also when a value is taken from it."""
    return Sheet(path, text, BadModel, "docs/models.md")
