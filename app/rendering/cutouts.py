"""Which pictures have no ground of their own: those of models that make four channels.

The index does not know it and a file would have to be opened, so the model is asked, once.
"""

import re
import tomllib
from pathlib import Path

_LABEL = re.compile(r"[A-Za-z0-9_.\-]+/[0-9]+")
_FLAT = (".jpg", ".jpeg")


class Cutouts:
    """Knows it by a picture's model and file; a model that is not here has three channels."""

    def __init__(self, models_folder: Path) -> None:
        self._folder = models_folder
        self._known: dict[str | None, bool] = {None: False}

    def has(self, model: str | None, file: str) -> bool:
        """Say whether a picture of ``model`` (name/version) is shown without paper."""
        known = self._known.get(model)
        if known is None:
            assert model is not None
            known = self._known[model] = self._read(model)
        return known and not file.lower().endswith(_FLAT)

    def _read(self, model: str) -> bool:
        if not _LABEL.fullmatch(model):
            return False
        try:
            text = (self._folder / model / "model.toml").read_text(encoding="utf-8")
            return tomllib.loads(text).get("channels") == 4
        except (OSError, ValueError):
            return False
