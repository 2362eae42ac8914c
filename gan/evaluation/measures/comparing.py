"""One feature space: how far each set is from the held-out pictures, and how they overlap."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from gan.evaluation.measures.frechet_distance import frechet_distance
from gan.evaluation.measures.kernel_distance import kernel_distance, standard_error
from gan.evaluation.measures.prdc import compute_prdc
from gan.evaluation.measures.scale import Scale

FIGURES = ("kernel", "frechet", "precision", "recall", "density", "coverage")


def compare(
    name: str, reference: np.ndarray, blocks: Sequence[np.ndarray], scale: Scale
) -> dict[str, Any]:
    """Return a row of figures, each the mean over blocks of as many pictures as the reference.

    ``reference`` and every block: float [R, D] features in the order of categories. ``n`` pictures
    in all blocks; figures that need more pictures than there are, are None.
    """
    x, x_principal = scale.features(reference), scale.principal(reference)
    found = []
    for block in blocks:
        y = scale.features(block)
        overlap = compute_prdc(x, y)
        found.append(
            {
                "kernel": kernel_distance(x, y),
                "kernel_error": standard_error(x, y),
                "frechet": frechet_distance(x_principal, scale.principal(block)),
                **(asdict(overlap) if overlap else dict.fromkeys(FIGURES[2:])),
            }
        )
    return {
        "pictures": name,
        "n": sum(map(len, blocks)),
        "against": len(reference),
        **{key: mean([row[key] for row in found]) for key in found[0]},
    }


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None where one is missing."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present and len(present) == len(values) else None


def mean_and_spread(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one row from those of the same set in several spaces, with deviations as spread."""
    spread = {}
    for key in FIGURES:
        values = [row[key] for row in rows]
        spread[key] = float(np.std(values, ddof=1)) if None not in values and values[1:] else None
    return {
        **rows[0],
        **{key: mean([row[key] for row in rows]) for key in (*FIGURES, "kernel_error")},
        "spread": spread,
    }
