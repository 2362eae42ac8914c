"""White that is joined to the border → transparent; the edge's colours are unmixed from white."""

import numpy as np
from scipy import ndimage

WHITE = 6  # of 255: less colour than this is ground
RIM_PX = 2  # pixels this near to the ground may be mixed with it
_SQUARE = np.ones((3, 3), bool)


def cut_out(picture: np.ndarray) -> np.ndarray:
    """Return a picture, uint8 [N, N, 3], as uint8 [N, N, 4], premultiplied; ground has alpha 0.

    On white it is the same picture. A pixel at the edge is a mixture of white and of the strongest
    colour near it, and its alpha is that colour's share. White that the drawing encloses stays.
    """
    colour = 255 - picture  # uint8: what white lacks
    ink = colour.max(axis=-1)
    ground = _joined_to_border(ink <= WHITE)
    rim = ground
    for _ in range(RIM_PX):
        rim = ndimage.binary_dilation(rim, _SQUARE)
    at = np.flatnonzero(rim & ~ground)
    flat = colour.reshape(-1, 3)
    mixed = flat[at].astype(np.float32)
    pure = flat[_strongest_near(ink).ravel()[at]].astype(np.float32)
    share = (mixed * pure).sum(axis=-1) / np.maximum((pure * pure).sum(axis=-1), 1)
    # at least what the pixel lacks of white: no colour is darker than black
    share = np.minimum(np.maximum(share, mixed.max(axis=-1) / 255), 1)
    alpha = np.where(ground, np.uint8(0), np.uint8(255))
    alpha.ravel()[at] = np.rint(share * 255).astype(np.uint8)
    # c - (1 - alpha) · 255 in whole numbers: no less than 0, as alpha covers what is lacking
    premultiplied = np.maximum(alpha[..., None].astype(np.int16) - colour, 0)
    return np.concatenate([premultiplied.astype(np.uint8), alpha[..., None]], axis=-1)


def _joined_to_border(white: np.ndarray) -> np.ndarray:
    """Return which white pixels lead to the border by white neighbours, bool [N, N]."""
    parts, count = ndimage.label(white)
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    joined = np.zeros(count + 1, bool)
    joined[border] = True
    joined[0] = False
    found: np.ndarray = joined[parts]
    return found


def _strongest_near(ink: np.ndarray) -> np.ndarray:
    """Return of each pixel the flat index of the one with most ink within `RIM_PX`, [N, N]."""
    found = np.arange(ink.size, dtype=np.int32).reshape(ink.shape)
    most = ink
    for axis in (0, 1):
        pad = [(RIM_PX, RIM_PX) if a == axis else (0, 0) for a in (0, 1)]
        inks, places = np.pad(most, pad), np.pad(found, pad)
        for by in range(2 * RIM_PX + 1):
            if by == RIM_PX:
                continue
            cut = tuple(
                slice(by, by + n) if a == axis else slice(None) for a, n in enumerate(ink.shape)
            )
            more = inks[cut] > most
            most = np.where(more, inks[cut], most)
            found = np.where(more, places[cut], found)
    return found
