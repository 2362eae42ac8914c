"""evaluation.json and the pictures beside it: one run, judged whole."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import NonesuchError
from core.files import write_durably
from gan.dataset.files import HELD_OUT, TRAIN, Dataset, read_dataset
from gan.dataset.place import find_dataset
from gan.evaluation.metrics import MetricOptions, Metrics, evaluate_pictures
from gan.evaluation.samples.generating import generate
from gan.evaluation.tables import aligned, tables
from gan.methods.trained import Trained

EVALUATION_FILE = "evaluation.json"


class BadEvaluation(NonesuchError):
    """An evaluation that was asked for in a way that cannot be done."""


def parse_truncation(text: str) -> tuple[float, float]:
    """Return lowest and highest of ``"0.5:0.8"`` or ``"0.7"``. Raises `BadEvaluation`."""
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not 0 < numbers[0] <= numbers[-1] <= 1:
        raise BadEvaluation(
            f"--truncation {text!r} is no range within 0 to 1", "write --truncation 0.5:0.8"
        )
    return numbers[0], numbers[-1]


def check_labels(trained: Trained, dataset: Dataset) -> None:
    """Raise `BadEvaluation` unless the generator's categories and styles are the data set's."""
    if trained.dataset.categories != dataset.categories or trained.dataset.styles != dataset.styles:
        raise BadEvaluation(
            f"the run was trained on other categories or styles than {dataset.name} has",
            f"judge it against {trained.options.dataset}",
        )


def check_split(trained_on: Dataset, dataset: Dataset) -> None:
    """Raise `BadEvaluation` when pictures held out of ``dataset`` were trained on."""
    seen = {r.concept for r in trained_on.records if r.split == TRAIN}
    held_out = {r.concept for r in dataset.records if r.split == HELD_OUT}
    if known := seen & held_out:
        raise BadEvaluation(
            f"{len(known)} of {len(held_out)} concepts held out of {dataset.name} were trained on",
            "judge it against the data set of its run, or one made with the same split",
        )


def read_reference_data(trained: Trained, home: Path, name: str | None) -> Dataset:
    """Return the data set to judge a run by: the one of that name, or the run's own.

    Raises `BadDataset`, or `BadEvaluation` where it has other labels or another split.
    """
    own = read_dataset(find_dataset(home, trained.options.dataset))
    if not name:
        return own
    dataset = read_dataset(find_dataset(home, name))
    check_labels(trained, dataset)
    check_split(own, dataset)
    return dataset


def evaluate(
    trained: Trained,
    dataset: Dataset,
    home: Path,
    pictures: int,
    truncation: tuple[float, float],
    echo: Callable[[str], None],
    options: MetricOptions | None = None,
) -> Metrics:
    """Return what is known of a run's generator, of uncurated pictures at a range of truncation."""
    check_labels(trained, dataset)
    options = options or MetricOptions(trained.options.leave_out_styles, trained.options.no_mirror)
    echo(f"generating {pictures} pictures")
    generated, categories = generate(trained, dataset, pictures, truncation)
    found = evaluate_pictures(generated, categories, dataset, home, echo, options)
    about = {
        "pictures_seen": trained.pictures_seen,
        "truncation": list(truncation),
        "curated": False,
    }
    figures = {"format": found.figures["format"], **about, **found.figures}
    for table in tables(figures):
        echo("\n" + aligned(table))
    return Metrics(figures, found.pictures)


def write_evaluation(folder: Path, evaluation: dict[str, Any]) -> Path:
    """Write evaluation.json into a folder, which is made where missing; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / EVALUATION_FILE
    write_durably(path, (json.dumps(evaluation, indent=1) + "\n").encode())
    return path


def write_metrics(folder: Path, found: Metrics) -> Path:
    """Write the closest pairs, then evaluation.json, into ``folder``; return the latter's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in found.pictures.items():
        temporary = folder / f".tmp-{name}"
        picture.save(temporary, format="PNG", optimize=True)
        temporary.replace(folder / name)
    return write_evaluation(folder, found.figures)
