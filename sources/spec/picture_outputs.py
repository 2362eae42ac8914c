"""Which output of a signature holds the pictures, and how they lie in it: by shape and name."""

import math
import re
from dataclasses import dataclass

from sources.spec.signatures import Signature, TensorInfo

Shape = tuple[int | None, ...]
CHANNELS = (1, 2, 3, 4)  # grey, grey with transparency, RGB, RGB with transparency
_PICTURE = re.compile(r"imag|img|pic|rgb|photo|sample|fake|pixel|render|(^|_)x(_|$)", re.I)
_NO_PICTURE = re.compile(r"depth|mask|alpha|segm|logit|feature|latent|normal|prob|score|aux", re.I)
_BY_NAME = 10  # weighs more than any shape


@dataclass(frozen=True)
class Pictures:
    """An output that holds pictures."""

    info: TensorInfo
    layout: str
    size_px: int | None  # None: the graph does not say
    channels: int  # of what is stored: 3 or 4
    shape: tuple[int, ...] = ()  # of one picture where the output is flat


def pictures_of(signature: Signature) -> Pictures | None:
    """Return the output that most looks like pictures, None where none does."""
    found = [(_likeness(info), info) for info in signature.outputs.values()]
    fitting = [(likeness, info) for likeness, info in found if likeness is not None]
    if not fitting:
        return None
    # the first of equals, in the signature's own order
    return _described(max(fitting, key=lambda pair: pair[0])[1])


def _likeness(info: TensorInfo) -> int | None:
    """Return how much an output looks like pictures; None where it cannot be."""
    if info.dtype in ("string", "bool") or info.shape is None:
        return None if info.dtype in ("string", "bool") else _named(info) - _BY_NAME
    layout, shape = layout_of(info.shape), info.shape
    if not layout and not (len(shape) == 2 and flat_shape(shape[-1])):
        return None
    by_shape = 0
    if "C" in layout:
        by_shape = {3: 4, 4: 3, 2: 1}.get(shape[layout.index("C")] or 3, 2)
    elif layout:
        by_shape = 1
    return _named(info) + by_shape


def _named(info: TensorInfo) -> int:
    # "images_depth" is a depth
    return -_BY_NAME if _NO_PICTURE.search(info.key) else _BY_NAME * bool(_PICTURE.search(info.key))


def layout_of(shape: Shape) -> str:
    """Return the layout that a shape most likely is of, empty where it is no picture's."""
    if len(shape) == 4:
        if shape[3] in CHANNELS or (shape[3] is None and shape[1] not in CHANNELS):
            return "NHWC"
        return "NCHW" if shape[1] in CHANNELS else ""
    if len(shape) == 3:
        if shape[0] is not None and _square(shape[0], shape[1]) and shape[2] in CHANNELS:
            return "HWC"
        if _square(shape[1], shape[2]):
            return "CHW" if shape[0] == 3 else "NHW"
    if len(shape) == 2 and shape[0] is not None and _square(shape[0], shape[1]):
        return "HW"
    return ""


def _square(height: int | None, width: int | None) -> bool:
    return height is None or width is None or (height == width and height > 4)


def flat_shape(width: int | None) -> tuple[int, int, int] | None:
    """Return the square picture that a row of so many numbers is, colour first; None for none."""
    for channels in (3, 1, 4):
        side = math.isqrt((width or 0) // channels)
        if side >= 8 and side * side * channels == width:
            return side, side, channels
    return None


def _described(info: TensorInfo) -> Pictures:
    shape = info.shape
    if shape is None:
        return Pictures(info, "NHWC", None, 3)
    layout = layout_of(shape)
    if not layout:
        flat = flat_shape(shape[-1])
        assert flat is not None
        return Pictures(info, "NHWC", flat[0], max(3, flat[2]), flat)
    channels = shape[layout.index("C")] if "C" in layout else 1
    return Pictures(info, layout, shape[layout.index("H")], 4 if channels in (2, 4) else 3)


def how_to_describe(shape: Shape) -> str:
    """Return what to write in model.toml for an output that has turned out to be of this shape."""
    layout = layout_of(shape)
    if layout:
        return f'change model.toml: [output] layout = "{layout}"'
    flat = flat_shape(shape[-1]) if len(shape) == 2 else None
    if flat:
        return f"add to model.toml: [output] shape = {list(flat)}"
    return "name another one in model.toml: [output] name = …"
