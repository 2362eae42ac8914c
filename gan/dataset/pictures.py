"""Anybody's picture file → RGBA at the data set's size. Files are foreign: nothing is trusted."""

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from core.gathering.kinds import READ

MAX_PIXELS = 64_000_000  # 256 MB as RGBA; a 17 kB file can claim more than twice that
ROTATION_DEGREES = 15.0  # of the widest variant

Image.init()  # here, because threads that load the plugins together see half of them


class Unreadable(Exception):
    """A file that is left out; the message is the reason."""


def read_picture(path: Path | BinaryIO, size_px: int, fit: str) -> Image.Image:
    """Return the picture as RGBA [size, size], its EXIF orientation applied.

    ``fit``: ``"pad"`` shows all of it, centred on nothing; ``"crop"`` fills the square with its
    middle. Raises `Unreadable`.
    """
    try:
        with warnings.catch_warnings():
            # Pillow's bound is a warning and higher than ours, which is checked below
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=READ) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Unreadable(f"{image.width} x {image.height} px are too many")
                # MPO, what many telephones write into .jpg, holds two stills
                if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                    raise Unreadable("animated")
                image.draft("RGB", (2 * size_px, 2 * size_px))  # JPEG: decode at a smaller scale
                return square(to_rgba(ImageOps.exif_transpose(image)), size_px, fit)
    except Image.DecompressionBombError as error:
        raise Unreadable("too many pixels") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise Unreadable("not a picture that can be read") from error


def to_rgba(image: Image.Image) -> Image.Image:
    """Return 8-bit RGBA of a picture in any mode; 16-bit grey is scaled, not clipped."""
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        image = Image.fromarray((wide // 257 if wide.max() > 255 else wide).astype(np.uint8))
    return image.convert("RGBA")


def square(image: Image.Image, size_px: int, fit: str) -> Image.Image:
    """Return an RGBA picture padded with nothing, or cropped, to [size, size]."""
    method = Image.Resampling.LANCZOS
    if fit == "crop":
        return ImageOps.fit(image, (size_px, size_px), method)
    return ImageOps.pad(image, (size_px, size_px), method, color=(0, 0, 0, 0))


def variants(image: Image.Image, mirror: bool, rotations: int) -> list[np.ndarray]:
    """Return the picture and what is made of it, uint8 [size, size, 4] each.

    ``rotations`` of them are turned by up to ±15°; what turns in is transparent, so that the
    background shows. With ``mirror`` each is there mirrored too.
    """
    steps = -(-rotations // 2)
    angles = [
        (1 if i % 2 == 0 else -1) * ROTATION_DEGREES * (i // 2 + 1) / steps
        for i in range(rotations)
    ]
    turned = [image, *(image.rotate(angle, Image.Resampling.BICUBIC) for angle in angles)]
    if mirror:
        turned += [ImageOps.mirror(picture) for picture in turned]
    return [np.asarray(picture) for picture in turned]
