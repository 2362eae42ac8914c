"""Where a data set lies, and whether the one wanted is there already."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.slugs import nearest
from gan.dataset.files import BadDataset, DatasetAbout, read_description

DESCRIPTION = "dataset.json"


def dataset_folder(home: Path, name: str, size_px: int) -> Path:
    """Return <home>/datasets/<name>-<size>."""
    return home / "datasets" / f"{name}-{size_px}"


def find_dataset(home: Path, name: str) -> Path:
    """Return the folder of a data set by the name of its folder. Raises `BadDataset`."""
    folder = home / "datasets" / name
    if (folder / DESCRIPTION).is_file():
        return folder
    known = sorted(path.parent.name for path in folder.parent.glob(f"*/{DESCRIPTION}"))
    suggestion = {slug.replace("-", "_"): slug for slug in known}.get(
        nearest(name, [slug.replace("-", "_") for slug in known])
    )
    make = "make it with: flask gan dataset emoji, or flask gan dataset folder PATH"
    raise BadDataset(
        f"there is no data set {name!r} in {folder.parent}",
        f"did you mean {suggestion}?" if suggestion else make,
    )


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
