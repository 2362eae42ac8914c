"""What visitors guessed, added up: how often a picture was shown in the game, and taken for what.

Numbers only, in a file of their own beside the index, which the site opens read-only: nobody can
say from them who guessed. The file may be deleted at any time, as hosts do whose disks are not
kept. Where it cannot be written the game goes on without.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

FILE = "counters.sqlite3"

metadata = MetaData()
picture_guess = Table(
    "picture_guess",
    metadata,
    Column("short_hash", String(12), primary_key=True),
    Column("guesses", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
)
category_guess = Table(
    "category_guess",
    metadata,
    Column("truth", String(100), primary_key=True),
    Column("guess", String(100), primary_key=True),
    Column("n", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was guessed, and how often wrongly."""

    guesses: int = 0
    wrong: int = 0

    @property
    def difficulty(self) -> float:
        """The share of errors, drawn to one half while there are few: 0–1."""
        return (self.wrong + 1) / (self.guesses + 2)


class Counters:
    """The counts of one site; ``why_off`` says why there are none, empty while there are.

    Of a flood ``at_once`` answers are counted, then ``a_second`` per second.
    """

    def __init__(self, instance_folder: Path, a_second: float = 5.0, at_once: float = 20.0) -> None:
        self._path = instance_folder / FILE
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._a_second, self._at_once = a_second, at_once
        self._tokens, self._filled = at_once, time.monotonic()
        self.why_off = ""

    def count(self, short_hash: str, truth: str, guess: str) -> bool:
        """Add one answer; say whether it was, which a flood of them and a full disk prevent."""
        engine = self._open()
        if engine is None or not self._is_slow_enough():
            return False
        wrong = int(guess != truth)
        try:
            with engine.begin() as connection:
                connection.execute(
                    _add(
                        picture_guess,
                        {"short_hash": short_hash},
                        {"guesses": 1, "wrong": wrong},
                    )
                )
                connection.execute(_add(category_guess, {"truth": truth, "guess": guess}, {"n": 1}))
        except DBAPIError as error:
            self._switch_off(error)
            return False
        return True

    def pictures(self, hashes: Iterable[str]) -> dict[str, Tally]:
        """Return the tallies of some pictures."""
        column = picture_guess.c
        statement = select(column.short_hash, column.guesses, column.wrong).where(
            column.short_hash.in_(list(hashes))
        )
        return {row[0]: Tally(row[1], row[2]) for row in self._ask(statement)}

    def category(self, truth: str) -> Tally:
        """Return a category's tally."""
        column = category_guess.c
        statement = select(
            func.coalesce(func.sum(column.n), 0),
            func.coalesce(func.sum(column.n).filter(column.guess != truth), 0),
        ).where(column.truth == truth)
        rows = self._ask(statement)
        return Tally(*rows[0]) if rows else Tally()

    def mistaken_for(self, truth: str, limit: int) -> list[str]:
        """Return the categories that one is taken for most."""
        column = category_guess.c
        statement = (
            select(column.guess)
            .where(column.truth == truth, column.guess != truth)
            .order_by(column.n.desc(), column.guess)
            .limit(limit)
        )
        return [row[0] for row in self._ask(statement)]

    def _ask(self, statement: Any) -> list[Any]:
        engine = self._open()
        if engine is None:
            return []
        try:
            with engine.connect() as connection:
                return list(connection.execute(statement).all())
        except DBAPIError as error:
            self._switch_off(error)
            return []

    def _open(self) -> Engine | None:
        if self.why_off:
            return None
        with self._lock:
            if self._engine is None:
                engine = create_engine(
                    f"sqlite+pysqlite:///{self._path.absolute()}",
                    connect_args={"timeout": 1.0},
                )
                event.listen(engine, "connect", _hurry)
                try:
                    metadata.create_all(engine)
                    with engine.begin() as connection:  # what is there may be read-only
                        connection.exec_driver_sql("PRAGMA user_version = 1")
                except DBAPIError as error:
                    self._switch_off(error)
                    return None
                self._engine = engine
        return self._engine

    def _switch_off(self, error: DBAPIError) -> None:
        if "locked" not in str(error.orig):
            self.why_off = f"its counts cannot be written ({str(error.orig).splitlines()[0]})"

    def _is_slow_enough(self) -> bool:
        with self._lock:
            now = time.monotonic()
            more = (now - self._filled) * self._a_second
            self._tokens = min(self._at_once, self._tokens + more)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


def _hurry(connection: Any, _: object) -> None:
    # a count that a power cut takes is not missed
    connection.execute("PRAGMA synchronous = OFF")


def _add(table: Table, key: dict[str, str], counts: dict[str, int]) -> Any:
    statement = insert(table).values(**key, **counts)
    return statement.on_conflict_do_update(
        index_elements=list(key),
        set_={name: table.c[name] + count for name, count in counts.items()},
    )
