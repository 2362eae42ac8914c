"""Somebody's picture file → a file of the store: right way up, sRGB, in one of our formats.

What a file says beside its pixels is dropped: position, author, prompt, thumbnails. In its place is
what the store needs to know again: that it was adopted, from which bytes, and what its category is
called.
"""

import hashlib
import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps

from core.gathering.kinds import READ
from store.formats.colours import to_srgb
from store.formats.encoding import MOST_PIXELS, BadPicture, Format, encode_image
from store.formats.metadata import Adopted, adopted_xmp, read_adopted, read_provenance

_LONGEST_SIDE = {"webp": 16_383, "jpeg": 65_500}  # what the formats can say
_LONGEST_BLOCK = 65_000  # of metadata: JPEG has no room for more
_LARGE_PIXELS = 12_000_000  # 48 MB as RGBA, and several times that on its way
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, MemoryError, KeyError, TypeError,
               IndexError, ArithmeticError, struct.error, Image.DecompressionBombError)  # fmt: skip
_large = threading.Semaphore(1)
Image.init()  # here, because threads that load the plugins together see half of them


class GeneratedPicture(BadPicture):
    """A picture that this program made: it says where it comes from, and shall go on to."""


@dataclass(frozen=True)
class Converted:
    """A file for the store."""

    data: bytes
    is_first_of_several: bool  # of an animation only the first picture was taken


def original_digest(data: bytes) -> str:
    """Return the SHA-256 of an original file, by which an adopted picture is known again."""
    return hashlib.sha256(data).hexdigest()


def original_of(data: bytes) -> str:
    """Return the SHA-256 of the file that an adopted picture was made of; empty of any other."""
    try:
        with Image.open(io.BytesIO(data), formats=READ) as opened:
            adopted = read_adopted(opened)
    except _UNREADABLE:
        return ""
    return adopted.original if adopted else ""


def category_name_of(data: bytes) -> str:
    """Return what an adopted picture says its category is called; empty of any other."""
    try:
        with Image.open(io.BytesIO(data), formats=READ) as opened:
            adopted = read_adopted(opened)
    except _UNREADABLE:
        return ""
    return adopted.name if adopted else ""


def convert(data: bytes, chosen: Format, name: str, *, keep_metadata: bool = False) -> Converted:
    """Return a picture's file for the store; the same bytes give the same file.

    ``name``: the category's display name. ``keep_metadata``: EXIF, XMP and the texts of a PNG go
    with it. Memory is bounded: what has more than 64 megapixels is refused before it is decoded,
    and of what is large one is decoded at a time. Raises `BadPicture`, and `GeneratedPicture` for a
    picture of this program.
    """
    with _opened(data) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise BadPicture(f"more than {MOST_PIXELS // 10**6} megapixels")
        if max(width, height) > _LONGEST_SIDE.get(chosen.name, 2**31):
            raise BadPicture(f"larger than {chosen.name} can be ({width} x {height} px)")
        if read_provenance(opened) is not None:
            raise GeneratedPicture("made by this program: put it into images/ and run flask index")
        # MPO's second picture is the same one smaller, or for the other eye
        frames = 1 if opened.format == "MPO" else getattr(opened, "n_frames", 1)
        with _large if width * height > _LARGE_PIXELS else nullcontext():
            opened.load()
            image = to_srgb(_upright(opened))  # first: what is kept no longer says how it was held
            exif, packet, texts = _metadata(opened) if keep_metadata else (b"", b"", "")
            adopted = Adopted(original_digest(data), name)
            xmp = adopted_xmp(adopted, packet, texts)
            if chosen.name == "jpeg" and len(xmp) > _LONGEST_BLOCK:
                xmp = adopted_xmp(adopted)
            if not exif or len(exif) > _LONGEST_BLOCK:
                return Converted(encode_image(image, chosen, xmp), frames > 1)
            return Converted(encode_image(image, chosen, xmp, exif=exif), frames > 1)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """Open a picture of any kind that is read here; whatever is wrong with it is a `BadPicture`."""
    try:
        with warnings.catch_warnings():
            # Pillow's bound is a warning and higher than ours
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=READ)
        with opened:
            yield opened
    except _UNREADABLE as error:
        reason = str(error).partition(" <")[0]
        raise BadPicture(f"not a picture that can be read ({reason})") from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _UNREADABLE:  # what it says of itself is damaged, and its pixels are not
        return image


def _metadata(image: Image.Image) -> tuple[bytes, bytes, str]:
    """Return EXIF without what no longer holds, the XMP packet, and the texts of a PNG."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    packet = packet.encode() if isinstance(packet, str) else packet
    texts = "\n".join(
        f"{key}: {value}"
        for key, value in getattr(image, "text", {}).items()
        if key != "XML:com.adobe.xmp"
    )
    try:
        exif = image.getexif()
        for tag in (ExifTags.Base.Orientation, ExifTags.Base.ImageWidth, ExifTags.Base.ImageLength):
            exif.pop(tag, None)
        return exif.tobytes() if len(exif) else b"", packet, texts
    except _UNREADABLE:
        return b"", packet, texts
