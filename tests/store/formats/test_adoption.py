"""Somebody's picture → ours: right way up, in sRGB, and silent about who took it and where."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from store.formats.adoption import (
    GeneratedPicture,
    category_name_of,
    convert,
    original_digest,
    original_of,
)
from store.formats.encoding import BadPicture, encode, find_format
from store.formats.metadata import Provenance
from store.formats.private_parts import AUTHOR, GPS, PROMPT, private_parts

WEBP, PNG = find_format("webp"), find_format("png")


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixel(data: bytes, kind: str = "png", at: tuple[int, int] = (8, 8)) -> tuple[int, ...]:
    found = decoded(convert(data, find_format(kind), "cat").data)
    return tuple(np.asarray(found)[at[1], at[0]].tolist())


def half_red(size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))  # red on the left
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_is_turned_as_the_camera_was_held(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: left becomes top
    made = decoded(convert(file(half_red(), kind, exif=exif), WEBP, "cat").data)
    assert made.size == (20, 40)
    values = np.asarray(made)
    assert values[4, 10, 0] > 200 and values[35, 10, 2] > 200
    assert not made.getexif()


RED = (255, 0, 0)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (16, 16), 1), (255, 255, 255)),
        (Image.new("L", (16, 16), 100), (100, 100, 100)),
        (Image.new("LA", (16, 16), (100, 50)), (100, 100, 100, 50)),
        (Image.new("P", (16, 16)), (0, 0, 0)),
        (Image.new("RGBA", (16, 16), (*RED, 255)), RED),  # opaque: no alpha is kept
        (Image.new("RGBA", (16, 16), (*RED, 9)), (*RED, 9)),
        (Image.new("I;16", (16, 16), 100 * 257), (100, 100, 100)),
        (Image.new("I;16", (16, 16), 257), (1, 1, 1)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_modes_come_out_as_rgb_or_rgba(image: Image.Image, expected: tuple[int, ...]) -> None:
    assert pixel(file(image)) == expected


def test_modes_that_png_does_not_have() -> None:
    assert pixel(file(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "TIFF")) == pytest.approx(
        RED, abs=4
    )
    assert pixel(file(Image.new("F", (16, 16), 0.5), "TIFF")) == (128, 128, 128)
    lab = Image.new("LAB", (16, 16), (136, 208, 195))  # L 53, a 80, b 67: red
    red, green, blue = pixel(file(lab, "TIFF"))
    assert red > 150 > 100 > max(green, blue)


def test_transparent_palettes_keep_what_shows() -> None:
    image = Image.new("P", (16, 16), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert pixel(file(image, transparency=0))[3] == 0
    assert pixel(file(image, transparency=bytes([128, 255]))) == (*RED, 128)


def swapped_profile() -> bytes:
    """A profile in which red and blue change places: nobody overlooks whether it was applied."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    places = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = places[b"rXYZ"] + 4, places[b"bXYZ"] + 4
    data[red : red + 8], data[blue : blue + 8] = data[blue : blue + 8], data[red : red + 8]
    # its description says sRGB, which would be believed
    return bytes(data).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_a_colour_profile_is_applied_and_not_kept() -> None:
    data = file(Image.new("RGB", (16, 16), RED), icc_profile=swapped_profile())
    red, green, blue = pixel(data)
    assert blue > 240 and red < 15 and green < 15
    assert "icc_profile" not in decoded(convert(data, PNG, "cat").data).info
    transparent = file(Image.new("RGBA", (16, 16), (*RED, 40)), icc_profile=swapped_profile())
    assert pixel(transparent)[3] == 40 and pixel(transparent)[2] > 240


def test_a_damaged_profile_changes_nothing() -> None:
    assert pixel(file(Image.new("RGB", (16, 16), RED), icc_profile=b"no profile")) == RED


def test_a_png_gamma_is_applied_as_browsers_do() -> None:
    plain = file(Image.new("RGB", (16, 16), (100, 100, 100)))
    chunk = b"gAMA" + (100_000).to_bytes(4, "big")  # 1.0: linear
    import zlib

    gamma = b"\0\0\0\x04" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    end = plain.index(b"IDAT") - 4
    assert pixel(plain[:end] + gamma + plain[end:]) == pytest.approx((166, 166, 166), abs=1)


def with_everything() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x013B] = "An Author"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (10.0, 20.0, 30.0)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a castle\nSteps: 20")
    return file(half_red(), exif=exif, pnginfo=texts)


@pytest.mark.parametrize("kind", ["webp", "jpeg", "png", "avif"])
def test_nothing_private_is_left(kind: str) -> None:
    data = with_everything()
    assert set(private_parts(data)) == {GPS, AUTHOR, PROMPT}
    made = convert(data, find_format(kind), "red dragon").data
    assert private_parts(made) == ()
    assert b"An Author" not in made and b"castle" not in made
    assert original_of(made) == original_digest(data)
    assert category_name_of(made) == "red dragon"


@pytest.mark.parametrize("kind", ["webp", "jpeg", "png", "avif"])
def test_what_is_kept_on_request_is_there_and_turns_nothing_again(kind: str) -> None:
    data = with_everything()
    made = convert(data, find_format(kind), "cat", keep_metadata=True).data
    found = decoded(made)
    assert found.getexif()[0x013B] == "An Author"
    assert 0x0112 not in found.getexif()
    assert b"Steps: 20" in made
    assert GPS in private_parts(made)
    assert np.asarray(found.convert("RGB"))[10, 35, 0] > 200  # red was turned to the right
    assert original_of(made) == original_digest(data)


def test_a_word_of_xmp_about_the_camera_does_not_turn_it_again() -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    data = file(half_red(), "WEBP", xmp=packet)
    made = decoded(convert(data, WEBP, "cat", keep_metadata=True).data)
    assert made.getexif().get(0x0112, 1) == 1
    assert b"tiff:Orientation" in made.info["xmp"]


def test_the_same_bytes_give_the_same_file() -> None:
    data = with_everything()
    assert convert(data, WEBP, "cat").data == convert(data, WEBP, "cat").data


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (9, 9), (60 * i, 0, 0)) for i in range(3)]
    data = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    made = convert(data, PNG, "cat")
    assert made.is_first_of_several
    assert np.asarray(decoded(made.data).convert("RGB")).max() == 0
    assert not convert(file(frames[0]), PNG, "cat").is_first_of_several


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a picture that can be read"),
        (b"<!doctype html>", "not a picture that can be read"),
        (file(half_red((200, 200)), "JPEG")[:-300], "not a picture that can be read"),
        (file(Image.new("1", (10_000, 7_000))), "more than 64 megapixels"),
        (file(Image.new("1", (17_000, 9))), "larger than webp can be"),
    ],
    ids=["empty", "page", "half", "large", "wide"],
)
def test_what_cannot_be_taken_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(BadPicture, match=reason):
        convert(data, WEBP, "cat")


def test_a_generated_picture_keeps_what_it_says_of_itself() -> None:
    made = Provenance("m/1", "a" * 64, "hat", 7, 0.5, "0" * 16)
    data = encode(np.zeros((8, 8, 3), np.uint8), WEBP, made)
    with pytest.raises(GeneratedPicture, match="flask index"):
        convert(data, WEBP, "cat")
