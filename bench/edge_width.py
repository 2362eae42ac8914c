"""How wide the edges of pictures are: from 10 to 90 % of the way between two colours, in pixels."""

import numpy as np
from scipy import ndimage

_REACH, _STEP = 10.0, 0.125  # px: how far and how finely a profile is read
_FLAT = 0.05  # of its steepest slope: where a ramp ends
_LEAST = 0.15  # of the way from black to white: smaller steps are shades
_OFFSETS = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
_MIDDLE = len(_OFFSETS) // 2


def edge_widths(picture: np.ndarray, most: int = 400) -> np.ndarray:
    """Return the widths, px, of up to ``most`` places on edges of a picture, uint8 [H, W, 3].

    A place is where the slope of the slightly blurred colours is greatest along its own direction.
    """
    colours = picture.astype(np.float64) / 255
    soft = ndimage.gaussian_filter(colours, (1, 1, 0), mode="nearest")
    down, across = (ndimage.sobel(soft, axis) / 8 for axis in (0, 1))
    xx, yy, xy = ((a * b).sum(-1) for a, b in ((across, across), (down, down), (across, down)))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    normal_y, normal_x = np.sin(angle), np.cos(angle)
    steep = np.sqrt(xx + yy)
    y, x = np.mgrid[: steep.shape[0], : steep.shape[1]].astype(float)

    def beside(by: int) -> np.ndarray:
        return _read(steep, y + by * normal_y, x + by * normal_x)

    ridge = (steep >= beside(1)) & (steep > beside(-1)) & (steep > 0.02)
    edge = int(_REACH) + 2
    inner = np.zeros_like(ridge)
    inner[edge:-edge, edge:-edge] = True
    rows, columns = np.nonzero(ridge & inner)
    if len(rows) > most:
        some = np.random.RandomState(0).permutation(len(rows))[:most]
        rows, columns = rows[some], columns[some]
    at_y = rows[:, None] + _OFFSETS * normal_y[rows, columns][:, None]
    at_x = columns[:, None] + _OFFSETS * normal_x[rows, columns][:, None]
    profiles = np.stack([_read(colours[..., c], at_y, at_x) for c in range(3)], -1)
    near = int(2 / _STEP)
    step = profiles[:, _MIDDLE + near] - profiles[:, _MIDDLE - near]
    step /= np.linalg.norm(step, axis=-1, keepdims=True) + 1e-9
    widths = [_width(profile) for profile in (profiles * step[:, None]).sum(-1)]
    return np.array([width for width in widths if width is not None])


def _read(values: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    read: np.ndarray = ndimage.map_coordinates(values, [y, x], order=1, mode="nearest")
    return read


def _width(profile: np.ndarray) -> float | None:
    """Return the 10–90 % width of the ramp in the middle of a profile; None where there is none."""
    slope = np.diff(profile) / _STEP
    steepest = _MIDDLE - 12 + int(slope[_MIDDLE - 12 : _MIDDLE + 12].argmax())
    flat = np.flatnonzero(slope <= _FLAT * slope[steepest])
    if slope[steepest] <= 0:
        return None
    below, above = flat[flat < steepest], flat[flat > steepest]
    start = int(below[-1]) + 1 if len(below) else 0
    end = int(above[0]) if len(above) else len(profile) - 1
    low, high = profile[start], profile[end]
    if high - low < _LEAST:
        return None
    levels = [low + share * (high - low) for share in (0.1, 0.9)]
    left, right = np.interp(levels, profile[start : end + 1], _OFFSETS[start : end + 1])
    return float(right - left)
