"""Fréchet distance between Gaussians fitted to two samples (Dowson & Landau 1982).

Not to be called FID, which means this distance in the features of one Inception network.
"""

import numpy as np


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Return |μ - ν|² + tr(S + T - 2 (S T)^½) of float [N, D] and [M, D]; N, M ≥ 2.

    It grows as samples get smaller: compare only values from equally many pictures.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    s, t = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    root = _root(s)
    # S^½ T S^½ has the eigenvalues of S T and is symmetric
    values = np.linalg.eigvalsh(root @ t @ root)
    cross = np.sqrt(np.maximum(values, 0)).sum()
    distance = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + np.trace(s) + np.trace(t)
    return float(max(0.0, distance - 2 * cross))


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
