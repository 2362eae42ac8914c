"""What the site tells of a generator: what its model.toml and its model card say."""

import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.queries.models_shown import KeptModel

_LABEL = re.compile(r"[A-Za-z0-9_.\-]+/[0-9]+")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
CARD = "MODEL_CARD.md"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A generator as the site describes it; what is not known is empty."""

    label: str  # name/version
    address: str  # of its card, where it has one
    title: str = ""
    licence: str = ""
    size_px: int = 0
    data: tuple[tuple[str, ...], ...] = ()  # the card's table of data, the header first
    has_card: bool = False
    chosen: str = ""  # who picked the pictures, out of how many
    near: tuple[str, str] | None = None  # the share very near to a training picture, of how many


def read_card(models_folder: Path, label: str, kept: KeptModel | None = None) -> ModelCard:
    """Return what is known of a model: by its folder, or where that is gone by what was kept of it.

    ``label``: name/version, also with the runtime that was asked for.
    """
    folder = _folder(models_folder, label)
    said: dict[str, Any] = {}
    if folder is not None:
        with suppress(OSError, ValueError):
            said = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
    text = card_text(models_folder, label)
    if not said and kept is not None:
        said = {"title": kept.title, "licence": kept.licence, "size_px": kept.size_px}
    if text is None:
        text = kept.card if kept is not None else ""
    return ModelCard(
        label=label,
        address=f"/about/{label.partition(':')[0]}",
        title=str(said.get("title", "")),
        licence=str(said.get("licence", "")),
        size_px=int(said.get("finish", said).get("size_px", 0)),
        data=_table(text.partition("\n## Data")[2].partition("\n## ")[0]),
        has_card=bool(text),
        chosen=text.partition("\n## Chosen seeds\n\n")[2].partition("\n\n")[0],
        near=_near(text.partition("\n### Copying\n")[2].partition("\n### ")[0]),
    )


def card_text(models_folder: Path, label: str) -> str | None:
    """Return the model card itself, None where there is none."""
    folder = _folder(models_folder, label)
    if folder is None:
        return None
    try:
        return (folder / CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _folder(models_folder: Path, label: str) -> Path | None:
    # a label comes from the index or an address: it must not lead out of the folder
    label = label.partition(":")[0]
    return models_folder / label if _LABEL.fullmatch(label) and ".." not in label else None


def _near(section: str) -> tuple[str, str] | None:
    """Return what the card's table of copying says of distances in features."""
    rows = _table(section)
    for row in rows[1:]:
        found = dict(zip(rows[0], row, strict=False))
        if row[0] == "features" and {"very near", "n"} <= found.keys():
            return found["very near"], found["n"]
    return None


def _table(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the cells of the first table of a Markdown text, links as their words."""
    rows: list[tuple[str, ...]] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            if rows:
                break
            continue
        cells = tuple(_LINK.sub(r"\1", cell).strip() for cell in line.strip().strip("|").split("|"))
        if not all(set(cell) <= set(":- ") for cell in cells):
            rows.append(cells)
    return tuple(rows) if len(rows) > 1 else ()
