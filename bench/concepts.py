"""Which things can be read in what runs draw, where the shipped model's are hardest to read.

    python -m bench.concepts --run emoji-3 --run emoji-concepts [--pictures 32] [--grids FOLDER]

The reader is emoji/3's curator: the nearest of 1,164 concepts by linear discriminants. It sees
pictures at its own size, smaller ones enlarged by linear interpolation. Of each run the same
categories are drawn: the `WORST` in which the first run's concepts are read as the category's
least often. Every row stands beside real pictures of the same categories, reduced to the run's
size. Begin a run of the shipped model's weights by

    flask gan train --recipe emoji-projected --set start=emoji/3 --run emoji-3 --minutes 0.001
"""

from pathlib import Path

import click
import numpy as np
from PIL import Image

from bench.table import markdown
from core.settings import PROJECT, read_settings
from gan.dataset.files import Dataset, read_dataset
from gan.evaluation.samples.generating import draw_pictures
from gan.methods.trained import Trained, read_trained
from gan.pixels import on_white, tile
from gan.runs.folders import find_run
from sources.curators.concepts import Concepts
from sources.curators.curator import Curator, read_curator
from sources.spec.description import read_model

READER = PROJECT / "models" / "emoji" / "3"
WORST = 30
LOST = [
    "office_supply",
    "remedy",
    "noisemaker",
    "sight",
    "curio",
    "meal",
    "fist",
    "work_of_art",
    "letter",
    "piece_of_tableware",
    "garment",
    "pointing_hand",
]
TRUNCATION = (0.5, 0.8)


def enlarge(pictures: np.ndarray, size_px: int) -> np.ndarray:
    """Return uint8 [N, S, S, 3] of uint8 [N, s, s, 3]."""
    made = [Image.fromarray(p).resize((size_px, size_px), Image.Resampling.BILINEAR)
            for p in pictures]  # fmt: skip
    return np.stack([np.asarray(picture) for picture in made])


def read(curator: Curator, pictures: np.ndarray) -> np.ndarray:
    """Return the concept that is read in each picture, a position in the reader's table."""
    concepts = known(curator)
    features = curator.features.of(enlarge(pictures, curator.fitted.size_px))
    found: np.ndarray = concepts.distances(concepts.place(features)).argmin(axis=1)
    return found


def known(curator: Curator) -> Concepts:
    if curator.concepts is None:
        raise click.ClickException(f"the curator of {READER} has no concepts")
    return curator.concepts


def drawn(trained: Trained, dataset: Dataset, pictures: int) -> np.ndarray:
    """Return so many pictures of each category, uint8 [C·pictures, H, W, 3], the same always."""
    labels = np.repeat(np.arange(len(dataset.categories)), pictures)
    return draw_pictures(trained, dataset, labels, np.random.RandomState(0), TRUNCATION)


def shares(concepts: Concepts, found: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Return how often a category's pictures are read as one of its concepts, float [C]."""
    slugs = np.array([label.slug for label in dataset.categories])
    by_category = found.reshape(len(slugs), -1)
    shown: np.ndarray = (concepts.slugs[by_category] == slugs[:, None]).mean(axis=1)
    return shown


@click.command()
@click.option("--run", "runs", multiple=True, required=True, help="A run; may be repeated.")
@click.option("--pictures", default=32, show_default=True, help="Of each category.")
@click.option("--grids", type=click.Path(path_type=Path), help="Folder for lost-RUN.png.")
def main(runs: tuple[str, ...], pictures: int, grids: Path | None) -> None:
    """Print the table."""
    home, curator = read_settings({}).home, read_curator(read_model(READER))
    concepts, rows = known(curator), []
    worst: np.ndarray | None = None
    for name in runs:
        trained = read_trained(find_run(home, name), home / "datasets", click.echo)
        dataset = read_dataset(home / "datasets" / trained.options.dataset)
        made = drawn(trained, dataset, pictures)
        found = read(curator, made)
        shown = shares(concepts, found, dataset)
        if worst is None:
            worst = np.argsort(shown, kind="stable")[:WORST]
            left_out = trained.options.leave_out_styles
            real = np.array([i for i in range(len(dataset.records))
                             if dataset.records[i].style not in left_out
                             and dataset.category_ids()[i] in worst])  # fmt: skip
            of_real = read(curator, on_white(dataset.pictures[real]))
            slugs = [dataset.records[i].category for i in real]
            right = (concepts.slugs[of_real] == slugs).mean()
            rows.append(["real ones", "", f"{right:.1%}", "", ""])
        each = found.reshape(len(dataset.categories), -1)[worst]
        unlike = np.mean([len(np.unique(category)) for category in each])
        seen = f"{trained.about['pictures_seen']:,}"
        rows.append([name, seen, f"{shown[worst].mean():.1%}", f"{shown.mean():.1%}",
                     f"{unlike:.1f}"])  # fmt: skip
        if grids is not None:
            grids.mkdir(parents=True, exist_ok=True)
            slugs = [label.slug for label in dataset.categories]
            parts = [made.reshape(len(slugs), pictures, *made.shape[1:])[slugs.index(slug), :16]
                     for slug in LOST]  # fmt: skip
            tile(np.concatenate(parts), 16).save(grids / f"lost-{name}.png")
    heads = ["run", "pictures seen", f"read as the category's, {WORST} worst", "all",
             f"concepts in {pictures} pictures"]  # fmt: skip
    click.echo(markdown(heads, rows))


if __name__ == "__main__":
    main()
