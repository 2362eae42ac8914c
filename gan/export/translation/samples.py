"""Pictures beside a translator: six to try it with, and a sheet of what it makes of unseen ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gan.dataset.files import HELD_OUT, Dataset
from gan.dataset.two_domains import domain_indices
from gan.methods.cyclegan import DIRECTIONS
from gan.methods.translators import Translators
from gan.pixels import on_white, tile, to_uint8, to_unit

EACH = 3  # samples of a domain
SHEET = "samples.webp"
SHEET_PAIRS = 24  # of each direction
SHEET_COLUMNS = 12


@dataclass(frozen=True)
class Sample:
    """A held-out picture that visitors may try."""

    row: int  # of the data set
    direction: str
    file: str
    name: str
    credit: str


def shown_samples(dataset: Dataset) -> list[Sample]:
    """Return `EACH` held-out pictures of each domain, evenly spread; none without a licence."""
    found = []
    credits = {s.get("domain"): s for s in dataset.notes.get("sets", [])}
    for domain, rows in enumerate(domain_indices(dataset, HELD_OUT)):
        # taken from the middle of each third, and other ones of either domain
        places = (np.arange(EACH) + (0.3, 0.7)[domain]) * len(rows) / EACH
        for i, place in enumerate(places.astype(int) if len(rows) >= EACH else []):
            record = dataset.records[rows[place]]
            if record.licence == "not stated":
                continue
            source = credits.get(record.style, {})
            name = next(c.name for c in dataset.categories if c.slug == record.category)
            by = source.get("credit", "")
            found.append(
                Sample(
                    int(rows[place]),
                    DIRECTIONS[domain],
                    f"samples/{'ab'[domain]}{i + 1}.webp",
                    name,
                    f"{by}, {record.licence}" if by else record.licence,
                )
            )
    return found


def write_samples(samples: list[Sample], dataset: Dataset, folder: Path) -> None:
    """Write the samples, on white, as lossless WebP under ``folder``."""
    for sample in samples:
        path = folder / sample.file
        path.parent.mkdir(exist_ok=True)
        picture = on_white(dataset.pictures[[sample.row]])[0]
        Image.fromarray(picture).save(path, "WEBP", lossless=True)


def write_sheet(trained: Translators, folder: Path) -> None:
    """Write samples.webp: held-out pictures, each before its translation, evenly spread.

    Nothing is written where no picture is held out, or where their licence is not stated.
    """
    dataset, shown = trained.dataset, []
    for domain, rows in enumerate(domain_indices(dataset, HELD_OUT)):
        if not len(rows) or dataset.records[rows[0]].licence == "not stated":
            return
        rows = rows[np.linspace(0, len(rows) - 1, SHEET_PAIRS).round().astype(int)]
        given = on_white(dataset.pictures[rows])
        generator = trained.generators[DIRECTIONS[domain]]
        made = [to_uint8(np.asarray(generator(x[None]))[0]) for x in to_unit(given)]
        shown += [picture for pair in zip(given, made, strict=True) for picture in pair]
    tile(np.stack(shown), SHEET_COLUMNS).save(folder / SHEET, "WEBP", quality=80, method=6)
