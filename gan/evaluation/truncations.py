"""Which truncations suit each category, and which categories do not show at any.

A low truncation gives tame pictures that resemble each other, a high one varied pictures of which
more are broken; where the best lies differs between categories. At some levels of truncation each
category's pictures are judged by how often a classifier of real pictures reads the category, and by
how many of its training pictures they cover.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import NonesuchError
from core.files import write_durably
from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.evaluation.measures.category_accuracy import is_right, read
from gan.evaluation.measures.classifier import kept_classifier
from gan.evaluation.measures.linear_probe import fit_linear_probe
from gan.evaluation.measures.prdc import NEIGHBOURS, compute_prdc
from gan.evaluation.measures.scale import fit_scale
from gan.evaluation.metrics import fit_pictures
from gan.evaluation.real_features import dataset_digest, real_features
from gan.evaluation.samples.generating import SEED, draw_pictures
from gan.evaluation.spaces import FeatureSpace, pretrained_space
from gan.evaluation.tables import FigureTable
from gan.methods.trained import Trained
from gan.networks.generator import width_of
from gan.pixels import on_white

FILE = "truncations.json"
LEVELS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NEAR_BEST = 0.9  # of the best level's score: such levels are in the range
NARROWEST = 0.1  # a range has this width at least, so that pictures differ in it
SHOWING = 0.25  # of how often held-out real pictures are read: below, a category does not show


class NoTruncation(NonesuchError):
    """A generator that has no categories or no truncation to choose from."""


@dataclass(frozen=True)
class Choice:
    """What was found for one category."""

    slug: str
    right: list[float]  # share read rightly, by level
    coverage: list[float | None]  # of training pictures, by level; None where there are too few
    truncation: tuple[float, float]
    hidden: bool


def choose_truncations(
    trained: Trained,
    dataset: Dataset,
    home: Path,
    echo: Callable[[str], None],
    each: int = 48,
    keep: int = 60,
    judge: FeatureSpace | None = None,
) -> dict[str, Any]:
    """Return the figures and the choice of every category, for JSON.

    ``each``: pictures of a category at a level; ``keep``: categories that stay in any case. Raises
    `NoTruncation`.
    """
    spec, options = trained.networks, trained.options
    if not width_of(spec, "category") or not any(i.kind == "truncation" for i in spec.inputs):
        raise NoTruncation(
            f"recipe {options.recipe} makes no pictures by category and truncation",
            "export it as it is: flask gan export",
        )
    judge = judge or pretrained_space(home, echo)
    leave_out = options.leave_out_styles
    train, held_out = (dataset.indices(split, leave_out) for split in (TRAIN, HELD_OUT))
    labels, number = dataset.category_ids(), len(dataset.categories)
    digest = dataset_digest(dataset)
    real = real_features(home, dataset, digest, judge, echo)
    mirrored = real_features(home, dataset, digest, judge, echo, mirrored=True)
    network = kept_classifier(home, dataset, leave_out, options.no_mirror, echo)
    linear = fit_linear_probe(
        np.concatenate([real[train], mirrored[train]]), np.tile(labels[train], 2), number
    )
    scale = fit_scale(real[train])
    white = on_white(dataset.pictures[held_out])
    known = is_right(read(network, linear, white, real[held_out]), labels[held_out])
    random = np.random.RandomState(SEED)
    references = [random.permutation(train[labels[train] == c])[:each] for c in range(number)]
    categories = np.repeat(np.arange(number), each)
    right, coverage = np.zeros((number, len(LEVELS))), np.full((number, len(LEVELS)), np.nan)
    for level, truncation in enumerate(LEVELS):
        echo(f"drawing {len(categories):,} pictures at truncation {truncation:g}")
        drawn = draw_pictures(
            trained, dataset, categories, np.random.RandomState(SEED), (truncation, truncation)
        )
        pictures = fit_pictures(drawn, dataset.size_px)
        features = judge.embed(pictures)
        found = is_right(read(network, linear, pictures, features), categories)
        for category in range(number):
            here = categories == category
            right[category, level] = found[here].mean()
            reference = references[category]
            if len(reference) > NEIGHBOURS:
                made = scale.features(features[here][: len(reference)])
                overlap = compute_prdc(scale.features(real[reference]), made)
                if overlap is not None:
                    coverage[category, level] = overlap.coverage
    choices = decide(dataset, right, coverage, float(known.mean()), keep)
    return {
        "format": 1,
        "data_set": f"{dataset.name}-{dataset.size_px}",
        "pictures_seen": trained.pictures_seen,
        "levels": list(LEVELS),
        "each": each,
        "held_out_right": float(known.mean()),
        "categories": {
            choice.slug: {
                "truncation": list(choice.truncation),
                "hidden": choice.hidden,
                "right": choice.right,
                "coverage": choice.coverage,
            }
            for choice in choices
        },
    }


def decide(
    dataset: Dataset, right: np.ndarray, coverage: np.ndarray, held_out: float, keep: int
) -> list[Choice]:
    """Return each category's choice from shares [C, L]; ``held_out``: share read of real ones."""
    ranges = []
    for category in range(len(right)):
        covered = coverage[category]
        weight = np.ones_like(covered) if np.isnan(covered).any() else covered
        ranges.append(best_levels(np.sqrt(right[category] * weight)))
    reached = np.array([right[c, low : high + 1].mean() for c, (low, high) in enumerate(ranges)])
    hidden = hidden_ones(reached, SHOWING * held_out, keep)
    return [
        Choice(
            slug=label.slug,
            right=[round(float(share), 3) for share in right[c]],
            coverage=[None if np.isnan(v) else round(float(v), 3) for v in coverage[c]],
            truncation=widened(LEVELS[ranges[c][0]], LEVELS[ranges[c][1]]),
            hidden=c in hidden,
        )
        for c, label in enumerate(dataset.categories)
    ]


def best_levels(scores: np.ndarray) -> tuple[int, int]:
    """Return the first and last of the levels around the best that score nearly as well."""
    first = last = int(scores.argmax())
    enough = NEAR_BEST * scores[first]
    while first and scores[first - 1] >= enough:
        first -= 1
    while last + 1 < len(scores) and scores[last + 1] >= enough:
        last += 1
    return first, last


def widened(low: float, high: float) -> tuple[float, float]:
    """Return a range of `NARROWEST` width at least, within 0 to 1."""
    short = max(0.0, NARROWEST - (high - low)) / 2
    low, high = low - short, high + short
    over = max(0.0, high - 1)
    return round(low - over, 2), round(high - over, 2)


def hidden_ones(reached: np.ndarray, below: float, keep: int) -> set[int]:
    """Return the categories that are read less often than ``below``, the worst first.

    ``keep`` stay in any case.
    """
    order = np.argsort(reached, kind="stable").tolist()
    return {c for c in order[: max(0, len(order) - keep)] if reached[c] < below}


def keep_reasons(figures: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the figures with the categories hidden that the owner had hidden with a reason.

    ``before``: what truncations.json said, where an owner may write a reason instead of ``true``.
    """
    for slug, found in (before or {}).get("categories", {}).items():
        if isinstance(found["hidden"], str) and slug in figures["categories"]:
            figures["categories"][slug]["hidden"] = found["hidden"]
    return figures


def write_truncations(run: Path, figures: dict[str, Any]) -> Path:
    """Write truncations.json into a run's folder; return its path."""
    path = run / FILE
    write_durably(path, (json.dumps(figures, indent=1) + "\n").encode())
    return path


def read_truncations(run: Path) -> dict[str, Any] | None:
    """Return what `flask gan truncations` wrote into a run's folder, or None."""
    try:
        found: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def truncation_table(figures: Mapping[str, Any]) -> FigureTable:
    """Return the choices as a table."""

    def shares(values: Sequence[float | None]) -> list[str]:
        return ["" if value is None else f"{value:.0%}" for value in values]

    rows = []
    for slug, found in figures["categories"].items():
        low, high = found["truncation"]
        kind = " (hidden)" if found["hidden"] else ""
        rows.append([slug + kind, f"{low:g}:{high:g}", *shares(found["right"])])
    return FigureTable(
        "Truncation by category",
        f"How often the category is read at each truncation, of {figures['each']} pictures; "
        f"held-out real pictures: {figures['held_out_right']:.1%}. The range is where the root of "
        f"that times the coverage of training pictures is within {1 - NEAR_BEST:.0%} of its best. "
        f"Hidden: read less often than {SHOWING:g} of what held-out pictures are.",
        ["category", "range", *(f"{level:g}" for level in figures["levels"])],
        rows,
    )
