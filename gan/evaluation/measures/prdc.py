"""Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020)."""

from dataclasses import dataclass

import numpy as np

from gan.evaluation.measures.neighbours import squared_distances

NEIGHBOURS = 5


@dataclass(frozen=True)
class PRDC:
    """Shares, 0-1, but density, which may exceed 1."""

    precision: float  # of generated pictures among the real ones
    recall: float  # of real pictures among the generated ones
    density: float  # how deep among the real ones: 1 is as they are among themselves
    coverage: float  # of real pictures that have a generated one near


def compute_prdc(
    real: np.ndarray, generated: np.ndarray, neighbours: int = NEIGHBOURS
) -> PRDC | None:
    """Return how float [N, D] and float [M, D] overlap; None with too few for so many neighbours.

    A picture's ball reaches to its ``neighbours``-th nearest of its own sample. Compare values
    only from equal N and M.
    """
    if min(len(real), len(generated)) <= neighbours:
        return None
    real_reach, generated_reach = reach(real, neighbours), reach(generated, neighbours)
    between = squared_distances(real, generated)  # [N, M]
    in_real = between < real_reach[:, None]
    return PRDC(
        precision=float(in_real.any(axis=0).mean()),
        recall=float((between < generated_reach[None, :]).any(axis=1).mean()),
        density=float(in_real.sum(axis=0).mean() / neighbours),
        coverage=float(in_real.any(axis=1).mean()),
    )


def reach(x: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the squared distances, [N], to the nearest but ``neighbours`` - 1 of the others."""
    distances = squared_distances(x, x)
    np.fill_diagonal(distances, np.inf)
    found: np.ndarray = np.partition(distances, neighbours - 1, axis=1)[:, neighbours - 1]
    return found
