"""What visitors guessed, added up: how often a picture was shown in the game, and taken for what.

Numbers only, apart from the index, which the site opens read-only: nobody can say from them who
guessed. The numbers of rounds that were answered are random, and forgotten when these are over.
They are in a file of their own in the instance folder, or in a schema of their own where the index
is in PostgreSQL, so that all machines of a site count together. Either may be deleted at any time,
as hosts do whose disks are not kept. Where it cannot be written the game goes on without.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from app.ops.own_tables import insert_on, open_tables
from core.settings import Settings
from store.index.postgresql import is_away

FILE = "counters.sqlite3"
SCHEMA = "nonesuch_game"

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
# rounds that were answered, until they are over: each counts once, whichever worker is asked
answered = Table(
    "answered",
    metadata,
    Column("round", String(32), primary_key=True),
    Column("over_s", BigInteger, nullable=False, index=True),
)


class Once(NamedTuple):
    """What counts once: a number, up to 32 characters, and until when it is remembered."""

    number: str
    over_s: int  # seconds since 1970


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

    def __init__(self, settings: Settings, a_second: float = 5.0, at_once: float = 20.0) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._a_second, self._at_once = a_second, at_once
        self._tokens, self._filled = at_once, time.monotonic()
        self.why_off = ""

    def count(self, short_hash: str, truth: str, guess: str, once: Once | None = None) -> bool:
        """Add one answer; say whether it was, which a flood of them and a full disk prevent.

        ``once``: nor is it where one with this number was.
        """
        engine = self._open()
        if engine is None or not self._is_slow_enough():
            return False
        wrong = int(guess != truth)
        try:
            with engine.begin() as connection:
                if once is not None and not _is_first(connection, once):
                    return False
                connection.execute(
                    _add(
                        engine,
                        picture_guess,
                        {"short_hash": short_hash},
                        {"guesses": 1, "wrong": wrong},
                    )
                )
                pair = {"truth": truth, "guess": guess}
                connection.execute(_add(engine, category_guess, pair, {"n": 1}))
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
                try:
                    engine = open_tables(self._settings, metadata, FILE, SCHEMA)
                except DBAPIError as error:
                    self._switch_off(error)
                    return None
                self._engine = engine
        return self._engine

    def _switch_off(self, error: DBAPIError) -> None:
        if "locked" not in str(error.orig) and not is_away(error.orig or error):
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


def _is_first(connection: Connection, once: Once) -> bool:
    """Remember a number; say whether it was not yet. What is over is forgotten."""
    column = answered.c
    connection.execute(answered.delete().where(column.over_s < int(time.time())))
    statement = insert_on(connection.dialect.name)(answered).values(
        round=once.number, over_s=once.over_s
    )
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def _add(engine: Engine, table: Table, key: dict[str, str], counts: dict[str, int]) -> Any:
    statement = insert_on(engine.dialect.name)(table).values(**key, **counts)
    return statement.on_conflict_do_update(
        index_elements=list(key),
        set_={name: table.c[name] + count for name, count in counts.items()},
    )
