"""Pictures in frames: exact sizes, cropped or whole, without colours, blurred, round."""

import io

import numpy as np
import pytest
from PIL import Image

from core.licences import CC0
from store.formats.encoding import BadPicture, encode_image, find_format
from store.formats.frames import Frame
from store.formats.framing import framed
from store.formats.metadata import read_packet
from tests.conftest import small_picture

GROUND = (200, 220, 240)


def png(image: Image.Image) -> bytes:
    return encode_image(image, find_format("png"), b"")


def halves(left: str, right: str, size: tuple[int, int] = (100, 50)) -> bytes:
    image = Image.new("RGB", size, left)
    image.paste(Image.new("RGB", (size[0] // 2, size[1]), right), (size[0] // 2, 0))
    return png(image)


def shown(data: bytes, frame: Frame, extension: str = "png", is_print: bool = True) -> Image.Image:
    made = framed(data, frame, extension, GROUND, is_print=is_print)
    image = Image.open(io.BytesIO(made))
    assert image.size == (frame.width, frame.height)
    return image


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


@pytest.mark.parametrize("size", [(1, 1), (400, 300), (300, 400), (2048, 3), (7, 1000)])
@pytest.mark.parametrize("fit", ["crop", "whole", "usual"])
def test_every_size_is_exact(size: tuple[int, int], fit: str) -> None:
    shown(small_picture(1), Frame(*size, fit))  # type: ignore[arg-type]


def test_cropping_keeps_the_middle_and_its_proportions() -> None:
    image = shown(halves("red", "blue"), Frame(50, 50, "crop"))
    assert at(image, 5, 25) == (255, 0, 0) and at(image, 44, 25) == (0, 0, 255)
    tall = shown(halves("red", "blue"), Frame(20, 200, "crop"))
    assert at(tall, 2, 100) == (255, 0, 0) and at(tall, 17, 100) == (0, 0, 255)


def test_a_whole_print_takes_the_colour_of_its_ground() -> None:
    image = shown(halves("white", "black"), Frame(100, 100, "whole"))
    assert at(image, 10, 10) == GROUND  # beside the picture
    assert at(image, 10, 50) == GROUND  # its white
    assert at(image, 90, 50) == (0, 0, 0)


def test_a_whole_photograph_keeps_its_own_colours() -> None:
    image = shown(halves("white", "black"), Frame(100, 100, "whole"), is_print=False)
    assert at(image, 10, 10) == GROUND and at(image, 10, 50) == (255, 255, 255)


def test_what_has_no_ground_stands_on_the_tint_and_is_transparent_where_cropped() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (10, 10, 30, 30))
    usual = shown(png(clear), Frame(80, 40), is_print=False)
    assert usual.mode == "RGB" and at(usual, 2, 2) == GROUND and at(usual, 40, 20) == (255, 0, 0)
    cropped = shown(png(clear), Frame(80, 40, "crop"))
    assert cropped.mode == "RGBA" and at(cropped, 2, 2)[3] == 0


def test_things_are_whole_by_default_and_photographs_cropped() -> None:
    print_, photograph = (
        shown(halves("white", "black"), Frame(100, 100), is_print=kind) for kind in (True, False)
    )
    assert at(print_, 10, 10) == GROUND
    assert at(photograph, 10, 10) == (255, 255, 255)


def test_without_colours() -> None:
    image = shown(halves("red", "blue"), Frame(50, 50, "crop", is_grey=True))
    for x in (5, 44):
        assert len(set(at(image, x, 25))) == 1


def test_more_blur_leaves_less_contrast() -> None:
    spreads = [
        np.asarray(shown(small_picture(3), Frame(256, 256, "crop", blur=blur))).std()
        for blur in (0, 1, 5, 10)
    ]
    assert spreads == sorted(spreads, reverse=True) and spreads[3] < spreads[0] / 2


def test_round_corners_are_transparent_and_white_as_jpeg() -> None:
    frame = Frame(80, 80, is_round=True)
    image = shown(halves("black", "black"), frame)
    assert at(image, 1, 1)[3] == 0 and at(image, 40, 40)[3] == 255
    assert at(image, 40, 1)[3] > 100  # as far as the edge
    jpeg = at(shown(halves("black", "black"), frame, "jpg"), 1, 1)
    assert min(jpeg) > 245


@pytest.mark.parametrize("extension", ["webp", "avif", "png", "jpg"])
def test_it_says_that_it_was_generated_and_under_which_licence(extension: str) -> None:
    data = framed(small_picture(1), Frame(40, 30), extension, GROUND, is_print=True, licence=CC0)
    packet = read_packet(Image.open(io.BytesIO(data))).decode()
    assert "trainedAlgorithmicMedia" in packet and CC0.url in packet


def test_names_tell_frames_apart() -> None:
    frames = [
        Frame(4, 3), Frame(3, 4), Frame(4, 3, "crop"), Frame(4, 3, is_grey=True),
        Frame(4, 3, blur=1), Frame(4, 3, blur=10), Frame(4, 3, is_round=True),
    ]  # fmt: skip
    assert len({frame.name for frame in frames}) == len(frames)
    assert Frame(400, 300, "crop", True, 5).name == "400x300-crop-grey-blur5"


def test_what_is_no_picture_is_told_of() -> None:
    with pytest.raises(BadPicture):
        framed(b"no picture", Frame(4, 3), "png", GROUND, is_print=True)
