"""What an adopted picture says besides itself: where it was taken, by whom, from which prompt.

Its file is served as it is, so whoever gets the picture gets this as well. Only what precedes and
follows the pixels is read, nothing is decoded: a photograph takes a fraction of a millisecond.
"""

import io
import re
import struct
from typing import Any

from PIL import Image, IptcImagePlugin, JpegImagePlugin

GPS, AUTHOR, PROMPT = "GPS position", "author", "prompt"
_ARTIST, _XP_AUTHOR, _OWNER, _USER_COMMENT = 0x013B, 0x9C9D, 0xA430, 0x9286
_EXIF, _GPS_INFO, _LATITUDE, _LONGITUDE = 0x8769, 0x8825, 2, 4
# where programs keep prompts: description, make, model, software, Windows' title and comment
_TEXTS = (0x010E, 0x010F, 0x0110, 0x0131, 0x9C9B, 0x9C9C)
_BY_LINE = (2, 80)  # IPTC-IIM
_AUTHOR_KEYS = {"author", "artist", "creator", "by-line"}
_PROMPT_KEYS = {
    "parameters", "prompt", "workflow", "dream", "sd-metadata", "invokeai_metadata",
    "invokeai_graph", "negative_prompt", "generation_data",
}  # fmt: skip
_TEXT_KEYS = {"description", "comment", "title"}
_PROMPT_TEXT = re.compile(
    r'negative prompt|"prompt"|\bprompt:|\bworkflow:|\bsteps: \d|\bjob id:|--v \d', re.IGNORECASE
)
_XMP = {
    GPS: re.compile(rb"GPSL(?:atitude|ongitude)\b"),
    AUTHOR: re.compile(rb"\bdc:creator\b|\btiff:Artist\b|\bphotoshop:AuthorsPosition\b"),
    PROMPT: re.compile(rb"AIPrompt|sd-metadata|[Nn]egative prompt|\bSteps: \d"),
}
_PNG = b"\x89PNG\r\n\x1a\n"
_UNREADABLE = (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, EOFError,
               struct.error, ArithmeticError, Image.DecompressionBombError)  # fmt: skip


def private_parts(data: bytes) -> tuple[str, ...]:
    """Return which of `GPS`, `AUTHOR` and `PROMPT` a picture's file carries, in this order.

    Nothing of a file that cannot be read.
    """
    found: set[str] = set()
    try:
        with Image.open(io.BytesIO(_without_pixels(data))) as opened:
            found |= _of_exif(opened.info.get("exif"))
            found |= _of_texts(opened.info)
            packet = opened.info.get("xmp") or opened.info.get("XML:com.adobe.xmp") or b""
            packet = packet.encode() if isinstance(packet, str) else packet
            found |= {kind for kind, pattern in _XMP.items() if pattern.search(packet)}
            if isinstance(opened, JpegImagePlugin.JpegImageFile):
                found |= (
                    {AUTHOR} if _BY_LINE in (IptcImagePlugin.getiptcinfo(opened) or {}) else set()
                )
    except _UNREADABLE:
        pass
    return tuple(kind for kind in (GPS, AUTHOR, PROMPT) if kind in found)


def _of_exif(block: bytes | None) -> set[str]:
    if not block:
        return set()
    exif = Image.Exif()
    exif.load(block)
    camera, place = exif.get_ifd(_EXIF), exif.get_ifd(_GPS_INFO)
    found = {GPS} if _LATITUDE in place or _LONGITUDE in place else set()
    if any(
        _text(part.get(tag)) for part in (exif, camera) for tag in (_ARTIST, _XP_AUTHOR, _OWNER)
    ):
        found.add(AUTHOR)
    texts = [_text(exif.get(tag)) for tag in _TEXTS]
    if any(map(_PROMPT_TEXT.search, [*texts, _text(camera.get(_USER_COMMENT))])):
        found.add(PROMPT)
    return found


def _of_texts(info: dict[Any, Any]) -> set[str]:
    """Return what PNG's texts and JPEG's comment hold."""
    found: set[str] = set()
    for key, value in info.items():
        if not isinstance(key, str) or not isinstance(value, str | bytes):
            continue
        text = _text(value)
        name = key.lower()
        if name.startswith("raw profile type"):  # ImageMagick's: EXIF or IPTC as hexadecimal
            digits = "".join(text.split("\n")[3:])
            found |= _of_exif(bytes.fromhex(digits)) if name.endswith(("exif", "app1")) else set()
        elif name in _AUTHOR_KEYS and text:
            found.add(AUTHOR)
        elif name in _PROMPT_KEYS or (name in _TEXT_KEYS and _PROMPT_TEXT.search(text)):
            found.add(PROMPT)
    return found


def _text(value: Any) -> str:
    """Return what a field says, whatever type a file gave it."""
    if isinstance(value, bytes):
        # UTF-16 has a zero beside every Latin letter; before a comment the code is named
        return value.replace(b"\0", b"").decode("utf-8", "replace").removeprefix("UNICODE").strip()
    return "" if value is None else str(value).strip()


def _without_pixels(data: bytes) -> bytes:
    """Return a PNG less its pixels: texts may come after them, and Pillow would decode them."""
    if not data.startswith(_PNG):
        return data
    kept, place = [_PNG], len(_PNG)
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + length + 12
        if data[place + 4 : place + 8] not in (b"IDAT", b"fdAT"):
            kept.append(data[place:end])
        place = end
    return b"".join(kept)
