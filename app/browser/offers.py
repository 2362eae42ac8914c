"""What a page says of a generator before it is wanted: read without what draws pictures.

A worker that shows pages has neither NumPy nor LiteRT in memory; whether browsers can really run a
model is said by its description (`app.browser.generators`), which is asked for after the tap.
"""

import tomllib
from dataclasses import dataclass

from app.browser.runtime import read_runtime
from core.model_kinds import is_translation, newest_version
from core.settings import Settings

FOLDER = "live/files"  # below the site's own address; in it a folder for each model
DESCRIPTION = "description.json"
MOST_BYTES = 64 * 2**20  # more is not sent to a visitor


@dataclass(frozen=True)
class Offer:
    """A generator that visitors' browsers may run."""

    description: str  # where the document that describes it is, below the site's own address
    bytes: int  # that a visitor loads
    size_px: int  # of its pictures
    is_cutout: bool  # whether they have no ground


def read_offer(settings: Settings, name: str) -> Offer | None:
    """Return what a model's newest version offers; None where browsers cannot run it."""
    folder = newest_version(settings.models_folder / name)
    runtime = read_runtime(settings.home)
    if runtime is None or folder is None or is_translation(folder.parent):
        return None
    try:
        toml = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
        if "1" not in toml["litert"]["signatures"]:
            return None
        weights = (folder / toml["litert"]["file"]).stat().st_size
        size_px = int(toml.get("finish", {}).get("size_px") or toml["size_px"])
        is_cutout = toml.get("channels") == 4
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if weights > MOST_BYTES:
        return None
    loaded = weights + sum(file.bytes for file in runtime.files)
    return Offer(f"{FOLDER}/{name}/{DESCRIPTION}", loaded, size_px, is_cutout)
