"""Every category has its first pictures before any has more, and `--first` makes no others."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from core.settings import Settings
from store.index.database import open_engine
from store.index.tables import category, image
from tests.scaled import empty_again
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
WORDS = ("pregen", "--model", "tiny", "--categories", "bird,hat,drink", "--samples", "20")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a curator; in the place of the session's."""
    folder = tmp_path_factory.mktemp("models")
    build_tiny_curator(build_tiny_model(folder))
    return folder


def counts(settings: Settings) -> dict[str, int]:
    with open_engine(settings).connect() as connection:
        rows = connection.execute(select(category.c.slug, category.c.n)).all()
    return {row.slug: row.n for row in rows}


def pictures(settings: Settings) -> set[tuple[str, str, str]]:
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, image.c.file, image.c.sha256).join(category)
        return {tuple(row) for row in connection.execute(statement)}


def test_first_makes_one_batch_of_each(flask_command: Flask, settings: Settings) -> None:
    done = flask_command(*WORDS, "--first")
    assert done.exit_code == 0, done.output
    assert "made 24 pictures with tiny/1, 0 were there" in done.output
    assert counts(settings) == {"bird": 8, "hat": 8, "drink": 8}
    again = flask_command(*WORDS, "--first")
    assert again.output == "nothing to do: every category has pictures\n"
    assert "made 36 pictures with tiny/1, 24 were there" in flask_command(*WORDS).output
    assert counts(settings) == {"bird": 20, "hat": 20, "drink": 20}
    in_two = pictures(settings)
    empty_again(settings)
    assert "made 60 pictures" in flask_command(*WORDS).output
    assert pictures(settings) == in_two


def test_only_categories_without_pictures_get_any(flask_command: Flask, settings: Settings) -> None:
    few = ("pregen", "--model", "tiny", "--categories", "hat", "--samples", "3")
    assert flask_command(*few).exit_code == 0
    assert "made 16 pictures" in flask_command(*WORDS, "--first").output
    assert counts(settings) == {"bird": 8, "hat": 3, "drink": 8}


def test_top_up_goes_on_to_what_was_asked_for(flask_command: Flask) -> None:
    flask_command(*WORDS, "--first")
    assert "made 36 pictures" in flask_command("top-up").output


def test_a_dry_run_counts_the_first_ones(flask_command: Flask) -> None:
    assert "would make 24 pictures" in flask_command(*WORDS, "--first", "--dry-run").output


def test_replacing_is_for_a_whole_run(flask_command: Flask) -> None:
    done = flask_command(*WORDS, "--first", "--replace")
    assert done.exit_code == 2 and "leave --first out" in done.output


def test_too_few_good_candidates_are_no_failure(flask_command: Flask, settings: Settings) -> None:
    done = flask_command(*WORDS, "--oversample", "4", "--first")
    assert done.exit_code == 0, done.output
    assert all(0 < n <= 8 for n in counts(settings).values())


@pytest.mark.parametrize("more", [(), ("--oversample", "2")])
def test_a_whole_run_opens_every_category_first(
    flask_command: Flask, settings: Settings, more: tuple[str, ...]
) -> None:
    flask_command(*WORDS, *more)
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug).join(image).order_by(image.c.id)
        made = list(connection.execute(statement).scalars())
    firsts = [made.index(slug) for slug in ("bird", "hat", "drink")]
    assert firsts == sorted(firsts)
    assert made[: firsts[2] + 1].count("bird") <= 8 and max(firsts) <= 16
