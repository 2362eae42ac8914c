"""Model output → uint8 pictures: the one place where range, rounding and layout are applied."""

import numpy as np

from core.errors import NonesuchError
from sources.spec.description import Output


class BrokenModel(NonesuchError):
    """A model whose pictures are not finite, all one colour, or not of the size it says."""


def to_uint8(values: np.ndarray, output: Output) -> np.ndarray:
    """Return [N, H, W, C], or [N, C, H, W], in ``output.range`` as uint8 [N, H, W, 3 or 4].

    ``rounding``: ``nearest``, or ``floor_256``: floor of 256 steps, as BigGAN's notebook does.
    One channel is shown as grey. Raises `BrokenModel` on values that are not finite, on a picture
    of one colour, and on shapes that are no pictures.
    """
    if values.ndim != 4:
        raise BrokenModel(
            f"output {output.name} has the shape {list(values.shape)}, which is no batch of "
            "pictures",
            "name another one in model.toml: [output] name = …",
        )
    if output.layout == "NCHW":
        values = np.transpose(values, (0, 2, 3, 1))
    if values.shape[-1] not in (1, 3, 4):
        other = "NHWC" if output.layout == "NCHW" else "NCHW"
        raise BrokenModel(
            f"output {output.name} has {values.shape[-1]} channels as {output.layout}",
            f'change model.toml: [output] layout = "{other}"',
        )
    pictures = to_levels(values, output.range, output.rounding)
    flat = pictures.reshape(len(pictures), -1, pictures.shape[-1])
    if (flat == flat[:, :1]).all(axis=(1, 2)).any():
        raise BrokenModel("the model gave a picture of one colour", "it is not stored")
    return np.repeat(pictures, 3, axis=-1) if pictures.shape[-1] == 1 else pictures


def to_levels(values: np.ndarray, between: tuple[float, float], rounding: str) -> np.ndarray:
    """Return values in a range as uint8 of the same shape. Raises `BrokenModel` unless finite."""
    low, high = between
    unit = (values.astype(np.float32) - low) / (high - low)
    if not np.isfinite(unit).all():
        raise BrokenModel("the model gave values that are not finite", "it is not stored")
    levels: np.ndarray
    if rounding == "floor_256":
        levels = np.clip(unit * 256, 0, 255)
    else:
        levels = np.rint(np.clip(unit, 0, 1) * 255)
    return levels.astype(np.uint8)


def check_size(pictures: np.ndarray, size_px: int, toml: str) -> None:
    """Raise `BrokenModel` where pictures [N, H, W, C] are not as high as model.toml says."""
    if pictures.shape[1] != size_px:
        raise BrokenModel(
            f"the model's pictures are {pictures.shape[1]} px high, {toml} says {size_px}",
            f"change it: size_px = {pictures.shape[1]}",
        )
