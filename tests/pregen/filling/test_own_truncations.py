"""A category may have a range of truncations of its own, in model.toml."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from app.live.model import LiveModel
from core.settings import Settings
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import BadModel, read_model
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, image

Command = Callable[..., Result]
PREGEN = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "12")


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "own-models"
    shutil.copytree(models / "tiny" / "1", folder / "tiny" / "1")
    toml = folder / "tiny" / "1" / "model.toml"
    text = toml.read_text(encoding="utf-8")
    assert 'slug = "hat"\n' in text
    toml.write_text(text.replace('slug = "hat"\n', 'slug = "hat"\ntruncation = [0.9, 1.0]\n'))
    return folder


@pytest.fixture
def command(own_models: Path, settings: Settings) -> Command:
    from app import create_app

    application = create_app(replace(settings, models_folder=own_models))
    return lambda *words: application.test_cli_runner().invoke(args=list(words))


def ranges(settings: Settings) -> dict[str, tuple[float, float]]:
    """Return the lowest and highest truncation of each category's live pictures."""
    found: dict[str, list[float]] = {}
    with open_engine(settings).connect() as connection:
        for row in connection.execute(
            select(category.c.slug, image.c.truncation, image.c.id)
            .join(category)
            .where(image.c.state == LIVE)
        ):
            found.setdefault(row.slug, []).append(row.truncation)
    return {slug: (min(values), max(values)) for slug, values in found.items()}


def test_pictures_are_drawn_from_their_categorys_range(
    command: Command, settings: Settings, own_models: Path, models: Path
) -> None:
    # pictures made before stay this model's
    assert read_model(own_models / "tiny" / "1").digest == read_model(models / "tiny" / "1").digest
    assert command(*PREGEN).exit_code == 0
    found = ranges(settings)
    assert found["hat"][0] >= 0.9
    assert found["bird"][1] <= 0.7
    assert command("verify", "--rebuild", "6").exit_code == 0
    with open_engine(settings).connect() as connection:
        ids = list(connection.execute(select(image.c.id).limit(5)).scalars())
    engine = open_engine(settings, write=True)
    reject_images(engine, open_pictures(settings), settings.instance_folder, ids)
    assert "made 5 pictures" in command("top-up").output
    assert ranges(settings)["hat"][0] >= 0.9


def test_a_range_on_the_command_line_counts_for_all(command: Command, settings: Settings) -> None:
    assert command(*PREGEN, "--truncation", "0.5:0.6").exit_code == 0
    assert all(0.5 <= low <= high <= 0.6 for low, high in ranges(settings).values())


def test_live_pictures_too_and_hidden_categories_only_where_asked_for(own_models: Path) -> None:
    toml = own_models / "tiny" / "1" / "model.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('slug = "bird"\n', 'slug = "bird"\nhidden = true\n'))
    live = LiveModel(LiteRTSource(read_model(own_models / "tiny" / "1"), 1), is_remote=False)
    assert live.wish(3, "hat", None).truncations == (0.9, 1.0)
    assert live.wish(3, "hat", 0.5).truncations == (0.5, 0.5)
    assert live.wish(3, "mammal", None).truncations == (0.4, 0.7)
    drawn = {live.wish(seed, None, None).category.slug for seed in range(200)}
    drawn |= {live.wish(None, None, None).category.slug for _ in range(100)}
    assert drawn == {"mammal", "hat", "drink", "great_white_shark"}
    assert live.wish(3, "bird", None).category.slug == "bird"


@pytest.mark.parametrize("wrong", ["[0.9, 1.5]", "[0.9, 0.5]", "[0.001, 0.5]", "[0.5]", '"0.5"'])
def test_a_range_that_the_model_does_not_take_is_said_with_its_line(
    own_models: Path, wrong: str
) -> None:
    toml = own_models / "tiny" / "1" / "model.toml"
    text = toml.read_text(encoding="utf-8").replace("[0.9, 1.0]", wrong)
    toml.write_text(text)
    line = text.splitlines().index(f"truncation = {wrong}") + 1
    with pytest.raises(BadModel, match=rf"model\.toml:{line}|line {line}"):
        read_model(own_models / "tiny" / "1")
