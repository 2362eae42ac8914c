"""`/sized/1024` and 2048 of a generated picture: drawn anew, as sharp as the picture itself."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import create_app
from bench.edge_width import edge_widths
from core.settings import Settings
from store.formats.encoding import on_white
from store.formats.metadata import read_provenance

SEED = "11000001"  # a cat's face


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """A store of the shipped model's pictures, and one of them."""
    home = tmp_path_factory.mktemp("redrawing")
    settings = Settings(
        home=home / "home", images_folder=home / "images", instance_folder=home / "instance"
    )
    runner = create_app(settings).test_cli_runner()
    done = runner.invoke(args=["pregen", "--categories", "cat_face", "--samples", "2"])
    assert done.exit_code == 0, done.output
    return settings, next((home / "images" / "cat_face").glob("*.webp"))


def sized(settings: Settings, path: Path, size: int, extension: str = "png") -> Image.Image:
    address = f"/sized/{size}/{path.stem.rpartition('-')[2]}.{extension}"
    answer = create_app(settings).test_client().get(address)
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.data))
    assert image.size == (size, size)
    return image


def width_of_edges(image: Image.Image) -> float:
    return float(np.median(edge_widths(np.asarray(on_white(image)), most=150)))


@pytest.mark.slow
@pytest.mark.parametrize("size", [1024, 2048])
def test_it_is_as_sharp_as_the_picture(made: tuple[Settings, Path], size: int) -> None:
    settings, path = made
    image = sized(settings, path, size)
    assert image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 255)
    assert width_of_edges(image) <= 1.8
    with Image.open(path) as original:
        assert original.size == (512, 512)
        assert read_provenance(image) == read_provenance(original)
        reduced = on_white(image).resize((512, 512), Image.Resampling.BOX)
        assert np.abs(np.asarray(reduced, int) - np.asarray(on_white(original))).mean() < 3


def test_jpeg_is_on_white(made: tuple[Settings, Path]) -> None:
    image = sized(*made, 1024, "jpg")
    assert image.mode == "RGB" and np.asarray(image)[2, 2].min() >= 250


@pytest.mark.slow
def test_without_live_pictures_the_file_is_enlarged(made: tuple[Settings, Path]) -> None:
    settings, path = made
    other = replace(settings, live_at_once=0)
    image = sized(other, path, 2048, "webp")
    assert image.mode == "RGBA" and width_of_edges(image) > 2.5


@pytest.mark.slow
def test_without_the_model_the_file_is_enlarged(
    made: tuple[Settings, Path], tmp_path: Path
) -> None:
    settings, path = made
    image = sized(replace(settings, models_folder=tmp_path), path, 1024, "webp")
    assert width_of_edges(image) > 1.8


def test_smaller_sizes_are_of_the_file(made: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, path = made
    image = sized(replace(settings, models_folder=tmp_path), path, 256)
    assert image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 255)
