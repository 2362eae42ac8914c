"""How good a translator is: what it makes of held-out pictures, beside real ones and none at all.

In both directions the *floor* is held-out pictures that were really drawn in the other domain, the
*control* the pictures to be translated, left as they are.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import NonesuchError
from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.dataset.two_domains import domain_indices, domain_names
from gan.evaluation.measures.kernel_distance import kernel_distance, standard_error
from gan.evaluation.measures.linear_probe import fit_linear_probe
from gan.evaluation.measures.scale import fit_scale
from gan.evaluation.spaces import FeatureSpace, pretrained_space
from gan.evaluation.tables import FigureTable, number
from gan.methods.cyclegan import DIRECTIONS
from gan.methods.translators import Translators
from gan.pixels import on_white, to_uint8, to_unit

FORMAT = 1
FEWEST = 4  # held-out pictures of a domain
FLOOR, CONTROL, TRANSLATED = "really drawn (floor)", "left as they are (control)", "translated"


class TooFewHeldOut(NonesuchError):
    """A data set that holds out too little to judge a translator by."""


def counterparts(dataset: Dataset) -> list[tuple[int, int]]:
    """Return rows of held-out pictures of A and B that show the same thing, by their origin."""
    if not dataset.notes.get("sets"):
        return []
    a, b = domain_indices(dataset, HELD_OUT)
    of_b = {dataset.records[row].origin: int(row) for row in b}
    return [
        (int(row), of_b[dataset.records[row].origin])
        for row in a
        if dataset.records[row].origin in of_b
    ]


def translate(generator: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """Return uint8 [N, S, S, 3] translated, one by one as the site does it."""
    return np.stack([to_uint8(np.asarray(generator(x[None]))[0]) for x in to_unit(pictures)])


def evaluate_translators(
    trained: Translators,
    home: Path,
    echo: Callable[[str], None],
    judge: FeatureSpace | None = None,
) -> dict[str, Any]:
    """Return the figures of both directions, for JSON. Raises `TooFewHeldOut`.

    ``judge``: EfficientNet-lite2 when None, fetched once to ``home``.
    """
    started = time.monotonic()
    dataset = trained.dataset
    held_out, seen = domain_indices(dataset, HELD_OUT), domain_indices(dataset, TRAIN)
    if min(map(len, held_out)) < FEWEST:
        raise TooFewHeldOut(
            f"data set {dataset.name} holds out {len(held_out[0])} and {len(held_out[1])} "
            f"pictures; a translator is judged by at least {FEWEST} of each domain",
            "put some into PATH/testA and PATH/testB, and make the data set anew with --replace",
        )
    judge = judge or pretrained_space(home, echo)
    echo(f"reading the real pictures by {judge.name}")
    pictures = on_white(dataset.pictures)
    features = judge.embed(pictures)
    pairs = np.array(counterparts(dataset), np.int64).reshape(-1, 2)
    names = domain_names(dataset)
    found = []
    for source, direction in enumerate(DIRECTIONS):
        target = 1 - source
        echo(f"translating {len(held_out[source])} held-out pictures, {direction}")
        made = translate(trained.generators[direction], pictures[held_out[source]])
        back = translate(trained.generators[DIRECTIONS[target]], made)
        embedded = judge.embed(made)
        rows = _compare(
            features[seen[source]],
            features[seen[target]],
            {
                FLOOR: features[held_out[target]],
                CONTROL: features[held_out[source]],
                TRANSLATED: embedded,
            },
        )
        place = {row: i for i, row in enumerate(held_out[source].tolist())}
        if len(pairs):
            chosen = np.array([place[row] for row in pairs[:, source].tolist()])
            there = pairs[:, target]
            real = pictures[there]
            for name, given, vectors in (
                (CONTROL, pictures[pairs[:, source]], features[pairs[:, source]]),
                (TRANSLATED, made[chosen], embedded[chosen]),
            ):
                rows[name] |= {
                    "counterpart_found": _found(vectors, features[there]),
                    "counterpart_difference": _grey_levels(given, real),
                }
        rows[TRANSLATED]["back_difference"] = _grey_levels(back, pictures[held_out[source]])
        found.append(
            {
                "direction": direction,
                "from": names[source],
                "to": names[target],
                "rows": [{"pictures": name, **row} for name, row in rows.items()],
            }
        )
    return {
        "format": FORMAT,
        "kind": "translation",
        "pictures_seen": trained.about["pictures_seen"],
        "data_set": f"{dataset.name}-{dataset.size_px}",
        "size_px": dataset.size_px,
        "judge": judge.name,
        "pairs": len(pairs),
        "directions": found,
        "seconds": round(time.monotonic() - started, 1),
    }


def _compare(
    source: np.ndarray, target: np.ndarray, sets: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Return figures of sets of features against training pictures of both domains."""
    scale = fit_scale(target)
    reference = scale.features(target)
    domains = np.repeat([0, 1], [len(source), len(target)])
    reader = fit_linear_probe(np.concatenate([source, target]), domains, 2)
    rows = {}
    for name, features in sets.items():
        there = scale.features(features)
        rows[name] = {
            "n": len(features),
            "kernel": kernel_distance(reference, there),
            "kernel_error": standard_error(reference, there),
            "taken_for_target": float((reader.logits(features).argmax(axis=1) == 1).mean()),
        }
    return rows


def _found(features: np.ndarray, real: np.ndarray) -> float:
    """Return how often a picture's nearest real one, by the cosine, is its own counterpart."""
    x, y = (_centred(part.astype(np.float32), real.astype(np.float32)) for part in (features, real))
    return float(((x @ y.T).argmax(axis=1) == np.arange(len(x))).mean())


def _centred(x: np.ndarray, real: np.ndarray) -> np.ndarray:
    x = x - real.mean(axis=0)
    unit: np.ndarray = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)
    return unit


def _grey_levels(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


def translation_tables(figures: Mapping[str, Any]) -> list[FigureTable]:
    """Return a table for each direction."""
    return [_table(figures, way) for way in figures["directions"]]


def _table(figures: Mapping[str, Any], way: Mapping[str, Any]) -> FigureTable:
    def share(value: float | None) -> str:
        return "" if value is None else f"{value:.0%}"

    def grey(value: float | None) -> str:
        return "" if value is None else f"{value:.1f}"

    rows = []
    for row in way["rows"]:
        error = row["kernel_error"]
        rows.append(
            [
                row["pictures"],
                f"{row['n']:,}",
                number(row["kernel"]) + ("" if error is None else f" ± {error:.3f}"),
                share(row["taken_for_target"]),
                share(row.get("counterpart_found")),
                grey(row.get("counterpart_difference")),
                grey(row.get("back_difference")),
            ]
        )
    pairs = figures["pairs"]
    counterpart = (
        f"Of {pairs:,} that were really drawn in both: how often the nearest of these {pairs:,} "
        f"is the same thing (by chance {1 / pairs:.1%}), and the mean difference from it in grey "
        "levels of 256. "
        if pairs
        else "No picture is known to be there in both, so nothing is said of counterparts. "
    )
    return FigureTable(
        f"{way['from']} to {way['to']}",
        f"Held-out pictures. Kernel distance: to training pictures of {way['to']} in features of "
        f"{figures['judge']}; only what lies between floor and control says something. Taken for "
        f"the target: by a linear reader that tells training pictures of {way['from']} from those "
        f"of {way['to']}. {counterpart}There and back: mean difference from the picture itself.",
        [
            "pictures", "n", "kernel distance", "taken for the target", "counterpart found",
            "from counterpart", "there and back",
        ],
        rows,
    )  # fmt: skip
