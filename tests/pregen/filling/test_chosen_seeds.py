"""`flask pregen` makes chosen seeds first: in their order, with their truncations and concepts."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from sqlalchemy import select

from core.settings import PROJECT, Settings
from sources.curators.chosen_seeds import (
    FILE,
    Chosen,
    ChosenSeed,
    Selection,
    read_chosen,
    write_chosen,
)
from sources.curators.curator import FOLDER
from sources.curators.quality import CandidateScale
from sources.registry import find_model
from sources.spec.description import Model, read_model
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.formats.encoding import read_picture
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import category, image, target
from tests.scaled import empty_again
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
KEPT = 20
PREGEN = ("pregen", "--model", "tiny", "--categories", "hat,bird")
SCALE = CandidateScale(np.zeros(4, np.float32), np.ones(4, np.float32), 1.0)


def choose(model: Model, kept: int = KEPT) -> Chosen:
    """Write a file of chosen seeds, not in the order of their numbers; truncations .9 and .92."""
    selections = {
        each.slug: Selection(
            tuple(
                ChosenSeed(
                    each.label * 1_000_000 + 500_000 + 7 * k % 101,
                    0.9 + 0.02 * (k % 2),
                    2 - k / 100,
                    ("1f986", "1f9a2")[: 1 + k % 2],
                )
                for k in range(kept)
            ),
            SCALE,
        )
        for each in model.categories
    }
    chosen = Chosen(model.digest, 5000, selections)
    write_chosen(model, chosen)
    return chosen


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build_tiny_curator(build_tiny_model(folder), concepts=4)
    choose(read_model(folder / "tiny" / "1"))
    return folder


@pytest.fixture
def models(built: Path, tmp_path: Path) -> Path:
    """A copy with a curator and chosen seeds; in the place of the session's."""
    shutil.copytree(built, tmp_path / "own-models")
    return tmp_path / "own-models"


@pytest.fixture
def flask_command(models: Path, settings: Settings) -> Flask:
    from app import create_app

    application = create_app(replace(settings, models_folder=models))
    return lambda *words: application.test_cli_runner().invoke(args=list(words))


def rows_of(settings: Settings, slug: str = "hat") -> list[Any]:
    with open_engine(settings).connect() as connection:
        return list(
            connection.execute(
                select(image)
                .join(category)
                .where(category.c.slug == slug, image.c.state == LIVE)
                .order_by(image.c.id)
            )
        )


def order_of(models: Path, slug: str = "hat") -> list[int]:
    model = read_model(models / "tiny" / "1")
    chosen = read_chosen(model)
    assert chosen is not None
    return [s.seed for s in chosen.of(slug)]


def test_the_files_order_comes_first_and_more_only_add(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    done = flask_command(*PREGEN, "--samples", "6")
    assert done.exit_code == 0, done.output
    assert "seeds that networks chose for tiny/1, of 5,000 candidates a category" in done.output
    assert [row.seed for row in rows_of(settings)] == order_of(models)[:6]
    few = {row.file for row in rows_of(settings)}
    assert flask_command(*PREGEN, "--samples", "15").exit_code == 0
    assert {row.seed for row in rows_of(settings)} == set(order_of(models)[:15])
    many = {row.file for row in rows_of(settings)}
    assert few < many
    empty_again(settings)
    assert flask_command(*PREGEN, "--samples", "15").exit_code == 0
    assert {row.file for row in rows_of(settings)} == many  # the very bytes: names hold a hash
    assert "nothing to do" in flask_command(*PREGEN, "--samples", "15").output


def test_truncation_and_concepts_stay_with_the_seed_and_the_file(
    flask_command: Flask, settings: Settings
) -> None:
    assert flask_command(*PREGEN, "--samples", "4").exit_code == 0
    rows = rows_of(settings)
    assert [row.truncation for row in rows] == [0.9, 0.92, 0.9, 0.92]
    assert [row.nearest for row in rows] == ["1f986", "1f986 1f9a2"] * 2
    data = open_pictures(settings).read("hat", rows[1].file)
    assert data is not None
    provenance = read_picture(data).provenance
    assert provenance is not None
    assert (provenance.truncation, provenance.nearest) == (0.92, ("1f986", "1f9a2"))
    again = flask_command("verify", "--rebuild", "8")
    assert again.exit_code == 0, again.output
    assert "8 pictures generated anew" in again.output
    settings.sqlite_path.unlink()  # type: ignore[union-attr]
    assert flask_command("index").exit_code == 0
    assert {r.file: r.nearest for r in rows_of(settings)} == {r.file: r.nearest for r in rows}


def test_another_seed_takes_another_order(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    assert flask_command(*PREGEN, "--samples", "6", "--seed", "5").exit_code == 0
    order = order_of(models)
    expected = [order[i] for i in np.random.RandomState(5).permutation(KEPT)[:6]]
    assert [row.seed for row in rows_of(settings)] == expected
    assert expected != order[:6]


@pytest.mark.parametrize("words", [("--any-seed",), ("--truncation", "0.4:0.5")])
def test_without_them_it_says_so(
    flask_command: Flask, settings: Settings, words: tuple[str, ...]
) -> None:
    done = flask_command(*PREGEN, "--samples", "3", *words)
    assert done.exit_code == 0, done.output
    assert f"not used: {' '.join(words)} draws others" in done.output
    assert {row.seed for row in rows_of(settings)} == {2_000_000, 2_000_001, 2_000_002}
    assert {row.nearest for row in rows_of(settings)} == {None}


def test_when_they_run_out_candidates_are_picked_from(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    done = flask_command("pregen", "--model", "tiny", "--categories", "hat", "--samples", "26")
    assert done.exit_code == 0, done.output
    assert "fewer than 26 were chosen of hat 20" in done.output
    assert "4 candidates for each picture" in done.output
    made = {row.seed for row in rows_of(settings)}
    files = {row.file for row in rows_of(settings)}
    assert set(order_of(models)) < made
    others = made - set(order_of(models))
    assert len(others) == 6
    assert max(others) < 2_000_000 + 4 * 8  # of the first group of candidates
    for row in rows_of(settings):
        assert row.nearest
    empty_again(settings)
    flask_command("pregen", "--model", "tiny", "--categories", "hat", "--samples", "26")
    assert {row.file for row in rows_of(settings)} == files


def test_without_a_curator_they_do_until_they_run_out(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    shutil.rmtree(models / "tiny" / "1" / FOLDER)
    assert flask_command(*PREGEN, "--samples", "20").exit_code == 0
    done = flask_command(*PREGEN, "--samples", "21")
    assert done.exit_code == 1
    assert "model tiny/1 has no curator" in done.output.splitlines()[-1]
    assert len(rows_of(settings)) == 20


def test_top_up_takes_the_next_ones(flask_command: Flask, settings: Settings, models: Path) -> None:
    assert flask_command(*PREGEN, "--samples", "6").exit_code == 0
    engine = open_engine(settings, write=True)
    with engine.connect() as connection:
        assert set(connection.execute(select(target.c.chosen)).scalars()) == {True}
    ids = [row.id for row in rows_of(settings)[:2]]
    reject_images(engine, open_pictures(settings), settings.instance_folder, ids)
    done = flask_command("top-up")
    assert done.exit_code == 0, done.output
    assert {row.seed for row in rows_of(settings)} == set(order_of(models)[2:8])
    empty_again(settings)
    assert flask_command(*PREGEN, "--samples", "3", "--any-seed").exit_code == 0
    ids = [row.id for row in rows_of(settings)[:1]]
    engine = open_engine(settings, write=True)
    reject_images(engine, open_pictures(settings), settings.instance_folder, ids)
    assert flask_command("top-up").exit_code == 0
    assert {row.seed for row in rows_of(settings)} == {2_000_001, 2_000_002, 2_000_003}


def test_a_file_of_another_digest_is_one_line(flask_command: Flask, models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    write_chosen(model, replace(choose(model), digest="1" * 64))
    done = flask_command(*PREGEN, "--samples", "3")
    assert done.exit_code == 1
    assert "chosen for another model" in done.output
    assert len(done.output.splitlines()) == 1
    assert flask_command(*PREGEN, "--samples", "3", "--any-seed").exit_code == 0
    (models / "tiny" / "1" / FILE).write_bytes(b"PK nothing")
    done = flask_command(*PREGEN, "--samples", "3")
    assert (done.exit_code, len(done.output.splitlines())) == (1, 1)
    assert "flask models choose tiny" in done.output


def test_a_saved_model_of_the_same_weights_takes_them(models: Path) -> None:
    saved = read_model(models / "tiny" / "1", "savedmodel")
    chosen = read_chosen(saved)
    assert chosen is not None
    assert chosen.digest != saved.digest


def test_what_would_be_made_is_said(flask_command: Flask) -> None:
    done = flask_command(*PREGEN, "--samples", "3", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "would make 6 pictures" in done.output
    assert "seeds that networks chose" in done.output


def test_the_shipped_model_has_chosen_seeds_of_its_own() -> None:
    """Of its very digest, 60 or more in every category that is shown, with names of concepts."""
    model = find_model(PROJECT / "models", "emoji")
    chosen = read_chosen(model)
    assert chosen is not None
    for shown in model.categories:
        seeds = chosen.of(shown.slug)
        assert (len(seeds) >= 60) is not shown.hidden, shown.slug
        assert len({each.seed for each in seeds}) == len(seeds)
        assert all(each.nearest and 0.3 <= each.truncation <= 1 for each in seeds)
