"""Model output → uint8 pictures: the one place where range, rounding and layout are applied."""

import math

import numpy as np

from core.errors import NonesuchError
from sources.runtimes.ranges import check_range
from sources.spec.description import Model, Output
from sources.spec.picture_outputs import CHANNELS, how_to_describe


class BrokenModel(NonesuchError):
    """A model whose pictures are not finite, all one colour, or not of the size it says."""


def to_uint8(values: np.ndarray, output: Output) -> np.ndarray:
    """Return the pictures in an output, laid out and in the range that it says, as uint8.

    [N, H, W, 3 or 4]; one channel is shown as grey, two as grey with transparency. ``rounding``:
    ``nearest``, or ``floor_256``: floor of 256 steps, as BigGAN's notebook does. Raises
    `BrokenModel` on values that are not finite, on a picture of one colour, and on shapes that are
    no pictures.
    """
    values = _laid_out(values, output)
    if values.shape[-1] not in CHANNELS:
        other = "NHWC" if output.layout == "NCHW" else "NCHW"
        raise BrokenModel(
            f"output {output.name} has {values.shape[-1]} channels as {output.layout}",
            f'change model.toml: [output] layout = "{other}"',
        )
    pictures = to_levels(values, output.range, output.rounding)
    flat = pictures.reshape(len(pictures), -1, pictures.shape[-1])
    if (flat == flat[:, :1]).all(axis=(1, 2)).any():
        raise BrokenModel("the model gave a picture of one colour", "it is not stored")
    if pictures.shape[-1] < 3:
        pictures = np.concatenate([np.repeat(pictures[..., :1], 3, -1), pictures[..., 1:]], -1)
    return pictures


def _laid_out(values: np.ndarray, output: Output) -> np.ndarray:
    """Return values of any declared shape and layout as [N, H, W, C]. Raises `BrokenModel`."""
    axes, shape = output.layout, list(values.shape)
    if output.shape:
        whole = (len(values), *output.shape) if "N" in axes and values.ndim else output.shape
        if values.size != math.prod(whole):
            raise BrokenModel(
                f"output {output.name} has the shape {shape}, which does not make pictures of "
                f"{list(output.shape)}",
                how_to_describe(tuple(shape)),
            )
        values = values.reshape(whole)
    if values.ndim != len(axes):
        raise BrokenModel(
            f"output {output.name} has the shape {shape}, which is no batch of pictures as {axes}",
            how_to_describe(tuple(shape)),
        )
    for axis in "NHWC":
        if axis not in axes:
            values, axes = values[..., None], axes + axis
    return np.transpose(values, [axes.index(axis) for axis in "NHWC"])


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


class Converter:
    """Turns the outputs of a model's calls into its pictures.

    With ``check_range`` the values of the first call are compared with model.toml's range, unless
    `flask gan export` wrote that: it compared pictures then, and light drawings on white may well
    have no dark point in a first batch.
    """

    def __init__(self, model: Model, *, check_range: bool) -> None:
        self._output, self._size_px = model.output, model.size_px
        self._toml = str(model.folder / "model.toml")
        self._is_checked = model.is_exported or not check_range

    def pictures(self, values: np.ndarray, count: int) -> np.ndarray:
        """Return the first ``count`` pictures of an output's values, uint8 [N, H, W, 3 or 4].

        Raises `BrokenModel` and `sources.runtimes.ranges.WrongRange`.
        """
        if "N" in self._output.layout:
            if values.ndim and len(values) < count:
                raise BrokenModel(
                    f"a call for {count} pictures gave {len(values)}",
                    f"write into {self._toml}, in the table of its file: batch = {len(values)}",
                )
            values = values[:count]
        if not self._is_checked:
            check_range(values, self._output, self._toml)
        pictures = to_uint8(values, self._output)
        self._is_checked = True
        check_size(pictures, self._size_px, self._toml)
        return pictures


def check_size(pictures: np.ndarray, size_px: int, toml: str) -> None:
    """Raise `BrokenModel` where pictures [N, H, W, C] are not as high as model.toml says."""
    if pictures.shape[1] != size_px:
        raise BrokenModel(
            f"the model's pictures are {pictures.shape[1]} px high, {toml} says {size_px}",
            f"change it: size_px = {pictures.shape[1]}",
        )
