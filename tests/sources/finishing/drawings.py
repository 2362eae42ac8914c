"""Discs and bars on white at 128 px, as soft as a generator draws them, with their true shape."""

import numpy as np
from scipy import ndimage

SIZE_PX = 128
_FINE = 8  # points a pixel
DISCS = ((5, 65.0, 66.5), (10, 63.2, 64.1), (20, 64.0, 65.9), (35, 66.7, 64.4), (50, 64.5, 65.0))
BARS = ((1, 0.3), (2, 0.3), (3, 1.1), (6, 0.7), (12, 0.2))  # width px, angle
RED, BLUE = (200, 60, 40), (30, 60, 160)


def _points() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[: SIZE_PX * _FINE, : SIZE_PX * _FINE] / _FINE + 0.5 / _FINE
    return y, x


def coverage(shape: np.ndarray) -> np.ndarray:
    """Return which share of each pixel a shape, bool, covers: float64 [128, 128]."""
    shares: np.ndarray = shape.reshape(SIZE_PX, _FINE, SIZE_PX, _FINE).mean((1, 3))
    return shares


def drawn(covered: np.ndarray, colour: tuple[int, int, int], soft: float = 0.6) -> np.ndarray:
    """Return a shape on white, uint8 [128, 128, 3]."""
    share = ndimage.gaussian_filter(covered, soft)[..., None] if soft else covered[..., None]
    drawn: np.ndarray = np.rint(255 + (np.array(colour) - 255) * share).astype(np.uint8)
    return drawn


def disc(radius: float, x: float, y: float) -> np.ndarray:
    """Return the coverage of a disc."""
    at_y, at_x = _points()
    return coverage((at_x - x) ** 2 + (at_y - y) ** 2 < radius**2)


def bar(width: float, angle: float, length: float = 90) -> np.ndarray:
    """Return the coverage of a bar through the middle."""
    y, x = (v - SIZE_PX / 2 for v in _points())
    across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return coverage((abs(across) < width / 2) & (abs(along) < length / 2))
