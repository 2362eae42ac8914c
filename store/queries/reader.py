"""Reading the index: the random pick, one picture by its hash, the list of categories.

The pick is one statement and two index look-ups, whatever the number of rows: uniform over
categories that have pictures, then uniform over the pictures of that one. Two draws of 31 random
bits multiply the counts; shifting right is the floor, so ordinals are equally likely to within
n / 2^31.
"""

import random
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from core.errors import NonesuchError
from store.index.database import IndexUnusable, is_locked, refusal
from store.queries.rows import (
    ENTRY_BY_HASH,
    ENTRY_COLUMNS,
    PICTURE_COLUMNS,
    Entry,
    Picture,
    entry_of,
    hash_range,
)

_PICK = f"""
SELECT {PICTURE_COLUMNS} FROM category c
JOIN image i ON i.category_id = c.id AND i.ord = (:picture * c.n) >> 31
WHERE c.ord = (:category * (SELECT MAX(ord) + 1 FROM category)) >> 31
"""  # noqa: S608
_PICK_IN = f"""
SELECT {PICTURE_COLUMNS} FROM category c
JOIN image i ON i.category_id = c.id AND i.ord = (:picture * c.n) >> 31
WHERE c.slug = :slug
"""  # noqa: S608
_BY_FILE = f"""
SELECT {ENTRY_COLUMNS} FROM image i JOIN category c ON c.id = i.category_id
WHERE c.slug = :slug AND i.file = :file
"""  # noqa: S608
_CATEGORIES = "SELECT slug, name, n FROM category WHERE n > 0 ORDER BY name, slug"

Found = TypeVar("Found")


class UnknownPicture(NonesuchError):
    """A picture that the index does not have."""


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category that has live pictures."""

    slug: str
    name: str
    pictures: int


class _Open(NamedTuple):
    """A connection to the index, and what was made of rows read over it."""

    cursor: Any  # the driver's
    connection: Connection
    kept: dict[str, tuple[int, Any]]  # by statement: SQLite's data_version, what was made


class IndexReader:
    """Read-only questions to the index, over cursors of the driver that are kept.

    SQLAlchemy opens, checks and closes; between, its layers cost five times the query itself
    (122 µs against 21 for a pick, and 152 more to check a connection out and in again).
    Every question raises `IndexUnusable` where the index cannot answer.
    """

    def __init__(self, engine: Engine, names: Mapping[str, str] | None = None) -> None:
        """``names``: slug → what a category is called instead of by its name in the index."""
        self._names = dict(names or {})
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.dialect = engine.dialect.name
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        # Not one a thread: Python 3.11 may crash where a connection ends with its thread (SQLite
        # calls back when it closes, while the thread is half gone), and a server that starts and
        # ends threads as they are needed did, at one stop of three. So there are also no more of
        # them than questions at one moment.
        self._idle: list[_Open] = []
        # a server counts connections until they are closed
        weakref.finalize(self, _close_all, self._idle).atexit = False
        self._statements = {
            name: _for_driver(sql, engine)
            for name, sql in {
                "pick": _PICK,
                "pick_in": _PICK_IN,
                "by_hash": ENTRY_BY_HASH,
                "by_file": _BY_FILE,
                "categories": _CATEGORIES,
            }.items()
        }

    def ask(self, sql: str, values: dict[str, Any]) -> list[Any]:
        """Return the rows of another question, with ``:name`` for parameters; it is kept.

        The text must be one of a few: values belong into ``values``.
        """
        if sql not in self._statements:
            self._statements[sql] = _for_driver(sql, self._engine)
        return self._rows(sql, values)

    def ask_kept(self, sql: str, make: Callable[[list[Any]], Found]) -> Found:
        """Return what ``make`` makes of all rows of a question; SQLite's are kept until it changes.

        SQLite says to each connection whether others changed the file (PRAGMA data_version).
        PostgreSQL says no such thing and is asked every time.
        """
        if self.dialect != "sqlite":
            return make(self.ask(sql, {}))

        def kept(opened: _Open) -> Found:
            # before the rows: a change between the two is then noticed the next time
            ((version,),) = opened.cursor.execute("PRAGMA data_version").fetchall()
            known_version, made = opened.kept.get(sql, (None, None))
            if version != known_version:
                made = make(opened.cursor.execute(sql).fetchall())
                opened.kept[sql] = (version, made)
            return cast(Found, made)

        try:
            return self._ask(kept)
        except (self._driver_error, DBAPIError) as error:
            return self._ask_anew(kept, error)

    def _rows(self, statement: str, values: dict[str, Any]) -> list[Any]:
        sql, names = self._statements[statement]
        parameters = values if names is None else [values[name] for name in names]

        def rows(opened: _Open) -> list[Any]:
            opened.cursor.execute(sql, parameters)
            found: list[Any] = opened.cursor.fetchall()
            return found

        try:
            return self._ask(rows)
        except (self._driver_error, DBAPIError) as error:
            if any("\0" in value for value in values.values() if isinstance(value, str)):
                return []  # nothing has such a name, and PostgreSQL takes none
            return self._ask_anew(rows, error)

    def _ask_anew(self, use: Callable[[_Open], Found], error: Exception) -> Found:
        """Ask once more after an error, over a new connection.

        A server that was restarted, a file that a killed command left half written: a new
        connection may be able to read, an idle one as little as that which failed. A file that
        another program holds was waited for already, which is enough.
        """
        if is_locked(getattr(error, "orig", None) or error):
            raise _unreadable(error) from error
        self._close_idle()
        try:
            return self._ask(use)
        except (self._driver_error, DBAPIError) as error:
            self._close_idle()
            raise _unreadable(error) from error

    def _close_idle(self) -> None:
        _close_all(self._idle)

    def _ask(self, use: Callable[[_Open], Found]) -> Found:
        """Return what is found over a connection; after an error it is not used again."""
        try:
            opened = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
            opened = _Open(connection.connection.cursor(), connection, {})
        try:
            found = use(opened)
        except BaseException:
            _close(opened.connection)
            raise
        self._idle.append(opened)
        return found

    def name(self, slug: str, name: str) -> str:
        """Return what a category is called that has this name in the index."""
        return self._names.get(slug, name)

    def picture(self, row: Any) -> Picture:
        """Return a row of `PICTURE_COLUMNS` as a picture."""
        found = Picture(*row)
        if self._names:
            found.name = self._names.get(found.category, found.name)
        return found

    def entry(self, row: Any) -> Entry:
        """Return a row of `ENTRY_COLUMNS` as an entry."""
        found = entry_of(row)
        found.name = self.name(found.category, found.name)
        return found

    def pick(self, slug: str | None = None) -> Picture | None:
        """Return a random live picture, of one category if given; None when there is none."""
        if slug is None:
            rows = self._rows("pick", _two_draws())
        else:
            rows = self._rows("pick_in", {**_two_draws(), "slug": slug})
        return self.picture(rows[0]) if rows else None

    def by_hash(self, hash_or_beginning: str) -> Entry | None:
        """Return the picture, of any state, whose SHA-256 is or begins with this."""
        rows = self._rows("by_hash", hash_range(hash_or_beginning))
        return self.entry(rows[0]) if rows else None

    def by_file(self, slug: str, file: str) -> Entry | None:
        """Return the picture of a category and file name, of any state."""
        rows = self._rows("by_file", {"slug": slug, "file": file})
        return self.entry(rows[0]) if rows else None

    def categories(self) -> list[CategoryCount]:
        """Return the categories that have live pictures, by name."""
        found = [
            CategoryCount(slug, self.name(slug, name), pictures)
            for slug, name, pictures in self._rows("categories", {})
        ]
        return sorted(found, key=lambda each: each.name) if self._names else found


def _two_draws() -> dict[str, Any]:
    """Return 31 random bits for the category and as many for the picture."""
    draw = random.getrandbits(62)  # seeded by the system, and anew in each forked worker
    return {"picture": draw >> 31, "category": draw & 0x7FFFFFFF}


def _close_all(idle: list[_Open]) -> None:
    while idle:
        with suppress(IndexError):  # another thread may take the last one
            _close(idle.pop().connection)


def _close(connection: Connection) -> None:
    """Close a connection; it must not come back from a pool."""
    connection.invalidate()
    connection.close()


def _unreadable(error: Exception) -> IndexUnusable:
    return refusal(
        "the index cannot be read", error, "if this stays, look into it with: flask verify"
    )


def _for_driver(sql: str, engine: Engine) -> tuple[str, list[str] | None]:
    """Return SQL in the driver's own style; for positional parameters also their order."""
    compiled = text(sql).compile(dialect=engine.dialect)
    return str(compiled), list(compiled.positiontup or []) if compiled.positional else None
