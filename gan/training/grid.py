"""Sample grids: many pictures in one."""

import numpy as np
from PIL import Image


def tile(pictures: np.ndarray, columns: int, gap_px: int = 2) -> Image.Image:
    """Return uint8 [N, H, W, 3] as one picture on white, row by row."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    canvas = np.full(
        (rows * (height + gap_px) + gap_px, columns * (width + gap_px) + gap_px, 3), 255, np.uint8
    )
    for i, picture in enumerate(pictures):
        top = gap_px + (i // columns) * (height + gap_px)
        left = gap_px + (i % columns) * (width + gap_px)
        canvas[top : top + height, left : left + width] = picture
    return Image.fromarray(canvas)


def to_uint8(pictures: np.ndarray) -> np.ndarray:
    """float [-1, 1] → uint8, rounded to the nearest."""
    return np.clip(np.rint((pictures + 1) * 127.5), 0, 255).astype(np.uint8)
