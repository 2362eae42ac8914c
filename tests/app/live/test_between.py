"""`/live/<model>?seed=…&towards=…&share=…`: what lies between two seeds."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from core.settings import Settings
from sources.interpolation import between
from sources.registry import find_model
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from store.formats.metadata import SOURCE_TYPE, read_provenance
from tests.tiny_model import SLUGS, build_tiny_model

JSON = {"Accept": "application/json"}
WAY = "/live/tiny.png?seed=1&category=hat&towards=2"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


@pytest.fixture
def live(settings: Settings, models: Path) -> FlaskClient:
    return create_app(replace(settings, models_folder=models)).test_client()


def pixels(live: FlaskClient, address: str) -> np.ndarray:
    response = live.get(address)
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.data)))


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_part_of_the_way_on_a_sphere(live: FlaskClient, models: Path, share: float) -> None:
    model = find_model(models, "tiny")
    start, end = (draw(model, seed, model.truncation.default) for seed in (1, 2))
    drawn = between(model, start, end, share, "spherical")
    expected = LiteRTSource(model, 1).generate(SLUGS.index("hat"), [drawn])[0]
    assert (pixels(live, f"{WAY}&share={share}") == expected).all()
    assert (pixels(live, f"{WAY}&share=0") != expected).any()


def test_it_begins_with_the_seeds_own_picture(live: FlaskClient) -> None:
    assert (
        pixels(live, f"{WAY}&share=0") == pixels(live, "/live/tiny.png?seed=1&category=hat")
    ).all()


def test_it_says_where_it_can_be_had_again_and_has_a_tag_of_its_own(live: FlaskClient) -> None:
    response = live.get(f"{WAY}&share=0.250&truncation=0.5")
    address = response.headers["Content-Location"]
    assert address == "/live/tiny.png?seed=1&category=hat&truncation=0.5&towards=2&share=0.25"
    assert live.get(address).data == response.data
    tags = {live.get(f"{WAY}&share={share}").headers["ETag"] for share in (0.1, 0.2, 0.3)}
    assert len(tags) == 3


def test_its_file_is_no_picture_of_one_seed(live: FlaskClient) -> None:
    """An index that is rebuilt would take it for the seed's own."""
    data = live.get(f"{WAY}&share=0.5").data
    with Image.open(io.BytesIO(data)) as opened:
        packet = str(opened.info["xmp"])
        assert read_provenance(opened) is None
    assert SOURCE_TYPE in packet and 'n:towards="2" n:share="0.5"' in packet


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("seed=1&towards=2", "needs seed, towards and share"),
        ("seed=1&share=0.5", "needs seed, towards and share"),
        ("towards=2&share=0.5", "needs seed, towards and share"),
        ("seed=1&towards=2&share=1.5", "share=1.5 is out of range; it is 0 to 1"),
        ("seed=1&towards=2&share=nan", "share=nan is out of range"),
        ("seed=1&towards=2&share=half", "share=half is no number"),
        ("seed=1&towards=-2&share=0.5", "towards=-2 is no whole number"),
    ],
)
def test_half_a_way_is_none(live: FlaskClient, query: str, message: str) -> None:
    response = live.get(f"/live/tiny?{query}", headers=JSON)
    assert response.status_code == 400
    error = response.get_json()["error"]
    assert message in f"{error['message']}; {error['hint']}"
