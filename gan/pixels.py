"""Pixels: levels of 0-255 and numbers in [-1, 1], on white, many pictures in one."""

import numpy as np
from PIL import Image


def on_white(pictures: np.ndarray) -> np.ndarray:
    """Composite straight RGBA uint8 [N, H, W, 4] over white; return uint8 [N, H, W, 3]."""
    result = np.empty((*pictures.shape[:-1], 3), np.uint8)
    for start in range(0, len(pictures), 512):  # in parts: a float copy of all is 8 times as big
        part = pictures[start : start + 512]
        alpha = part[..., 3:].astype(np.float32) / 255
        result[start : start + 512] = np.rint(part[..., :3] * alpha + 255 * (1 - alpha))
    return result


def to_unit(pictures: np.ndarray) -> np.ndarray:
    """uint8 0-255 → float32 in [-1, 1]."""
    return pictures.astype(np.float32) / 127.5 - 1


def to_uint8(pictures: np.ndarray) -> np.ndarray:
    """float [-1, 1] → uint8, rounded to the nearest."""
    return np.clip(np.rint((pictures + 1) * 127.5), 0, 255).astype(np.uint8)


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
