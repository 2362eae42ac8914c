"""Transparent pictures of every mode are hashed as they are shown, and unlike ones stay apart."""

import io
from collections.abc import Callable

import pytest
from click.testing import Result
from PIL import Image, ImageDraw
from sqlalchemy import select

from core.settings import Settings
from store.curation.duplicates import near_groups
from store.files.opening import open_pictures
from store.formats.encoding import perceptual_hash
from store.index.database import open_engine
from store.index.tables import image
from tests.scaled import run_sql

Flask = Callable[..., Result]
SHAPES: list[Callable[[ImageDraw.ImageDraw], object]] = [
    lambda draw: draw.ellipse((8, 8, 40, 56), fill=255),
    lambda draw: draw.rectangle((2, 30, 60, 40), fill=255),
    lambda draw: draw.polygon([(32, 2), (60, 60), (4, 60)], fill=255),
    lambda draw: draw.line([(4, 4), (60, 60), (4, 60)], fill=255, width=6),
    lambda draw: draw.rectangle((40, 2, 60, 60), fill=255),
    lambda draw: draw.ellipse((2, 2, 20, 20), fill=255),
]


def black_on_nothing(number: int, mode: str) -> Image.Image:
    """Return one of the shapes, black where it is, transparent elsewhere."""
    alpha = Image.new("L", (64, 64), 0)
    SHAPES[number](ImageDraw.Draw(alpha))
    whole = Image.merge("LA", [Image.new("L", (64, 64), 0), alpha])
    if mode != "P":
        return whole.convert(mode)
    palette = alpha.point(lambda value: 0 if value else 1).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 0] + [0, 0, 0] * 254)
    palette.info["transparency"] = 1
    return palette


def as_png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    more = {"transparency": 1} if picture.mode == "P" else {}
    picture.save(buffer, "PNG", **more)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["LA", "P", "RGBA"])
def test_shapes_on_nothing_are_not_alike(
    mode: str, flask_command: Flask, settings: Settings
) -> None:
    store = open_pictures(settings)
    store.prepare(["shape"], 0)
    files = {f"{n}.png": as_png(black_on_nothing(n, mode)) for n in range(len(SHAPES))}
    with Image.open(io.BytesIO(files["0.png"])) as kept:
        assert kept.mode == mode
    store.put_all("shape", files)
    assert "6 new" in flask_command("index").output
    result = flask_command("curate", "duplicates", "--reject")
    assert "rejected 0 near-duplicates" in result.output
    assert store.files_of("shape") == sorted(files)


def hashes(settings: Settings) -> list[str]:
    with open_engine(settings).connect() as connection:
        return list(connection.execute(select(image.c.phash).order_by(image.c.file)).scalars())


def test_what_is_stored_is_hashed_anew_by_index(flask_command: Flask, settings: Settings) -> None:
    """An older version had all of them at zero."""
    store = open_pictures(settings)
    store.prepare(["shape"], 0)
    store.put_all("shape", {f"{n}.png": as_png(black_on_nothing(n, "LA")) for n in range(6)})
    flask_command("index")
    right = hashes(settings)
    flask_command("curate", "reject", "shape/5.png")
    run_sql(settings, "UPDATE image SET phash = '0000000000000000'")
    result = flask_command("index", "--full")
    assert "6 hashed anew" in result.output and "5 unchanged" in result.output
    assert hashes(settings) == right
    assert "hashed anew" not in flask_command("index").output
    flask_command("curate", "category", "off", "shape")
    run_sql(settings, "UPDATE image SET phash = '0000000000000000'")
    assert "6 hashed anew" in flask_command("index", "--full").output


def test_a_turned_picture_and_one_of_16_bits_are_hashed_as_shown() -> None:
    upright = black_on_nothing(2, "RGBA").resize((64, 40))
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    buffer = io.BytesIO()
    turned.save(buffer, "PNG", exif=exif)
    with Image.open(buffer) as opened:
        assert perceptual_hash(opened) == perceptual_hash(upright)
    grey = Image.linear_gradient("L")
    deep = grey.convert("I").point(lambda value: value * 257).convert("I;16")
    assert near_groups([(1, perceptual_hash(grey)), (2, perceptual_hash(deep))]) == [[1, 2]]
