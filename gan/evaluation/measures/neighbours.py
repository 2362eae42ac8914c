"""Distances between many vectors, in parts that fit into memory."""

from collections.abc import Sequence

import numpy as np

ROWS = 512


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return |x - y|², float32 [N, M], of float32 [N, D] and float32 [M, D]."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None, :]
    found: np.ndarray = np.maximum(squares - 2 * (x @ y.T), 0)
    return found


def nearest(x: np.ndarray, references: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return distance float32 [N] and row int [N] of the nearest in any of the references.

    The references are versions of the same M pictures, float32 [M, D] each.
    """
    distances, rows = [], []
    for start in range(0, len(x), ROWS):
        part = x[start : start + ROWS]
        found = np.minimum.reduce([squared_distances(part, y) for y in references])
        rows.append(found.argmin(axis=1))
        # anew from the difference: the sum of squares above loses what is nearly 0
        exact = [np.linalg.norm(part - y[rows[-1]], axis=1) for y in references]
        distances.append(np.minimum.reduce(exact))
    return np.concatenate(distances), np.concatenate(rows)
