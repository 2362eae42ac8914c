"""Model output → uint8 pictures: the one place where range and rounding are applied."""

import numpy as np

from core.errors import NonesuchError
from sources.description import Output


class BrokenModel(NonesuchError):
    """A model whose pictures are not finite, or all one colour."""


def to_uint8(values: np.ndarray, output: Output) -> np.ndarray:
    """Return float [N, H, W, C] in ``output.range`` as uint8 [N, H, W, C], 0-255.

    ``rounding``: ``nearest``, or ``notebook``: floor of 256 steps, as BigGAN's notebook does.
    Raises `BrokenModel` on values that are not finite and on a picture of one colour.
    """
    low, high = output.range
    unit = (values.astype(np.float32) - low) / (high - low)
    if not np.isfinite(unit).all():
        raise BrokenModel("the model gave values that are not finite", "it is not stored")
    if output.rounding == "notebook":
        pictures = np.clip(unit * 256, 0, 255).astype(np.uint8)
    else:
        pictures = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
    flat = pictures.reshape(len(pictures), -1, pictures.shape[-1])
    if (flat == flat[:, :1]).all(axis=(1, 2)).any():
        raise BrokenModel("the model gave a picture of one colour", "it is not stored")
    return pictures
