"""Which categories an exported model hides by default, and why.

The owner's reasons come first: those in the model.toml that an export replaces, and those written
into a run's truncations.json in the place of ``true``. The others are hidden because a classifier
does not recognise them, as `flask gan truncations` measured.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import NonesuchError
from sources.spec.model_toml import read_contents

_MEASURED = "a classifier recognises"  # how every measured reason begins


def hidden_categories(
    truncations: Mapping[str, Any] | None, replaced: Path, echo: Callable[[str], None]
) -> dict[str, str]:
    """Return slug → reason of the categories to be hidden.

    ``truncations``: of `flask gan truncations`; ``replaced``: the folder that the export replaces,
    which need not exist.
    """
    hidden = _owners(replaced, echo)
    for slug, found in (truncations or {}).get("categories", {}).items():
        if isinstance(found["hidden"], str):
            hidden[slug] = found["hidden"]
        elif found["hidden"]:
            hidden.setdefault(slug, _measured(found, truncations or {}))
    return hidden


def _measured(found: Mapping[str, Any], truncations: Mapping[str, Any]) -> str:
    most, real = max(found["right"]), truncations["held_out_right"]
    return f"{_MEASURED} at most {most:.0%} of its pictures, and {real:.0%} of real ones"


def _owners(folder: Path, echo: Callable[[str], None]) -> dict[str, str]:
    """Return the reasons in a folder's model.toml, but those that are measured anew."""
    if not (folder / "model.toml").exists():
        return {}
    try:
        categories = read_contents(folder / "model.toml").categories
    except NonesuchError as error:
        echo(f"its reasons for hiding categories are not kept: {error.message}")
        return {}
    return {
        each.slug: each.why_hidden
        for each in categories
        if each.why_hidden and not each.why_hidden.startswith(_MEASURED)
    }
