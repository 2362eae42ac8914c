"""The game's counts: added up, bounded, and off where they cannot be kept."""

import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

import app.game.counters
from app.game.counters import FILE, Counters, Once, Tally
from core.settings import Settings

HASH = "0f1e2d3c4b5a"


@pytest.fixture(autouse=True)
def folder(settings: Settings) -> None:
    settings.instance_folder.mkdir()


def test_answers_are_added_up(settings: Settings) -> None:
    counters = Counters(settings)
    for guess in ("hat", "bird", "bird", "fish"):
        assert counters.count(HASH, "hat", guess)
    again = Counters(settings)
    assert again.pictures([HASH, "0" * 12]) == {HASH: Tally(4, 3)}
    assert again.category("hat") == Tally(4, 3)
    assert again.category("bird") == Tally()
    assert again.mistaken_for("hat", 5) == ["bird", "fish"]
    assert again.mistaken_for("hat", 1) == ["bird"]


def test_difficulty_is_careful_while_there_are_few() -> None:
    assert Tally().difficulty == 0.5
    assert 0.5 < Tally(1, 1).difficulty < Tally(50, 50).difficulty < 1


def test_nothing_in_the_file_says_who(settings: Settings) -> None:
    Counters(settings).count(HASH, "hat", "bird")
    columns = {c.name for t in app.game.counters.metadata.tables.values() for c in t.columns}
    assert columns == {"short_hash", "guesses", "wrong", "truth", "guess", "n", "round", "over_s"}


def test_a_flood_is_not_counted(settings: Settings) -> None:
    counters = Counters(settings)
    counted = sum(counters.count(HASH, "hat", "hat") for _ in range(200))
    assert 20 <= counted < 60
    assert counters.category("hat").guesses == counted


def test_what_has_a_number_counts_once_until_it_is_over(settings: Settings) -> None:
    workers = [Counters(settings), Counters(settings)]
    soon = int(time.time()) + 60
    counted = [
        worker.count(HASH, "hat", "hat", Once(number, soon))
        for number in ("a" * 32, "b" * 32)
        for _ in range(3)
        for worker in workers
    ]
    assert sum(counted) == 2 and workers[0].category("hat") == Tally(2, 0)
    assert workers[0].count(HASH, "hat", "hat", Once("c" * 32, soon - 120))
    assert workers[1].count(HASH, "hat", "hat", Once("d" * 32, soon))
    with workers[0]._open().connect() as connection:  # type: ignore[union-attr]
        kept = connection.execute(select(app.game.counters.answered.c.round)).scalars().all()
    assert sorted(kept) == ["a" * 32, "b" * 32, "d" * 32]


@pytest.mark.sqlite
def test_where_nothing_can_be_written_it_is_off_and_says_so(settings: Settings) -> None:
    (settings.instance_folder / FILE).mkdir()  # root may write anywhere else
    counters = Counters(settings)
    assert not counters.count(HASH, "hat", "hat")
    assert "cannot be written" in counters.why_off
    assert counters.pictures([HASH]) == {} and counters.category("hat") == Tally()


@pytest.mark.sqlite
def test_a_read_only_file_is_off_as_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Counters(settings).count(HASH, "hat", "hat")
    monkeypatch.setattr(  # forced: root's writes are not stopped by a file's mode
        "app.ops.own_tables.create_engine",
        lambda url, **options: create_engine(
            url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true", **options
        ),
    )
    counters = Counters(settings)
    assert not counters.count(HASH, "hat", "hat")
    assert "readonly" in counters.why_off


def test_all_machines_of_a_site_count_together(tmp_path: Path) -> None:
    """In a schema of their own, made by whoever comes first; also where they cannot make it."""
    from concurrent.futures import ThreadPoolExecutor

    from tests import scaled

    settings = scaled.scaled(Settings(instance_folder=tmp_path), "postgresql")
    with ThreadPoolExecutor(4) as pool:
        machines = list(pool.map(lambda _: Counters(settings, at_once=100), range(4)))
        assert all(
            pool.map(lambda c: all(c.count(HASH, "hat", "bird") for _ in range(5)), machines)
        )
    assert [c.pictures([HASH]) for c in machines] == [{HASH: Tally(20, 20)}] * 4
    assert not list(tmp_path.glob("*.sqlite3"))
    scaled.run_sql(settings, "DROP SCHEMA nonesuch_game CASCADE")
    assert not machines[0].count(HASH, "hat", "hat") and machines[0].why_off
    again = Counters(settings)
    assert again.count(HASH, "hat", "hat") and again.pictures([HASH]) == {HASH: Tally(1, 0)}
    scaled.drop(settings)
