"""Of a few live pictures the best is shown, and none that the owner rejected."""

import io
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

import app.live.model
from app import create_app
from app.live.judge import open_judge
from core.settings import Settings
from sources.curators.chosen_seeds import FILE, Chosen, Selection, write_chosen
from sources.curators.curator import FOLDER
from sources.curators.quality import CandidateScale
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import Model, read_model
from store.curation.withheld import Withheld
from store.formats.metadata import read_provenance
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

SEEDS = [11, 22, 33, 44, 55, 66]
SCALE = CandidateScale(np.zeros(4, np.float32), np.ones(4, np.float32), 1.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build_tiny_curator(build_tiny_model(folder), concepts=4)
    return folder


@pytest.fixture
def model(built: Path, tmp_path: Path) -> Model:
    shutil.copytree(built, tmp_path / "models")
    model = read_model(tmp_path / "models" / "tiny" / "1")
    selections = {c.slug: Selection((), SCALE) for c in model.categories}
    write_chosen(model, Chosen(model.digest, 100, selections))
    return model


@pytest.fixture
def client(model: Model, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    drawn = iter(SEEDS)
    monkeypatch.setattr("app.live.model.random.getrandbits", lambda _: next(drawn))
    monkeypatch.setattr(app.live.model, "CPU_S", 60.0)
    return create_app(replace(settings, models_folder=model.folder.parents[1])).test_client()


def qualities(model: Model, slug: str = "hat") -> dict[int, float]:
    """Return what the judge thinks of each seed's picture."""
    judge, source = open_judge(model), LiteRTSource(model, 1)
    assert judge is not None
    category = {c.slug: c for c in model.categories}[slug]
    pictures = {
        seed: source.generate(category.label, [draw(model, seed, (0.4, 0.7))])[0] for seed in SEEDS
    }
    return {seed: judge.judge(each, category).quality for seed, each in pictures.items()}


def seed_of(location: str) -> int:
    return int(re.search(r"seed=(\d+)", location)[1])  # type: ignore[index]


def test_the_best_of_four_is_shown_and_its_address_gives_it_again(
    client: FlaskClient, model: Model
) -> None:
    judged = qualities(model)
    assert len(set(judged.values())) == len(SEEDS)
    answer = client.get("/live/tiny?category=hat")
    location = answer.headers["Content-Location"]
    assert seed_of(location) == max(SEEDS[:4], key=judged.__getitem__)
    assert "category=hat" in location
    assert client.get(location).data == answer.data
    with Image.open(io.BytesIO(answer.data)) as image:
        provenance = read_provenance(image)
    assert provenance is not None
    assert provenance.seed == seed_of(location)
    assert 1 <= len(provenance.nearest) <= 2


def test_when_time_is_up_the_first_one_is(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.live.model, "CPU_S", 0.0)
    answer = client.get("/live/tiny?category=hat")
    assert seed_of(answer.headers["Content-Location"]) == SEEDS[0]


def test_a_rejected_one_is_never_among_them(
    client: FlaskClient, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = qualities(model)
    best = max(SEEDS[:4], key=judged.__getitem__)

    def has(_: Withheld, __: str, ___: str, ____: str, seed: int) -> bool:
        return seed == best

    monkeypatch.setattr(Withheld, "has", has)
    answer = client.get("/live/tiny?category=hat")
    others = [seed for seed in SEEDS if seed != best][:4]
    assert seed_of(answer.headers["Content-Location"]) == max(others, key=judged.__getitem__)
    assert client.get(f"/live/tiny?category=hat&seed={best}").status_code == 410


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / FILE).unlink(),
        lambda folder: (folder / FILE).write_bytes(b"no zip"),
        lambda folder: shutil.rmtree(folder / FOLDER),
    ],
)
def test_without_a_judge_they_come_as_they_are_drawn(
    client: FlaskClient, model: Model, harm: Callable[[Path], None]
) -> None:
    harm(model.folder)
    answer = client.get("/live/tiny?category=hat")
    assert answer.status_code == 200
    assert seed_of(answer.headers["Content-Location"]) == SEEDS[0]
