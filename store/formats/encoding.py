"""uint8 pictures → files, and back: formats, effort, limits."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from core.errors import NonesuchError
from core.gathering.kinds import HEAD_BYTES, READ, kind_of
from core.licences import Licence
from store.formats.metadata import Provenance, read_provenance, to_xmp

if TYPE_CHECKING:
    import numpy as np  # the site makes derivatives, and has no use for its 20 MB

MOST_PIXELS = 64_000_000
_STORED = ("WEBP", "JPEG", "PNG", "AVIF")


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
EXTENSION_FORMATS = {chosen.extension: chosen for chosen in FORMATS.values()}


@dataclass(frozen=True)
class ReadPicture:
    """What a file says when it is read; width and height: of the picture as it is shown."""

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


def encode(
    picture: "np.ndarray", chosen: Format, provenance: Provenance, licence: Licence | None = None
) -> bytes:
    """Return the bytes of a picture, uint8 [H, W, 3 or 4], with its provenance as XMP.

    The same arguments give the same bytes with the same Pillow: there is no time stamp. What is
    stored has no ``licence`` inside, see `store.formats.licensing`.
    """
    return encode_image(Image.fromarray(picture), chosen, to_xmp(provenance, licence))


def encode_image(image: Image.Image, chosen: Format, packet: bytes, **more: Any) -> bytes:
    """Return the bytes of a picture, RGB or RGBA, with an XMP packet; ``more`` goes to Pillow.

    JPEG has no transparency: what shows through is white.
    """
    buffer = io.BytesIO()
    if chosen.name == "png":
        text = PngImagePlugin.PngInfo()
        if packet:
            text.add_itxt("XML:com.adobe.xmp", packet.decode())
        image.save(buffer, "PNG", pnginfo=text, **chosen.options, **more)
    else:
        if chosen.name == "jpeg":
            image = on_white(image)
        image.save(buffer, chosen.name.upper(), xmp=packet, **chosen.options, **more)
    return buffer.getvalue()


def plain(image: Image.Image) -> Image.Image:
    """Return a picture of any mode as RGB or RGBA, uint8."""
    if image.mode.startswith("I"):  # 16 bits of grey: converting would only cut them off
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    transparent = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    return image.convert("RGBA" if transparent else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    """Return a picture of any mode as RGB; what is transparent shows white."""
    image = plain(image)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image


def perceptual_hash(image: Image.Image) -> str:
    """Return the 64-bit DCT hash of a picture as 16 hexadecimal digits (imagehash.phash).

    Of the picture as it is shown: on white, as the camera was held. Colours that nobody sees do
    not count.
    """
    import imagehash

    return str(imagehash.phash(on_white(ImageOps.exif_transpose(image))))


def size_shown(image: Image.Image) -> tuple[int, int]:
    """Return width and height as the camera was held: EXIF may say that they change places."""
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size


def open_picture(source: Path | io.BytesIO) -> Image.Image:
    """Open and decode a picture within limits; its first frame. Raises `BadPicture`."""
    name = str(source) if isinstance(source, Path) else "it"
    if isinstance(source, io.BytesIO):
        kind = kind_of(source.getbuffer()[:HEAD_BYTES].tobytes())
        if kind and kind not in _STORED:
            article = "an" if kind[0] in "AEI" else "a"
            how = ": take it in with flask adopt" if kind in READ else ", which is not read here"
            raise BadPicture(f"{name} is {article} {kind} by what it holds{how}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(source, formats=_STORED)
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture(f"{name} has more than {MOST_PIXELS // 10**6} megapixels")
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
        # of bytes Pillow says where in memory they are
        reason = str(error).replace(f" {source!r}", "")
        raise BadPicture(f"{name} is no picture that can be read ({reason})") from error


def read_picture(data: bytes) -> ReadPicture:
    """Decode a file's bytes and return what the index keeps of it. Raises `BadPicture`."""
    with open_picture(io.BytesIO(data)) as image:
        provenance = read_provenance(image)
        width, height = size_shown(image)
        return ReadPicture(
            width=width,
            height=height,
            format=(image.format or "").lower(),
            provenance=provenance,
            phash=provenance.phash if provenance else perceptual_hash(image),
        )
