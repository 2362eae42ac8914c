"""A picture in a frame of an exact width and height, for pages of others.

It fills the frame and is cropped, or it stands whole on a ground of one colour. What is drawn on
white is multiplied into that ground, as a print is into its paper. On a dark ground, where nothing
of it could be seen, it keeps its white.
"""

import io

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from core.licences import Licence
from store.formats.encoding import EXTENSION_FORMATS, encode_image, open_picture, plain
from store.formats.frames import MOST_PX, Frame
from store.formats.metadata import read_packet, with_licence
from store.formats.private_parts import private_parts
from store.formats.resizing import resize

_BLURS_PER_FRAME = 128  # a blur of 1 has a radius of this part of the longer side
_ROUND_TIMES = 4  # finer than the picture the circle is drawn, then reduced: a smooth edge
_DARK = 128  # below this lightness, 0–255, nothing is multiplied into a ground
_LONGEST_PACKET = 65_000  # more than JPEG has room for


def framed(
    data: bytes, frame: Frame, extension: str, ground: tuple[int, int, int],
    *, is_print: bool, licence: Licence | None = None,
) -> bytes:  # fmt: skip
    """Return a picture's file in a frame, in the format of an extension.

    ``ground``: sRGB, 0–255, behind a picture that stands whole; ``is_print``: multiplied into it,
    where it is light.
    What the picture says of itself stays inside, with the ``licence``, unless it may be private.
    Raises `store.formats.encoding.BadPicture`.
    """
    is_private = bool(private_parts(data))
    with open_picture(io.BytesIO(data)) as opened:
        packet = with_licence(read_packet(opened), licence)
        image = plain(ImageOps.exif_transpose(opened))
    # what has no ground, or a white one, would be cut for nothing
    is_thing = is_print or image.mode == "RGBA"
    if frame.fit == "crop" or (frame.fit == "usual" and not is_thing):
        image = _cropped(image, frame.width, frame.height)
    else:
        image = _on_ground(image, frame, ground, is_print)
    if frame.is_grey:
        image = _grey(image)
    if frame.blur:
        image = _blurred(image, frame.blur * max(image.size) / _BLURS_PER_FRAME)
    if frame.is_round:
        image = _round(image)
    image.info = {}  # Pillow would write its comment and profile
    if is_private or len(packet) > _LONGEST_PACKET:
        packet = b""
    return encode_image(image, EXTENSION_FORMATS[extension], packet)


def _cropped(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return the middle of a picture, as much as has these proportions, in this size."""
    scale = min(image.width / width, image.height / height)
    wide = min(image.width, max(1, round(width * scale)))
    high = min(image.height, max(1, round(height * scale)))
    left, top = (image.width - wide) // 2, (image.height - high) // 2
    return resize(image.crop((left, top, left + wide, top + high)), (width, height))


def _on_ground(
    image: Image.Image, frame: Frame, ground: tuple[int, int, int], is_print: bool
) -> Image.Image:
    scale = min(frame.width / image.width, frame.height / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    image = resize(image, size)
    place = (frame.width - size[0]) // 2, (frame.height - size[1]) // 2
    wall = Image.new("RGB", (frame.width, frame.height), ground)
    if image.mode == "RGBA":
        wall.paste(image, place, image)
    elif is_print and not _is_dark(ground):
        sheet = Image.new("RGB", wall.size, "white")
        sheet.paste(image, place)
        wall = ImageChops.multiply(wall, sheet)
    else:
        wall.paste(image, place)
    return wall


def _is_dark(ground: tuple[int, int, int]) -> bool:
    red, green, blue = ground
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK


def _grey(image: Image.Image) -> Image.Image:
    grey = image.convert("RGB").convert("L").convert("RGB")
    if image.mode == "RGBA":
        grey.putalpha(image.getchannel("A"))
    return grey


def _blurred(image: Image.Image, radius: float) -> Image.Image:
    blur = ImageFilter.GaussianBlur(radius)
    if image.mode == "RGBA":  # else the colours of what nobody sees would come in
        return image.convert("RGBa").filter(blur).convert("RGBA")
    return image.filter(blur)


def _round(image: Image.Image) -> Image.Image:
    times = _ROUND_TIMES if max(image.size) <= MOST_PX // 4 else 1
    mask = Image.new("L", (image.width * times, image.height * times))
    ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), fill=255)
    mask = mask.resize(image.size, Image.Resampling.LANCZOS)
    image = image.convert("RGBA")
    image.putalpha(ImageChops.multiply(image.getchannel("A"), mask))
    return image
