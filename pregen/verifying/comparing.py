"""Whether two files show the same picture, but for what another processor or library rounds."""

import io

import numpy as np

from store.formats.encoding import BadPicture, open_picture

MEAN_MOST = 1.0  # of 255
FAR = 8  # of 255
FAR_SHARE_MOST = 0.001  # of the pixels


def shows_the_same(data: bytes, other: bytes) -> bool:
    """Say whether two picture files decode to about the same.

    About: the mean difference is at most 1 of 255, and at most .1 % of the pixels differ by more
    than 8. Colours count as far as they are seen, on white, and so does alpha.
    """
    try:
        here, there = _decoded(data), _decoded(other)
    except BadPicture:
        return False
    if here.shape != there.shape:
        return False
    difference = np.abs(here - there)
    far = (difference > FAR).any(axis=-1).mean()
    return bool(difference.mean() <= MEAN_MOST and far <= FAR_SHARE_MOST)


def _decoded(data: bytes) -> np.ndarray:
    """Return a picture's colours on white and its alpha, float32 [H, W, 4], 0–255."""
    with open_picture(io.BytesIO(data)) as image:
        values = np.asarray(image.convert("RGBA"), np.float32)
    share = values[..., 3:] / 255
    return np.concatenate([values[..., :3] * share + 255 * (1 - share), values[..., 3:]], axis=-1)
