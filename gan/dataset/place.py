"""Where a data set lies, and whether the one wanted is there already."""

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan.dataset.files import BadDataset, DatasetAbout, read_description

DESCRIPTION = "dataset.json"
# what the recipes' own data sets are made by, at a size
MADE_BY = {
    "emoji": "flask gan dataset emoji --size {size}",
    "flat_3d": "flask gan dataset styles fluent-emoji-flat fluent-emoji-3d --name flat_3d "
    "--dataset emoji-{size}",
}
_SIZED = re.compile(r"(.+)-(\d+)")


def dataset_folder(home: Path, name: str, size_px: int) -> Path:
    """Return <home>/datasets/<name>-<size>."""
    return home / "datasets" / f"{name}-{size_px}"


def find_dataset(home: Path, name: str) -> Path:
    """Return the folder of a data set by the name of its folder. Raises `BadDataset`."""
    folder = home / "datasets" / name
    if (folder / DESCRIPTION).is_file():
        return folder
    known = sorted(path.parent.name for path in folder.parent.glob(f"*/{DESCRIPTION}"))
    raise BadDataset(f"there is no data set {name!r} in {folder.parent}", _advice(name, known))


def _advice(name: str, known: list[str]) -> str:
    """Return what to type where ``name`` is not among the ``known`` ones."""
    match = _SIZED.fullmatch(name)
    stem, size = (match[1], match[2]) if match else (name, "")
    if stem in MADE_BY and size:
        return f"make it with: {MADE_BY[stem].format(size=size)}"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    if close:
        return f"did you mean {close[0]}?"
    sized = f" --size {size}" if size else ""
    there = f"; or choose another with --dataset, there are: {', '.join(known)}" if known else ""
    return f"make it from your pictures: flask gan dataset folder PATH --name {stem}{sized}{there}"


def is_there(
    folder: Path, wanted: Any, made_from: Callable[[DatasetAbout], Any], replace: bool
) -> bool:
    """Tell whether ``folder`` holds the data set wanted.

    ``made_from`` tells what one was made from; that must equal ``wanted``. Raises `BadDataset`
    when another data set is there and may not be replaced.
    """
    if replace:
        return False
    about = read_description(folder)
    if about is None:
        return False
    if made_from(about) != wanted:
        raise BadDataset(
            f"{folder} was made from other pictures or with other options",
            "make it anew with --replace, or give another --name",
        )
    return True
