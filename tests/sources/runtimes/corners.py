"""Pictures whose corners have known colours, so that a wrong axis, range or channel shows.

Left top red, right top green, left bottom blue, right bottom yellow; the middle follows the latent.
"""

import numpy as np

SIZE = 16
CORNERS = {
    (0, 0): (255, 0, 0), (0, -1): (0, 255, 0), (-1, 0): (0, 0, 255), (-1, -1): (255, 255, 0),
}  # fmt: skip
_MIDDLE = slice(SIZE // 4, 3 * SIZE // 4)


def ground() -> np.ndarray:
    """Return the corners on grey, float32 [16, 16, 3] in [0, 1], with a middle of 0."""
    picture = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    half = SIZE // 4
    for (row, column), colour in CORNERS.items():
        rows = slice(0, half) if row == 0 else slice(-half, None)
        columns = slice(0, half) if column == 0 else slice(-half, None)
        picture[rows, columns] = np.divide(colour, 255)
    picture[_MIDDLE, _MIDDLE] = 0
    return picture


def spread() -> np.ndarray:
    """Return what puts [N, 192] into the middles of [N, 768], float32 [192, 768]."""
    places = np.zeros((SIZE, SIZE, 3), bool)
    places[_MIDDLE, _MIDDLE] = True
    return np.eye(places.size, dtype=np.float32)[places.ravel()]


def check_corners(pictures: np.ndarray) -> None:
    """Assert that uint8 [N, 16, 16, 3 or 4] have the corners, to a level, and unlike middles."""
    for (row, column), colour in CORNERS.items():
        seen = pictures[:, row, column, :3].astype(int)
        assert np.abs(seen - colour).max() <= 1, (row, column, seen[0])
    middles = {picture[_MIDDLE, _MIDDLE].tobytes() for picture in pictures}
    assert len(middles) == len(pictures)
