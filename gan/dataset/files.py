"""A data set on disk: one array of pictures, one row per picture, one description.

<folder>/pictures.npy    uint8 [N, H, W, 4], straight (not premultiplied) RGBA, 0-255
<folder>/records.jsonl   N lines, in the order of the array
<folder>/dataset.json    name, size, categories, styles, licences, what was left out
"""

import errno
import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import NonesuchError
from core.files import folder_written_whole

TRAIN, HELD_OUT = "train", "held-out"
_LOOKED_AT = 64  # pictures whose bytes tell data sets of the same rows apart
_KNOWN = ("name", "size_px", "pictures", "categories", "styles")


class BadDataset(NonesuchError):
    """A data set that is missing or cannot be read."""


@dataclass(frozen=True)
class Record:
    """One picture's row."""

    category: str
    style: str
    concept: str  # pictures of one concept are never split between train and held-out
    origin: str  # code points, or the file the picture was read from
    licence: str
    split: str


@dataclass(frozen=True)
class Label:
    """A category of a data set: slug and the name that makes the site's sentence."""

    slug: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DatasetAbout:
    """What a data set is, without its pictures: all that an export needs."""

    name: str
    size_px: int
    categories: list[Label]
    styles: list[str]
    notes: dict[str, Any]  # licences, what was merged, dropped and left out


@dataclass(frozen=True, kw_only=True)
class Dataset(DatasetAbout):
    """A data set in memory; ``pictures`` may be memory-mapped."""

    pictures: np.ndarray  # uint8 [N, H, W, 4], 0-255
    records: list[Record]

    def indices(self, split: str, leave_out_styles: tuple[str, ...] = ()) -> np.ndarray:
        """Return the positions, int64 [M], of a split's pictures without the styles named."""
        return np.array(
            [
                i
                for i, record in enumerate(self.records)
                if record.split == split and record.style not in leave_out_styles
            ],
            dtype=np.int64,
        )

    def digest(self) -> str:
        """Return the SHA-256, hexadecimal, of what a run sees.

        Of labels, styles, every picture's row, and the bytes of some of the pictures.
        """
        said = [self.size_px, [asdict(label) for label in self.categories], self.styles]
        found = hashlib.sha256(json.dumps(said).encode())
        for record in self.records:
            found.update(json.dumps(asdict(record)).encode())
        apart = max(1, len(self.pictures) // _LOOKED_AT)
        found.update(np.ascontiguousarray(self.pictures[::apart]).tobytes())
        return found.hexdigest()

    def category_ids(self) -> np.ndarray:
        """Return each picture's category as a position in ``categories``, int32 [N]."""
        position = {label.slug: i for i, label in enumerate(self.categories)}
        return np.array([position[record.category] for record in self.records], dtype=np.int32)

    def style_ids(self) -> np.ndarray:
        """Return each picture's style as a position in ``styles``, int32 [N]."""
        position = {style: i for i, style in enumerate(self.styles)}
        return np.array([position[record.style] for record in self.records], dtype=np.int32)


def write_dataset(dataset: Dataset, folder: Path) -> None:
    """Write the three files; the folder appears whole or not at all."""
    description = {
        "name": dataset.name,
        "size_px": dataset.size_px,
        "pictures": len(dataset.records),
        "categories": [asdict(label) for label in dataset.categories],
        "styles": dataset.styles,
        **dataset.notes,
    }
    with folder_written_whole(folder) as temporary:
        _save(temporary / "pictures.npy", dataset.pictures)
        with (temporary / "records.jsonl").open("w", encoding="utf-8") as file:
            for record in dataset.records:
                file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        (temporary / "dataset.json").write_text(
            json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _save(path: Path, pictures: np.ndarray) -> None:
    """Write an array. Raises OSError, with its number also where NumPy tells none."""
    try:
        np.save(path, pictures)
    except OSError as error:
        if error.errno is not None:
            raise
        # fewer bytes were written than asked for
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def read_description(folder: Path) -> DatasetAbout | None:
    """Return what dataset.json says, or None where there is none yet. Raises `BadDataset`."""
    try:
        text = (folder / "dataset.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        description = json.loads(text)
        return DatasetAbout(
            name=description["name"],
            size_px=description["size_px"],
            categories=[Label(**label) for label in description["categories"]],
            styles=description["styles"],
            notes={key: value for key, value in description.items() if key not in _KNOWN},
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, reason: object) -> BadDataset:
    return BadDataset(
        f"the data set in {folder} cannot be read ({reason})", "make it anew with --replace"
    )


def check_description(folder: Path) -> DatasetAbout:
    """Return what dataset.json says; raise `BadDataset` where there is no data set."""
    about = read_description(folder)
    if about is None:
        raise BadDataset(
            f"there is no data set in {folder}",
            "make it with: flask gan dataset emoji, or flask gan dataset folder PATH",
        )
    return about


def read_dataset(folder: Path) -> Dataset:
    """Read a data set; pictures are memory-mapped. Raises `BadDataset`."""
    about = check_description(folder)
    try:
        pictures = np.load(folder / "pictures.npy", mmap_mode="r")
        lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
        records = [Record(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(folder, error) from error
    shape = (len(records), about.size_px, about.size_px, 4)
    if pictures.shape != shape or pictures.dtype != np.uint8:
        raise _unreadable(
            folder, f"pictures are {pictures.dtype} {pictures.shape}, expected uint8 {shape}"
        )
    known = {label.slug for label in about.categories}
    for record in records:
        if record.category not in known or record.style not in about.styles:
            raise _unreadable(folder, f"a record of {record.category}, {record.style}")
    return Dataset(**vars(about), pictures=pictures, records=records)


def summary_table(dataset: Dataset) -> str:
    """Return pictures, concepts and held-out pictures per category as aligned text."""
    pictures = Counter(record.category for record in dataset.records)
    held_out = Counter(r.category for r in dataset.records if r.split == HELD_OUT)
    concepts: dict[str, set[str]] = {}
    for record in dataset.records:
        concepts.setdefault(record.category, set()).add(record.concept)
    lines = [f"{'category':<22}{'pictures':>9}{'concepts':>9}{'held out':>9}"]
    for label in dataset.categories:
        slug = label.slug
        concepts_here = len(concepts.get(slug, ()))
        lines.append(f"{slug:<22}{pictures[slug]:>9}{concepts_here:>9}{held_out[slug]:>9}")
    total = len(dataset.records)
    all_concepts = sum(len(found) for found in concepts.values())
    lines.append(f"{'total':<22}{total:>9}{all_concepts:>9}{sum(held_out.values()):>9}")
    return "\n".join(lines)
