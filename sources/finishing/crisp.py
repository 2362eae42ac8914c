"""A picture drawn anew at another size, with outlines of about one pixel at any of them.

Every point takes its colour from further away from its outline: from beyond the ramp, where the
colour is whole. How far depends on `edge_distance` alone, which is smooth, so outlines have no
steps, and shades that are no edges stay as smooth as they were.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from sources.finishing.cutout import cut_out
from sources.finishing.edges import SCALE, edge_distance
from sources.finishing.filters import blurred

REACH = np.float32(1.1)  # pixels of the small picture: half a ramp
SOFT = np.float32(0.25)  # pixels of the large one: half of what remains of a ramp
_SOFTENED = np.array([0.82, 0.09], np.float32)
_LAYER_SCALE = 4  # colours are read between points of a picture of this scale
_BAND_ROWS = 128  # at once: what is worked on stays in a processor's cache
_STILL = np.float32(0.1)  # points that move by less than this part of a pixel's width do not
_NOTHING = np.array([255, 255, 255, 0], np.uint8).view(np.uint32)[0]


def crisp(picture: np.ndarray, size: int, *, transparent: bool) -> np.ndarray:
    """Return a picture, uint8 [N, N, 3], as uint8 [size, size, 3], or 4 where transparent.

    Colours are straight, and white where nothing shows.
    """
    soft = np.stack(
        [blurred(picture[..., i].astype(np.float32), _SOFTENED) for i in range(3)], axis=-1
    )
    layer = Image.frombytes("RGBa", picture.shape[:2], _layer(soft, transparent).tobytes())
    field = [Image.fromarray(values) for values in edge_distance(soft)]
    bands = _bands(layer, field, size)
    large = np.concatenate([_straight(band) if transparent else band for band in bands])
    pixels = large.view(np.uint8).reshape(size, size, 4)
    return pixels if transparent else np.ascontiguousarray(pixels[..., :3])


def _layer(soft: np.ndarray, transparent: bool) -> np.ndarray:
    picture = np.rint(soft).astype(np.uint8)
    if transparent:
        return cut_out(picture)
    alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return np.concatenate([picture, alpha], axis=-1)


def _bands(layer: Image.Image, field: list[Image.Image], size: int) -> Iterator[np.ndarray]:
    """Yield the rows of the large picture, premultiplied, some at a time: uint32 [rows, size]."""
    side = _LAYER_SCALE * layer.width
    colours = _packed(layer.resize((side, side), Image.Resampling.BICUBIC))
    points = np.float32(size / (SCALE * layer.width))  # pixels in a point of the field
    reach = REACH * np.float32(size / layer.width)
    for top in range(0, size, _BAND_ROWS):
        rows = min(_BAND_ROWS, size - top)
        if side == size:
            band = colours[top : top + rows].copy()
        else:
            band = _packed(_band(layer, size, top, rows, Image.Resampling.BICUBIC)).copy()
        x, y = (
            np.asarray(_band(values, size, top, rows, Image.Resampling.BILINEAR)).ravel()
            for values in field
        )
        squared = x * x + y * y
        at = np.flatnonzero(squared > (_STILL / points) ** 2)
        away = reach * points / (np.sqrt(squared[at]) * points + SOFT)
        row, column = np.divmod(at, size)
        band.ravel()[at] = _between(
            colours,
            (column.astype(np.float32) + 0.5 + x[at] * away) * (side / size) - 0.5,
            (row.astype(np.float32) + (top + 0.5) + y[at] * away) * (side / size) - 0.5,
        )
        yield band


def _packed(image: Image.Image) -> np.ndarray:
    """Return a picture of four channels as uint32 [H, W]."""
    return np.asarray(image).view(np.uint32)[..., 0]


def _band(image: Image.Image, size: int, top: int, rows: int, how: Image.Resampling) -> Image.Image:
    """Return rows of a picture's enlargement, as enlarging the whole would make them."""
    scale = image.height / size
    return image.resize((size, rows), how, (0, top * scale, image.width, (top + rows) * scale))


def _between(colours: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return colours at points between pixels, bilinear: uint32 of four channels each."""
    side = len(colours)
    last = np.float32(side - 1.001)
    x, y = np.clip(x, 0, last), np.clip(y, 0, last)
    left, above = x.astype(np.int32), y.astype(np.int32)
    x, y = (x - left)[:, None], (y - above)[:, None]
    first = above * side + left
    flat = colours.ravel()

    def corner(offset: int) -> np.ndarray:
        return flat.take(first + offset).view(np.uint8).reshape(-1, 4).astype(np.float32)

    upper = corner(0)
    upper += (corner(1) - upper) * x
    lower = corner(side)
    lower += (corner(side + 1) - lower) * x
    upper += (lower - upper) * y
    upper += np.float32(0.5)
    return upper.astype(np.uint8).view(np.uint32)[:, 0]


def _straight(premultiplied: np.ndarray) -> np.ndarray:
    """Return straight colours of packed ones, uint32 [H, W]; white where alpha is 0."""
    alpha = premultiplied.view(np.uint8).reshape(-1, 4)[:, 3]
    out = np.where(alpha.reshape(premultiplied.shape) == 0, _NOTHING, premultiplied)
    at = np.flatnonzero(alpha - np.uint8(1) < 254)  # neither 0, which wraps, nor 255
    mixed = premultiplied.ravel()[at].view(np.uint8).reshape(-1, 4).astype(np.float32)
    mixed[:, :3] *= 255 / mixed[:, 3:]
    straight = (np.minimum(mixed, 255) + np.float32(0.5)).astype(np.uint8)
    out.ravel()[at] = straight.view(np.uint32)[:, 0]
    return out
