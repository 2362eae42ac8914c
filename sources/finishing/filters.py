"""Small filters on float32 [H, W]; beyond the border its pixels are repeated."""

import numpy as np


def gaussian(sigma: float, reach: int) -> np.ndarray:
    """Return the middle and one half of a Gaussian of 2·``reach`` + 1 taps, float32."""
    half = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    shares: np.ndarray = (half / (half[0] + 2 * half[1:].sum())).astype(np.float32)
    return shares


def blurred(values: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return float32 [H, W] under a symmetric kernel, of which ``half`` is the middle and on."""
    reach = len(half) - 1
    height, width = values.shape
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    rows = half[0] * padded[reach : reach + height]
    for i in range(1, reach + 1):
        above, below = padded[reach - i :][:height], padded[reach + i :][:height]
        rows += half[i] * (above + below)
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="edge")
    out: np.ndarray = half[0] * padded[:, reach : reach + width]
    for i in range(1, reach + 1):
        left, right = padded[:, reach - i :][:, :width], padded[:, reach + i :][:, :width]
        out += half[i] * (left + right)
    return out


def slopes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference of the neighbours across and down: twice the slope."""
    padded = np.pad(values, 1, mode="edge")
    return padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]


def halved(values: np.ndarray) -> np.ndarray:
    """Return sums of 2 × 2, of an even height and width."""
    sums: np.ndarray = values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]
    return sums
