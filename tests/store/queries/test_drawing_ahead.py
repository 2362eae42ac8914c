"""Picks that are drawn some at a time: as random as others, and never of an index that is past."""

import gc
import sqlite3
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from scipy.stats import chisquare
from sqlalchemy import Engine, select

from core.settings import Settings
from store.index.database import IndexUnusable, open_engine, writing
from store.index.states import REJECTED
from store.index.tables import image
from store.index.writes import retire_image
from store.queries.drawing_ahead import AHEAD, DrawnAhead
from store.queries.reader import IndexReader
from tests.conftest import COUNTS, Filled

LOWEST_P = 1e-6


@pytest.fixture
def reader(filled: Filled) -> IndexReader:
    return IndexReader(open_engine(filled.settings))


def picked(reader: IndexReader) -> str:
    picture = reader.pick_ahead()
    assert picture is not None
    return picture.file


def take_away(engine: Engine, file: str) -> None:
    with writing(engine) as connection:
        row = connection.execute(select(image.c.id).where(image.c.file == file)).scalar_one()
        retire_image(connection, row, REJECTED)


def test_uniform_over_categories_then_pictures_and_each_pick_of_its_own(
    reader: IndexReader,
) -> None:
    seen = [reader.pick_ahead() for _ in range(6000)]
    files = [(picture.category, picture.file) for picture in seen if picture is not None]
    categories = Counter(category for category, _ in files)
    assert chisquare([categories[slug] for slug in COUNTS]).pvalue > LOWEST_P
    for slug, number in COUNTS.items():
        within = Counter(file for category, file in files if category == slug)
        assert len(within) == number
        assert chisquare(list(within.values())).pvalue > LOWEST_P
    # one after the other is as often of the same category as chance has it
    same = sum(one[0] == other[0] for one, other in pairwise(files))
    expected = (len(files) - 1) / len(COUNTS)
    assert chisquare(
        [same, len(files) - 1 - same], [expected, len(files) - 1 - expected]
    ).pvalue > (LOWEST_P)


def test_what_was_taken_away_is_not_shown_once_more(filled: Filled, reader: IndexReader) -> None:
    """Pictures go one by one, each while others of before are drawn already."""
    engine = open_engine(filled.settings, write=True)
    left = {file for _ in range(500) for file in [picked(reader)]}
    assert len(left) == sum(COUNTS.values())
    while left:
        gone = picked(reader)
        take_away(engine, gone)
        left.discard(gone)
        if left:
            assert {picked(reader) for _ in range(3 * AHEAD)} <= left
    assert reader.pick_ahead() is None


def test_what_is_added_may_be_next(index: Engine, settings: Settings) -> None:
    reader = IndexReader(open_engine(settings))
    assert reader.pick_ahead() is None
    Filled(settings, index).add("hat", {"1-000000000000.webp": b"hat"})
    assert picked(reader) == "1-000000000000.webp"


@pytest.mark.sqlite
def test_one_transaction_makes_many(reader: IndexReader, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    picks = reader._picks

    def counted(count: int, *rest: object) -> object:
        asked.append(count)
        return picks(count, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "_picks", counted)
    for _ in range(10 * AHEAD):
        picked(reader)
    assert asked == [AHEAD] * 10


@pytest.mark.sqlite
def test_a_log_of_changes_is_not_counted_in_the_head(filled: Filled) -> None:
    """An owner may have turned write-ahead logging on: each pick is then made by itself."""
    path = filled.settings.sqlite_path
    assert path is not None
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    reader = IndexReader(open_engine(filled.settings))
    kept_open = sqlite3.connect(path)  # closing the last one would put the log into the file
    kept_open.execute("SELECT * FROM image")
    picked(reader)
    take_away(open_engine(filled.settings, write=True), gone := picked(reader))
    assert Path(f"{path}-wal").stat().st_size
    assert gone not in {picked(reader) for _ in range(200)}
    kept_open.close()


@pytest.mark.sqlite
def test_a_writer_in_this_process_keeps_its_lock(filled: Filled) -> None:
    """On POSIX a process loses its locks on a file where any descriptor of it is closed."""
    path = filled.settings.sqlite_path
    assert path is not None
    other = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('began')"
    )

    def another_writes() -> str:
        done = subprocess.run(
            [sys.executable, "-c", other, str(path)], capture_output=True, text=True, check=False
        )
        return done.stdout or done.stderr

    with writing(open_engine(filled.settings, write=True)):
        assert "database is locked" in another_writes()
        for _ in range(3):
            reader = IndexReader(open_engine(filled.settings))
            picked(reader)
            del reader
            gc.collect()
        assert "database is locked" in another_writes()
    assert another_writes() == "began\n"


@pytest.mark.sqlite
def test_a_damaged_index_is_said_so(filled: Filled, reader: IndexReader) -> None:
    path = filled.settings.sqlite_path
    assert path is not None
    picked(reader)
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(IndexUnusable):
        reader.pick_ahead()
    path.write_bytes(b"")
    with pytest.raises(IndexUnusable):
        reader.pick_ahead()


@pytest.mark.sqlite
def test_a_disk_that_does_not_answer_is_said_as_for_any_question(
    filled: Filled, reader: IndexReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("store.queries.drawing_ahead.os.pread", broken)
    assert picked(reader)  # SQLite can read it still
    path = filled.settings.sqlite_path
    assert path is not None
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(IndexUnusable):
        reader.pick_ahead()


def test_nothing_is_kept_of_a_file_that_began_a_log_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "index"
    heads = [bytes([16, 0, v, v, 0, 64, 32, 32, 0, 0, 0, 1]) for v in (1, 2)]
    file.write_bytes(bytes(16) + heads[0])

    def draw(count: int, head: object) -> tuple[list[int], bytes]:
        file.write_bytes(bytes(16) + heads[1])
        return list(range(count)), head()  # type: ignore[operator]

    ahead = DrawnAhead(file, draw)
    assert [ahead.pick() for _ in range(3)] == [0, 0, 0]


def test_given_only_under_the_head_that_they_were_drawn_under(tmp_path: Path) -> None:
    file = tmp_path / "index"
    heads = [bytes([16, 0, 1, 1, 0, 64, 32, 32, 0, 0, 0, counter]) for counter in range(3)]
    drawn: list[str] = []

    def write(counter: int) -> None:
        file.write_bytes(bytes(16) + heads[counter])

    def draw(count: int, head: object) -> tuple[list[str], bytes]:
        drawn.append("again")
        return [f"{len(drawn)}.{i}" for i in range(count)], head()  # type: ignore[operator]

    write(0)
    ahead = DrawnAhead(file, draw)
    assert [ahead.pick() for _ in range(3)] == ["1.0", "1.15", "1.14"]
    write(1)
    assert [ahead.pick(), ahead.pick()] == ["2.0", "2.15"]
    write(2)
    assert ahead.pick() == "3.0"
    assert len(drawn) == 3
