"""A generated picture's file as it leaves the site: it says inside under which licence it is.

A stored file does not. Its address is a hash of its bytes, and its bytes can be made again from
model and seed: an owner who chooses another licence would change every address. So the licence is
put into files where they are written for somebody: in another size or format, live, in an export.
Only the XMP packet is changed; the pixels stay as they are, bit by bit.
"""

import io
import struct
import zlib

from PIL import Image

from core.licences import Licence
from store.formats.metadata import read_packet, with_licence

_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"  # not compressed, no language


def licensed(data: bytes, licence: Licence | None) -> bytes:
    """Return a picture's file with a licence in its metadata.

    Files that this program did not make, and those that others have rewritten, come back as they
    are: what they say of their rights is somebody else's.
    """
    if licence is None:
        return data
    with Image.open(io.BytesIO(data), formats=("WEBP", "JPEG", "PNG", "AVIF")) as image:
        packet, kind = read_packet(image), image.format
    changed = with_licence(packet, licence)
    if changed == packet:
        return data
    if kind == "AVIF":
        return _with_item(data, packet, changed)
    frame = {"WEBP": _riff_chunk, "JPEG": _jpeg_segment, "PNG": _png_chunk}[str(kind)]
    if data.count(frame(packet)) != 1:
        return data
    data = data.replace(frame(packet), frame(changed))
    if kind == "WEBP":  # says its own length
        data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    return data


def _riff_chunk(packet: bytes) -> bytes:
    return b"XMP " + struct.pack("<I", len(packet)) + packet + b"\0" * (len(packet) % 2)


def _jpeg_segment(packet: bytes) -> bytes:
    body = _JPEG_XMP + packet
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png_chunk(packet: bytes) -> bytes:
    body = b"iTXt" + _PNG_XMP + packet
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _with_item(data: bytes, packet: bytes, changed: bytes) -> bytes:
    """Return an AVIF file whose packet lies in a box at its end, to where its extent points.

    The extent is an offset and a length (ISO/IEC 14496-12, 8.11.3), 4 bytes each as libavif writes
    them.
    """
    extent = struct.pack(">II", data.find(packet), len(packet))
    if data.count(packet) != 1 or data.count(extent) != 1:
        return data
    box = struct.pack(">I", len(changed) + 8) + b"mdat" + changed
    return data.replace(extent, struct.pack(">II", len(data) + 8, len(changed))) + box
