"""Where the edges of a picture are: of every point, how far the next one is and which way.

An outline of a small picture is a ramp of a few pixels. Across it, the strength of the edge (the
square of the colours' slope, E) is a bell whose top is where the outline runs. Of a bell, the
distance to the top is in closed form: x = -(σ²/2) · E'/E. That number is smooth and passes through
zero with a constant slope, so it can be enlarged to any size and still says within a fraction of a
pixel where the outline runs. In the middle of a thin line E vanishes and so does x: the line holds.

E' counts along the normal of the outline alone, as its wider neighbourhood has it (the structure
tensor): noise along an outline does not make it waver. Compare the coherence-enhancing filter of
Kyprianidis and Kang, Image and Video Abstraction by Coherence-Enhancing Filtering (2011), which
reaches the same by iterations.
"""

import numpy as np
from PIL import Image

from sources.finishing.filters import blurred, gaussian, halved, slopes

SCALE = 2  # the field has two points a pixel of the picture
_SPREAD = np.float32(2.4)  # σ² of an edge, in points of the field
_WEAK = np.float32((0.025 * 2 * 255) ** 2)  # E of edges that are left as they are
_NEIGHBOURHOOD = gaussian(1.0, 3)  # pixels of the picture
_LEAST = np.float32(1e-3)


def edge_distance(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far off, across and down, the outline lies that a point belongs to; negated.

    ``picture``: float32 [N, N, 3], 0–255. Both float32 [2N, 2N], in points of that grid.
    """
    across, down = _strengths(picture)
    strength = across[0] + down
    cosine, sine = _normals(across[0] - down, strength, across[1])
    slope_x, slope_y = slopes(strength)
    share = -_SPREAD / 4 / (strength + _WEAK)  # half for σ²/2, half for the double angle
    # n nᵀ slope, by the double angle of the normal n
    x = share * (slope_x + cosine * slope_x + sine * slope_y)
    y = share * (slope_y + sine * slope_x - cosine * slope_y)
    return x, y


def _strengths(picture: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the structure tensor: (xx, xy) and yy, float32 [2N, 2N]."""
    size = SCALE * len(picture)
    xx, xy, yy = (np.zeros((size, size), np.float32) for _ in range(3))
    for channel in range(3):
        x, y = slopes(enlarged(picture[..., channel], size, Image.Resampling.BICUBIC))
        xx += x * x
        xy += x * y
        yy += y * y
    return (xx, xy), yy


def _normals(
    difference: np.ndarray, total: np.ndarray, mixed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine and sine of twice the normal's angle, as a neighbourhood has it."""
    cosine, sine = (
        blurred(halved(values), _NEIGHBOURHOOD) for values in (difference, mixed + mixed)
    )
    length = np.sqrt(cosine * cosine + sine * sine) + _LEAST
    size = len(total)
    return (
        enlarged(cosine / length, size, Image.Resampling.BILINEAR),
        enlarged(sine / length, size, Image.Resampling.BILINEAR),
    )


def enlarged(values: np.ndarray, size: int, how: Image.Resampling) -> np.ndarray:
    """Return float32 [N, N] as [size, size]."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((size, size), how))
