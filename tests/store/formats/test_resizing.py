"""Derivatives as pictures: sizes, formats, transparency, modes, what they say of themselves."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from store.formats.encoding import BadPicture
from store.formats.metadata import SOURCE_TYPE, read_provenance
from store.formats.resizing import fitted, resized
from tests.conftest import small_picture

EXTENSIONS = {"webp": "WEBP", "avif": "AVIF", "png": "PNG", "jpg": "JPEG"}


def read(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def half_transparent(size: int = 64) -> Image.Image:
    """Red on the left; on the right nothing, with green where nobody sees it."""
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[:, : size // 2] = (255, 0, 0, 255)
    pixels[:, size // 2 :] = (0, 255, 0, 0)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("source", ["webp", "avif", "png", "jpeg"])
@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [64, 1024])
def test_every_format_from_every_format_with_its_mark(
    source: str, extension: str, size: int
) -> None:
    original = small_picture(3, picture_format=source)
    image = read(resized(original, size, extension))
    assert image.size == (size, size)
    assert image.format == EXTENSIONS[extension]
    assert read_provenance(image) == read_provenance(read(original))
    packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
    assert SOURCE_TYPE in (packet if isinstance(packet, str) else packet.decode())


@pytest.mark.parametrize("size", [64, 512])
@pytest.mark.parametrize("extension", ["webp", "avif", "png"])
def test_transparency_stays(size: int, extension: str) -> None:
    image = read(resized(saved(half_transparent(128), "PNG"), size, extension))
    pixels = np.asarray(image.convert("RGBA")).astype(int)
    edge = size // 8
    assert image.mode == "RGBA"
    assert (pixels[:, : size // 2 - edge, 3] > 250).all()
    assert (pixels[:, size // 2 + edge :, 3] < 5).all()
    # what nobody was to see does not shine through at the border
    seen = pixels[pixels[..., 3] > 128]
    assert (seen[:, 1] < 48).all()


def test_colours_are_not_sharpened_against_what_nobody_sees() -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[16:48, 16:48] = (128, 128, 128, 255)
    image = read(resized(saved(Image.fromarray(pixels), "PNG"), 512, "png"))
    found = np.asarray(image).astype(int)
    seen = found[found[..., 3] > 64]
    assert np.abs(seen[:, :3] - 128).max() < 8


@pytest.mark.parametrize("size", [64, 512])
def test_jpeg_puts_it_on_white(size: int) -> None:
    image = read(resized(saved(half_transparent(128), "PNG"), size, "jpg"))
    pixels = np.asarray(image).astype(int)
    edge = size // 8
    assert image.mode == "RGB"
    assert (pixels[:, size // 2 + edge :] > 245).all()
    assert (pixels[:, : size // 2 - edge] - (255, 0, 0) < 12).all()


def test_enlarging_keeps_colours_and_is_smooth() -> None:
    random = np.random.RandomState(0)
    pixels = np.kron(random.randint(0, 256, (8, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    large = read(resized(saved(Image.fromarray(pixels), "PNG"), 512, "png"))
    back = np.asarray(large.resize((8, 8), Image.Resampling.BOX)).astype(int)
    assert np.abs(back - pixels[::8, ::8]).mean() < 6
    # no steps of 8 pixels: neighbours differ little
    steps = np.abs(np.diff(np.asarray(large).astype(int), axis=1))
    nearest = np.asarray(Image.fromarray(pixels).resize((512, 512), Image.Resampling.NEAREST))
    assert steps.max() < np.abs(np.diff(nearest.astype(int), axis=1)).max() / 3


def test_enlarging_a_plain_ground_leaves_it_plain() -> None:
    image = read(resized(saved(Image.new("RGB", (64, 64), (250, 251, 252)), "PNG"), 1024, "png"))
    assert image.getcolors() == [(1024 * 1024, (250, 251, 252))]


@pytest.mark.parametrize(
    ("size", "fit"),
    [
        ((640, 320), (256, 128)),
        ((320, 640), (128, 256)),
        ((3000, 1), (256, 1)),
        ((1, 1), (256, 256)),
    ],
)
def test_the_longer_side_is_the_size(size: tuple[int, int], fit: tuple[int, int]) -> None:
    assert fitted(*size, 256) == fit
    image = read(resized(saved(Image.new("RGB", size, "red"), "PNG"), 256, "webp"))
    assert image.size == fit


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png(mode: str) -> None:
    grey = Image.linear_gradient("L").resize((64, 64))
    image = read(resized(saved(grey.convert(mode), "PNG"), 128, "webp"))
    values = np.asarray(image.convert("L"))
    assert values[:8].mean() < 20
    assert values[-8:].mean() > 235


def test_sixteen_bits_of_grey_are_not_cut_off() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    data = saved(Image.fromarray(np.tile(ramp[:, None], (1, 64))), "PNG")
    values = np.asarray(read(resized(data, 64, "png")).convert("L")).astype(int)
    assert np.abs(values[:, 0] - np.linspace(0, 255, 64)).max() < 2


def test_four_inks_become_three_colours_without_their_profile() -> None:
    data = saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", icc_profile=b"of inks")
    image = read(resized(data, 128, "jpg"))
    assert image.mode == "RGB"
    assert "icc_profile" not in image.info
    red, green, blue = image.getpixel((64, 64))  # type: ignore[misc]
    assert red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_colour_profile_goes_along(extension: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(Image.new("RGB", (64, 64), "red"), "PNG", icc_profile=profile)
    assert read(resized(data, 128, extension)).info["icc_profile"] == profile


def test_the_cameras_orientation_is_applied_and_nothing_else_of_it_kept() -> None:
    image = Image.new("RGB", (64, 32), "red")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    made = read(resized(saved(image, "JPEG", exif=exif), 64, "jpg"))
    assert made.size == (32, 64)
    assert not made.getexif()


def test_what_is_so_already_comes_back_as_it_is() -> None:
    data = resized(small_picture(1), 64, "webp")
    assert resized(data, 64, "webp") is data
    assert resized(data, 64, "png") != data


def test_of_moving_pictures_the_first() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    image = read(resized(data, 64, "webp"))
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((5, 5))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize("data", [b"", b"no picture", small_picture(1)[:200]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        resized(data, 64, "webp")
