"""Kernel distance (KID, Bińkowski et al. 2018): unbiased MMD² with the kernel (x·y/D + 1)³."""

import numpy as np

PIECES = 10


def kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Return the unbiased estimate of MMD² between float [N, D] and float [M, D]; N, M ≥ 2.

    It is 0 on average, and now and then negative, for samples of one distribution.
    """
    within_x, within_y = _kernel(x, x), _kernel(y, y)
    n, m = len(x), len(y)
    same_x = (within_x.sum() - np.trace(within_x)) / (n * (n - 1))
    same_y = (within_y.sum() - np.trace(within_y)) / (m * (m - 1))
    return float(same_x + same_y - 2 * _kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # float64: means of cubes are subtracted from each other
    kernel: np.ndarray = (x @ y.T / x.shape[1] + 1).astype(np.float64) ** 3
    return kernel


def standard_error(x: np.ndarray, y: np.ndarray) -> float | None:
    """Return the standard error of the distance, from 10 disjoint pieces of both samples.

    Pieces take every tenth row, so that rows in the order of their categories give pieces of like
    composition. None where a piece would have fewer than 2 rows.
    """
    if min(len(x), len(y)) < 2 * PIECES:
        return None
    parts = [kernel_distance(x[i::PIECES], y[i::PIECES]) for i in range(PIECES)]
    return float(np.std(parts, ddof=1) / PIECES**0.5)
