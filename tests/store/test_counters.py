"""The game's counts: added up, bounded, and off where they cannot be kept."""

from pathlib import Path

import pytest

import store.counters
from store.counters import FILE, Counters, Tally

HASH = "0f1e2d3c4b5a"


def test_answers_are_added_up(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    for guess in ("hat", "bird", "bird", "fish"):
        assert counters.count(HASH, "hat", guess)
    again = Counters(tmp_path)
    assert again.pictures([HASH, "0" * 12]) == {HASH: Tally(4, 3)}
    assert again.category("hat") == Tally(4, 3)
    assert again.category("bird") == Tally()
    assert again.mistaken_for("hat", 5) == ["bird", "fish"]
    assert again.mistaken_for("hat", 1) == ["bird"]


def test_difficulty_is_careful_while_there_are_few() -> None:
    assert Tally().difficulty == 0.5
    assert 0.5 < Tally(1, 1).difficulty < Tally(50, 50).difficulty < 1


def test_nothing_in_the_file_says_who(tmp_path: Path) -> None:
    Counters(tmp_path).count(HASH, "hat", "bird")
    columns = {c.name for t in store.counters.metadata.tables.values() for c in t.columns}
    assert columns == {"short_hash", "guesses", "wrong", "truth", "guess", "n"}


def test_a_flood_is_not_counted(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    counted = sum(counters.count(HASH, "hat", "hat") for _ in range(200))
    assert 20 <= counted < 60
    assert counters.category("hat").guesses == counted


def test_where_nothing_can_be_written_it_is_off_and_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()  # root may write anywhere else
    counters = Counters(tmp_path)
    assert not counters.count(HASH, "hat", "hat")
    assert "cannot be written" in counters.why_off
    assert counters.pictures([HASH]) == {} and counters.category("hat") == Tally()


def test_a_read_only_file_is_off_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Counters(tmp_path).count(HASH, "hat", "hat")
    real = store.counters.create_engine
    monkeypatch.setattr(  # forced: root's writes are not stopped by a file's mode
        store.counters,
        "create_engine",
        lambda url, **options: real(
            url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true", **options
        ),
    )
    counters = Counters(tmp_path)
    assert not counters.count(HASH, "hat", "hat")
    assert "readonly" in counters.why_off
