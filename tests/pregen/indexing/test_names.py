"""A category that a model calls otherwise now: the index follows, and every address stays."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from app import create_app
from core.settings import Settings
from store.index.database import open_engine
from store.index.tables import category, image

Command = Callable[..., Result]
WORDS = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "6")


@pytest.fixture
def own(settings: Settings, models: Path, tmp_path: Path) -> Settings:
    folder = Path(shutil.copytree(models, tmp_path / "own-models"))
    return replace(settings, models_folder=folder)


@pytest.fixture
def command(own: Settings) -> Command:
    runner = create_app(own).test_cli_runner()
    result = runner.invoke(args=list(WORDS))
    assert result.exit_code == 0, result.output
    return lambda *words: runner.invoke(args=list(words))


def rename(settings: Settings, slug: str, name: str) -> None:
    toml = settings.models_folder / "tiny" / "1" / "model.toml"
    text, count = re.subn(
        rf'(slug = "{slug}"\n)(name = .*\n)?', rf'\1name = "{name}"\n', toml.read_text("utf-8")
    )
    assert count == 1
    toml.write_text(text, encoding="utf-8")


def names(settings: Settings) -> dict[str, str]:
    with open_engine(settings).connect() as connection:
        rows = connection.execute(select(category.c.slug, category.c.name)).all()
    return {row.slug: row.name for row in rows}


def files(settings: Settings) -> list[tuple[str, str]]:
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, image.c.file).join(category)
        return sorted((row.slug, row.file) for row in connection.execute(statement))


def test_a_run_that_makes_nothing_takes_the_new_name(command: Command, own: Settings) -> None:
    before = files(own)
    rename(own, "hat", "headgear")
    result = command(*WORDS)
    assert "nothing to do" in result.output
    assert names(own)["hat"] == "headgear"
    assert names(own)["bird"] == "bird"
    assert files(own) == before
    page = create_app(own).test_client().get("/c/hat/random")
    assert "This headgear does not exist" in page.get_data(as_text=True)


def test_index_takes_the_names_of_all(command: Command, own: Settings) -> None:
    rename(own, "bird", "feathered friend")
    assert command("index").exit_code == 0
    assert names(own)["bird"] == "feathered friend"


def test_a_category_whose_model_is_gone_keeps_its_name(command: Command, own: Settings) -> None:
    rename(own, "hat", "hat, or so")
    command("index")
    shutil.rmtree(own.models_folder / "tiny")
    assert command("index").exit_code == 0
    assert names(own)["hat"] == "hat, or so"
