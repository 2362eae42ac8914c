"""Categories that are parts of others: some concepts of one, made of chosen seeds alone."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from core.errors import NonesuchError
from core.settings import Settings
from pregen.choosing.measuring import Measuring
from pregen.choosing.ordering import near_any
from pregen.planning.request import choose_categories
from sources.curators.chosen_seeds import FILE, read_chosen
from sources.spec.description import BadModel, Model, read_model
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import Row, category, image
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
PART = '\n[[categories]]\nslug = "cap"\nname = "cap"\nof = "hat"\nconcepts = ["1f400"]\n'
CHOOSE = ("models", "choose", "tiny", "--candidates", "250", "--keep", "40")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a curator, a part and chosen seeds."""
    folder = tmp_path_factory.mktemp("built")
    tiny = build_tiny_model(folder)
    build_tiny_curator(tiny, concepts=4)
    with (tiny / "model.toml").open("a", encoding="utf-8") as file:
        file.write(PART)
    settings = Settings(
        models_folder=folder, home=folder / "home", instance_folder=folder / "instance",
        images_folder=folder / "images",
    )  # fmt: skip
    done = create_app(settings).test_cli_runner().invoke(args=list(CHOOSE))
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def model(built: Path, tmp_path: Path) -> Model:
    shutil.copytree(built, tmp_path / "own-models")
    return read_model(tmp_path / "own-models" / "tiny" / "1")


@pytest.fixture
def site(model: Model, settings: Settings) -> Settings:
    return replace(settings, models_folder=model.folder.parents[1])


@pytest.fixture
def command(site: Settings) -> Flask:
    return lambda *words: create_app(site).test_cli_runner().invoke(args=list(words))


@pytest.fixture
def client(site: Settings) -> FlaskClient:
    return create_app(site).test_client()


def live_rows(settings: Settings, slug: str) -> list[Row]:
    statement = select(image).join(category).where(category.c.slug == slug, image.c.state == LIVE)
    with open_engine(settings).connect() as connection:
        return list(connection.execute(statement.order_by(image.c.id)))


def test_a_part_has_its_concepts_and_no_seed_of_the_whole(model: Model) -> None:
    chosen = read_chosen(model)
    assert chosen is not None
    part, whole = chosen.of("cap"), chosen.of("hat")
    assert len(part) > 5 and {each.nearest[0] for each in part} == {"1f400"}
    assert not {each.seed for each in part} & {each.seed for each in whole}
    measured = Measuring(model, model.folder.parents[1] / "home").read(2, 250)
    hashes = [
        measured.hashes[np.isin(measured.seeds, [s.seed for s in each])] for each in (part, whole)
    ]
    assert not near_any(*hashes).any()
    # the whole keeps every second picture of that concept
    assert "1f400" in {each.nearest[0] for each in whole}


def test_pregen_makes_the_chosen_seeds_and_no_others(
    command: Flask, site: Settings, model: Model
) -> None:
    chosen = read_chosen(model)
    assert chosen is not None
    seeds = [each.seed for each in chosen.of("cap")]
    done = command("pregen", "--model", "tiny", "--categories", "cap,hat", "--samples", "60")
    assert done.exit_code == 0, done.output
    assert f"were chosen of cap {len(seeds)}: there are no more of these" in done.output
    rows = live_rows(site, "cap")
    assert sorted(row.seed for row in rows) == sorted(seeds)
    assert all(row.nearest.startswith("1f400") for row in rows)
    assert len(live_rows(site, "hat")) == 60
    again = command("pregen", "--model", "tiny", "--categories", "cap,hat", "--samples", "60")
    assert "nothing to do" in again.output
    rebuilt = command("verify", "--rebuild", "20")
    assert rebuilt.exit_code == 0, rebuilt.output


@pytest.mark.parametrize("option", [("--any-seed",), ("--truncation", "0.5")])
def test_without_chosen_seeds_there_are_no_parts(command: Flask, option: tuple[str, ...]) -> None:
    pregen = ("pregen", "--model", "tiny", "--samples", "1", "--categories")
    named = command(*pregen, "cap", *option)
    assert named.exit_code != 0
    assert "cap is a part of hat and made of chosen seeds alone" in named.output
    assert "leave --any-seed and --truncation out, or write hat" in named.output
    drawn = command(*pregen, "6", *option)
    assert drawn.exit_code == 0, drawn.output
    said = "left out, as they are made of chosen seeds alone: 1 parts of categories"
    assert said in drawn.output
    assert "made 5 pictures" in drawn.output


def test_as_many_categories_as_asked_for_are_drawn_without_parts(model: Model) -> None:
    for seed in range(6):  # of 6 categories; a permutation with the part among the first 4 too
        for count in range(1, 6):
            drawn = choose_categories(model, str(count), seed, parts=False)
            assert len(drawn) == count and not any(each.of for each in drawn)


def test_a_part_needs_a_choice(command: Flask, model: Model) -> None:
    (model.folder / FILE).unlink()
    done = command("pregen", "--model", "tiny", "--categories", "cap", "--samples", "1")
    assert done.exit_code != 0 and "choose them first: flask models choose tiny" in done.output


def test_live_pictures_are_of_the_whole_and_a_part_that_is_rejected_stays_away(
    command: Flask, client: FlaskClient, site: Settings
) -> None:
    made = command("pregen", "--model", "tiny", "--categories", "cap,hat", "--samples", "3")
    assert made.exit_code == 0, made.output
    absent = client.get("/live/tiny?category=cap")
    assert absent.status_code == 404 and b"knows no category cap" in absent.data
    row = live_rows(site, "cap")[0]
    live = f"/live/tiny?category=hat&seed={row.seed}"
    assert client.get(live).status_code == 200
    assert command("curate", "reject", f"cap/{row.file}").exit_code == 0
    assert client.get(live).status_code == 410


def test_inspect_says_what_is_a_part(command: Flask, model: Model) -> None:
    done = command("models", "inspect", str(model.folder))
    assert "has 1 parts of other categories" in done.output
    assert "of hat: 1f400" in done.output


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('of = "hats"\nconcepts = ["a"]', "not one of "),
        ('of = "hat"', "it lacks categories.concepts"),
        ('of = "hat"\nconcepts = []', "not a list of concepts"),
        ('of = "hat"\nconcepts = [1]', "not a list of concepts"),
        ('concepts = ["a"]', "is not of another category"),
        ('of = "cap"\nconcepts = ["a"]', "not one of "),
        ('of = "hat"\nconcepts = ["a"]\nlabel = 1', "label means nothing"),
    ],
)
def test_a_part_that_makes_no_sense_is_named_with_its_line(
    model: Model, said: str, complaint: str
) -> None:
    toml = model.folder / "model.toml"
    with toml.open("a", encoding="utf-8") as file:
        file.write(f'\n[[categories]]\nslug = "odd"\n{said}\n')
    with pytest.raises(BadModel, match=r"line \d+") as raised:
        read_model(model.folder)
    assert isinstance(raised.value, NonesuchError) and complaint in raised.value.message
