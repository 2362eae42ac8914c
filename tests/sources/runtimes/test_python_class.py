"""A class of yours as a generator: trusted once, each picture drawn once, curated as all are."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import select

from core.errors import NonesuchError
from core.settings import Settings
from sources.biggan.handles import Caches
from sources.interpolation import Stop, looping_walk
from sources.registry import find_model, open_source, trust_class
from sources.runtimes.latents import NotMixable, draw
from sources.runtimes.pixels import BrokenModel
from sources.runtimes.python_class import find_class, prompts_of
from store.formats.metadata import read_provenance
from store.index.database import open_engine
from store.index.tables import image

Flask = Callable[..., Result]

# shaped as a pipeline of diffusers is: a prompt and a generator of random numbers → an object with
# images; it counts, and fails at the number that a file names
PIPELINE = """
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

Path("imported").touch()


class Pipeline:
    def __call__(self, prompt, generator):
        colour = sum(prompt.encode()) % 200
        pixels = generator.integers(colour, colour + 56, (32, 32, 3), np.uint8)
        return SimpleNamespace(images=[Image.fromarray(pixels)])


class Dragons:
    size_px = 32
    licence = "CC0-1.0"
    categories = {"red dragon": "a red dragon", "sea serpent": ["calm", "angry"]}

    def __init__(self):
        self.pipeline = Pipeline()

    def draw(self, prompt, seed):
        with Path("drawn").open("a") as file:
            file.write(f"{prompt} {seed}\\n")
        if len(Path("drawn").read_text().splitlines()) == int(Path("fails").read_text()):
            raise ConnectionError("the API is away")
        return self.pipeline(prompt, np.random.default_rng(seed)).images[0]


class Nothing:
    pass
"""
WORDS = ("pregen", "--model", "python:dragons:Dragons", "--categories", "2", "--samples", "6")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with the module in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "dragons.py").write_text(PIPELINE)
    (tmp_path / "fails").write_text("0")
    yield tmp_path
    sys.modules.pop("dragons", None)


def test_it_is_not_imported_before_it_is_trusted(flask_command: Flask, workplace: Path) -> None:
    result = flask_command(*WORDS)
    assert result.exit_code == 1 and "--trust" in result.output
    assert f"{workplace / 'dragons.py'} is code that would run with your rights" in result.output
    assert not (workplace / "imported").exists()
    result = flask_command(*WORDS, "--trust")
    assert result.exit_code == 0, result.output
    assert "made 12 pictures with dragons/1" in result.output
    # asked once, until the file is another one
    assert "nothing to do" in flask_command(*WORDS).output
    (workplace / "dragons.py").write_text(PIPELINE + "\n")
    assert flask_command(*WORDS).exit_code == 1


def test_a_run_that_breaks_off_is_continued_and_nothing_drawn_twice(
    flask_command: Flask, settings: Settings, workplace: Path
) -> None:
    (workplace / "fails").write_text("8")
    broken = flask_command(*WORDS, "--trust")
    assert broken.exit_code == 1
    assert "failed: ConnectionError: the API is away; what was made before is stored" in (
        broken.output
    )
    files = {path.name for path in settings.images_folder.glob("*/*.webp")}
    assert 1 <= len(files) <= 11
    before = len((workplace / "drawn").read_text().splitlines())
    (workplace / "fails").write_text("0")
    again = flask_command(*WORDS)
    assert again.exit_code == 0, again.output
    stored = list(settings.images_folder.glob("*/*.webp"))
    assert len(stored) == 12 and files <= {path.name for path in stored}
    with open_engine(settings).connect() as connection:
        rows = connection.execute(select(image)).all()
    assert len(rows) == 12 and len({row.file for row in rows}) == 12
    with Image.open(stored[0]) as opened:
        provenance = read_provenance(opened)
    assert provenance is not None and provenance.model == "dragons/1"
    assert {row.model_digest for row in rows} == {provenance.model_digest}
    # what was stored is not drawn again
    assert len((workplace / "drawn").read_text().splitlines()) - before == 12 - len(files)


def test_prompts_belong_to_seeds_and_to_the_digest(settings: Settings, workplace: Path) -> None:
    caches = Caches.of(settings)
    trust_class("python:dragons:Dragons", caches)
    model = find_model(settings.models_folder, "python:dragons:Dragons", caches)
    assert [c.slug for c in model.categories] == ["red_dragon", "sea_serpent"]
    assert model.licence == "CC0-1.0" and model.size_px == 32
    source = open_source(model)
    draws = [draw(model, seed, (1, 1)) for seed in (4, 5)]
    pictures = source.generate(1, draws)
    assert pictures.shape == (2, 32, 32, 3)
    assert (source.generate(1, draws) == pictures).all()
    said = [line.split() for line in (workplace / "drawn").read_text().splitlines()]
    assert said[:2] == [["calm", "4"], ["angry", "5"]]
    (workplace / "dragons.py").write_text(PIPELINE.replace('"calm"', '"quiet"'))
    sys.modules.pop("dragons")
    trust_class("python:dragons:Dragons", caches)
    other = find_model(settings.models_folder, "python:dragons:Dragons", caches)
    assert other.digest != model.digest


def test_there_is_nothing_between_two_seeds(settings: Settings, workplace: Path) -> None:
    assert (workplace / "dragons.py").is_file()
    caches = Caches.of(settings)
    trust_class("python:dragons:Dragons", caches)
    model = find_model(settings.models_folder, "python:dragons:Dragons", caches)
    stops = [Stop(0, draw(model, seed, (1, 1))) for seed in range(2)]
    with pytest.raises(NotMixable, match="takes seeds, between which there is nothing"):
        looping_walk(model, stops, 4)


def test_folders_of_prompts(workplace: Path) -> None:
    folder = workplace / "prompts"
    folder.mkdir()
    (folder / "old castle.txt").write_text("a castle\n\na ruin\n")
    place = find_class("python:dragons:Dragons")

    class Made:
        categories: object = "prompts"

    assert prompts_of(Made, place) == {"old castle": ("a castle", "a ruin")}
    Made.categories = ["owl", "fox"]
    assert prompts_of(Made, place) == {"owl": ("owl",), "fox": ("fox",)}
    Made.categories = {"owl": []}
    with pytest.raises(NonesuchError, match="a category without a prompt"):
        prompts_of(Made, place)
    Made.categories = "absent"
    with pytest.raises(NonesuchError, match="there are no prompts in"):
        prompts_of(Made, place)


@pytest.mark.parametrize(
    "wanted, message",
    [
        ("python:absent:Dragons", "there is no module absent to take Dragons from"),
        ("python:dragons:Absent", "cannot be imported: AttributeError"),
        ("python:dragons:Nothing", "has no method draw"),
        ("python:dra gons:Nothing", "is not python:module:Class"),
    ],
)
@pytest.mark.usefixtures("workplace")
def test_wrong_classes(flask_command: Flask, wanted: str, message: str) -> None:
    result = flask_command("pregen", "--model", wanted, "--trust")
    assert result.exit_code == 1 and message in result.output, result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.usefixtures("workplace")
def test_trust_is_for_classes_and_ray_is_not(flask_command: Flask) -> None:
    result = flask_command("pregen", "--model", "emoji", "--trust")
    assert result.exit_code == 1 and "emoji needs no trust" in result.output
    result = flask_command(*WORDS, "--trust", "--engine", "ray")
    assert result.exit_code == 2 and "leave --engine ray out" in result.output


@pytest.mark.parametrize(
    "returned, message",
    [
        ("3", "drew a int; return a Pillow image of 32 by 32"),
        ("Image.new('RGB', (8, 8))", r"drew uint8 \[8, 8, 3\]"),
        ("np.zeros((32, 32, 3))", r"drew float64 \[32, 32, 3\]"),
        ("Image.new('RGB', (32, 32))", "a picture of one colour"),
    ],
)
def test_what_is_no_picture(
    settings: Settings, workplace: Path, returned: str, message: str
) -> None:
    real = "self.pipeline(prompt, np.random.default_rng(seed)).images[0]"
    assert real in PIPELINE
    (workplace / "dragons.py").write_text(PIPELINE.replace(real, returned))
    caches = Caches.of(settings)
    trust_class("python:dragons:Dragons", caches)
    model = find_model(settings.models_folder, "python:dragons:Dragons", caches)
    with pytest.raises(BrokenModel, match=message):
        open_source(model).generate(0, [draw(model, 0, (1, 1))])
