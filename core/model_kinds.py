"""Which models redraw pictures instead of making them. The site imports it: it imports little."""

import os
import re
from pathlib import Path

# of the tables' own kinds, as of inputs, none is called so
_TRANSLATION = re.compile(rb'^kind\s*=\s*"translation"', re.MULTILINE)


def newest_version(folder: Path) -> Path | None:
    """Return the folder of a model's highest version, None where there is none."""
    try:
        versions = [p for p in folder.iterdir() if p.name.isdecimal() and p.is_dir()]
    except OSError:
        return None
    return max(versions, key=lambda p: int(p.name), default=None)


def is_translation(folder: str | os.PathLike[str]) -> bool:
    """Say whether the newest version in a model's folder is a translator; False when unreadable."""
    newest = newest_version(Path(folder))
    if newest is None:
        return False
    try:
        return _TRANSLATION.search((newest / "model.toml").read_bytes()) is not None
    except OSError:
        return False


def translator_names(models_folder: Path) -> list[str]:
    """Return the names of the translators there are."""
    try:
        return sorted(p.name for p in models_folder.iterdir() if is_translation(p))
    except OSError:
        return []
