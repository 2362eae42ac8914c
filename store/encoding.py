"""uint8 pictures → files, and back: formats, effort, limits."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from core.errors import NonesuchError
from store.metadata import Provenance, read_provenance, to_xmp

MOST_PIXELS = 64_000_000


class BadPicture(NonesuchError):
    """A file that is no picture that this program reads."""


class UnknownFormat(NonesuchError):
    """A format that pregen does not write."""


@dataclass(frozen=True)
class Format:
    """A file format with the options that bench/encoders chose by bytes and SSIM against time."""

    name: str
    extension: str
    options: dict[str, Any]


FORMATS = {
    "webp": Format("webp", "webp", {"quality": 90, "method": 2, "alpha_quality": 90}),
    "jpeg": Format("jpeg", "jpg", {"quality": 92, "subsampling": 0}),
    "png": Format("png", "png", {"compress_level": 6}),
    "avif": Format("avif", "avif", {"quality": 80, "speed": 8, "max_threads": 1}),
}


@dataclass(frozen=True)
class ReadPicture:
    """What a file says when it is read."""

    width: int
    height: int
    format: str
    provenance: Provenance | None
    phash: str


def find_format(name: str) -> Format:
    """Return a format by name. Raises `UnknownFormat`."""
    chosen = FORMATS.get({"jpg": "jpeg"}.get(name.lower(), name.lower()))
    if chosen is None:
        raise UnknownFormat(f"there is no format {name!r}", f"choose from {', '.join(FORMATS)}")
    return chosen


def encode(picture: np.ndarray, chosen: Format, provenance: Provenance) -> bytes:
    """Return the bytes of a picture, uint8 [H, W, 3 or 4], with its provenance as XMP.

    The same arguments give the same bytes with the same Pillow: there is no time stamp.
    """
    image = Image.fromarray(picture)
    packet = to_xmp(provenance)
    buffer = io.BytesIO()
    if chosen.name == "png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode())
        image.save(buffer, "PNG", pnginfo=text, **chosen.options)
    else:
        if chosen.name == "jpeg" and image.mode == "RGBA":
            white = Image.new("RGB", image.size, "white")
            white.paste(image, mask=image.getchannel("A"))
            image = white
        image.save(buffer, chosen.name.upper(), xmp=packet, **chosen.options)
    return buffer.getvalue()


def perceptual_hash(image: Image.Image) -> str:
    """Return the 64-bit DCT hash of a picture as 16 hexadecimal digits (imagehash.phash)."""
    import imagehash

    return str(imagehash.phash(image if image.mode == "RGB" else image.convert("RGB")))


def open_picture(source: Path | io.BytesIO) -> Image.Image:
    """Open and decode a picture within limits; its first frame. Raises `BadPicture`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(source, formats=("WEBP", "JPEG", "PNG", "AVIF"))
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture(f"{source} has more than {MOST_PIXELS // 10**6} megapixels")
            image.load()
            return image
    except (
        OSError,
        ValueError,
        SyntaxError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise BadPicture(f"{source} is no picture that can be read ({error})") from error


def read_picture(path: Path) -> ReadPicture:
    """Decode a file and return what the index keeps of it. Raises `BadPicture`."""
    with open_picture(path) as image:
        provenance = read_provenance(image)
        return ReadPicture(
            width=image.width,
            height=image.height,
            format=(image.format or "").lower(),
            provenance=provenance,
            phash=provenance.phash if provenance else perceptual_hash(image),
        )
