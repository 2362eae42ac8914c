"""What adopted pictures say besides what they show: counted, named, and not in other sizes."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from click.testing import Result
from PIL import Image, PngImagePlugin

from app import create_app
from store.formats.private_parts import AUTHOR, GPS, PROMPT, private_parts
from store.formats.resizing import resized
from tests.conftest import Filled, small_picture

Flask = Callable[..., Result]
FORMATS = ("JPEG", "WEBP", "PNG", "AVIF")
WORDS = "a cat\nNegative prompt: dogs\nSteps: 20, Sampler: Euler"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description exif:GPSLatitude="52,30N">'
    b"<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def saved(format_name: str = "JPEG", **more: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (48, 32), "teal").save(buffer, format_name, **more)
    return buffer.getvalue()


def exif(place: bool = False, **tags: object) -> bytes:
    block = Image.Exif()
    names = {"artist": 0x013B, "make": 0x010F, "orientation": 0x0112, "windows": 0x9C9D}
    for name, value in tags.items():
        if name in names:
            block[names[name]] = value
        else:
            block.get_ifd(0x8769)[{"owner": 0xA430, "comment": 0x9286}[name]] = value
    if place:
        block.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 0.0, 0.0)})
    return block.tobytes()


def texts(*pairs: tuple[str, str], is_packed: bool = False) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for key, value in pairs:
        info.add_text(key, value, zip=is_packed)
    return info


def after_the_pixels(key: bytes, value: bytes) -> bytes:
    data, body = saved("PNG"), b"tEXt" + key + b"\0" + value
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-12] + chunk + data[-12:]


def with_by_line(name: bytes) -> bytes:
    record = b"\x1c\x02\x50" + struct.pack(">H", len(name)) + name
    block = (
        b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record + b"\0" * (len(record) % 2)
    )
    segment = b"Photoshop 3.0\0" + block
    data = saved()
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


CASES = {
    **{f"{name}: EXIF": (saved(name, exif=exif(True, artist="Ann")), (GPS, AUTHOR))
       for name in FORMATS},
    **{f"{name}: XMP": (saved(name, xmp=XMP), (GPS, AUTHOR)) for name in ("JPEG", "WEBP", "AVIF")},
    "PNG: XMP": (saved("PNG", pnginfo=texts(("XML:com.adobe.xmp", XMP.decode()))), (GPS, AUTHOR)),
    "owner of the camera": (saved(exif=exif(owner="Ann")), (AUTHOR,)),
    "Windows": (saved(exif=exif(windows="Ann".encode("utf-16-le"))), (AUTHOR,)),
    "IPTC": (with_by_line(b"Ann"), (AUTHOR,)),
    "a user's comment": (
        saved("WEBP", exif=exif(comment=b"UNICODE\0" + WORDS.encode("utf-16-be"))), (PROMPT,)
    ),
    "a maker": (saved("WEBP", exif=exif(make='prompt:{"3": {}}')), (PROMPT,)),
    "JPEG: comment": (saved(comment=WORDS), (PROMPT,)),
    "PNG: parameters": (saved("PNG", pnginfo=texts(("parameters", WORDS))), (PROMPT,)),
    "PNG: a graph": (saved("PNG", pnginfo=texts(("workflow", "{}"), is_packed=True)), (PROMPT,)),
    "PNG: author": (saved("PNG", pnginfo=texts(("Author", "Ann"))), (AUTHOR,)),
    "PNG: after the pixels": (after_the_pixels(b"Author", b"Ann"), (AUTHOR,)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_private_is_found(case: str) -> None:
    data, expected = CASES[case]
    assert private_parts(data) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_private_is_not(name: str) -> None:
    plain, of_camera = saved(name), saved(name, exif=exif(orientation=6, make="Camera"))
    others = (saved(comment="holidays"), small_picture(1), b"", b"nothing", plain[:40])
    assert all(private_parts(data) == () for data in (plain, of_camera, *others))
    assert private_parts(saved("PNG", pnginfo=texts(("Comment", "GIMP"), ("Title", "a")))) == ()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("size", "extension"), [(48, "png"), (48, "jpg"), (64, "webp")])
def test_other_sizes_carry_nothing_private(case: str, size: int, extension: str) -> None:
    assert private_parts(resized(CASES[case][0], size, extension)) == ()


def test_index_counts_and_verify_names_them(filled: Filled) -> None:
    run = create_app(filled.settings).test_cli_runner()
    place, words = CASES["JPEG: EXIF"][0], CASES["PNG: parameters"][0]
    filled.store.put_all("hat", {"a.jpg": place, "b.png": words, "c.png": saved("PNG")})
    indexed = run.invoke(args=["index"])
    assert indexed.exit_code == 0, indexed.output
    assert "2 of the new ones carry what may be private" in indexed.stderr
    assert "(GPS position in 1, author in 1, prompt in 1)" in indexed.stderr
    assert "private" not in run.invoke(args=["index"]).output
    verified = run.invoke(args=["verify"])
    assert verified.exit_code == 0, verified.output
    assert "private: hat/a.jpg: GPS position, author\n" in verified.output
    assert "private: hat/b.png: prompt\n2 private; " in verified.output
    filled.store.put_all("hat", {"a.jpg": saved(), "b.png": saved("PNG")})
    assert run.invoke(args=["index"]).exit_code == 0
    assert "private" not in run.invoke(args=["verify"]).output
