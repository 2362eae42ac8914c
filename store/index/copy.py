"""An index from one database into another: streamed, in one transaction, compared afterwards."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from core.errors import NonesuchError
from core.settings import SQLITE, Settings, with_database
from store.index.database import HEAD_REVISION, check_revision, refusal, revision_on, writing
from store.index.migrating import upgrade_on
from store.index.tables import Row, metadata

AT_ONCE = 5000  # rows; half a megabyte of them
HERE = "site"


class CannotCopy(NonesuchError):
    """A copy that would hide, mix or lose something; the target is as it was."""


def index_named(words: str, settings: Settings) -> Settings:
    """Return settings with the index that a command names.

    ``words``: an SQLite file, an address of PostgreSQL, or `HERE` for that of the settings.
    Raises `core.settings.BadSetting`.
    """
    if words == HERE:
        return settings
    is_file = "://" not in words
    return with_database(settings, f"{SQLITE}{Path(words).absolute()}" if is_file else words)


def copy_index(
    source: Engine, target: Engine, progress: Callable[[int], Callable[[int], object]]
) -> dict[str, int]:
    """Copy every row; return how many of each table.

    The source is read as of one moment. The target gets its tables if it has none, and must not
    hold a row. It is read back and compared, table by table, before anything is committed.
    ``progress``: given how many rows are to be passed, copied and read back, returns what is told
    how many more were. Raises `CannotCopy`, `IndexMissing`, `IndexUnusable`.
    """
    check_revision(source)
    tables = metadata.sorted_tables  # those that others refer to come first
    with _unmade(target), _reading(source) as reading, _writing(target) as connection:
        _prepare(connection)
        counts = {table.name: _count(reading, table) for table in tables}
        advance = progress(2 * sum(counts.values()))
        for table in tables:
            sent = _Checksum()
            for rows in _rows(reading, table):
                sent.add(rows)
                _insert(connection, table, rows)
                advance(len(rows))
            found = _Checksum()
            for rows in _rows(connection, table):
                found.add(rows)
                advance(len(rows))
            if found != sent:
                raise CannotCopy(f"the table {table.name} reads differently where it was copied to")
            _go_on_counting(connection, table)
    return counts


class _Checksum:
    """Of rows in the order of their keys, the same whatever database they are in."""

    def __init__(self) -> None:
        self._hash, self.rows = hashlib.sha256(), 0

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows += len(rows)
        self._hash.update("".join(f"{tuple(row.values())!r}\n" for row in rows).encode())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Checksum) and (self.rows, self._hash.digest()) == (
            other.rows,
            other._hash.digest(),
        )


@contextmanager
def _reading(source: Engine) -> Iterator[Connection]:
    """One snapshot: what is written meanwhile is not seen."""
    if source.dialect.name == "postgresql":
        with source.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            yield connection
        return
    with source.connect() as connection:
        connection.exec_driver_sql("BEGIN")  # writers wait until the end
        yield connection
        connection.exec_driver_sql("ROLLBACK")


@contextmanager
def _writing(target: Engine) -> Iterator[Connection]:
    try:
        with writing(target) as connection:
            yield connection
    except IntegrityError as error:
        raise _does_not_hold_together(error.orig) from error
    except target.dialect.loaded_dbapi.Error as error:  # of COPY, which goes past SQLAlchemy
        if isinstance(error, target.dialect.loaded_dbapi.IntegrityError):
            raise _does_not_hold_together(error) from error
        raise refusal("the index cannot be written", error, "run the command again") from error


def _does_not_hold_together(error: object) -> CannotCopy:
    reason = str(error).splitlines()[0]
    return CannotCopy(f"the rows do not hold together ({reason})", "look with: flask verify")


@contextmanager
def _unmade(target: Engine) -> Iterator[None]:
    """Leave no SQLite file where there was none before and nothing was copied."""
    path: Path | None = target.get_execution_options().get("sqlite_path")
    was_there = path is None or path.exists()
    try:
        yield
    except BaseException:
        target.dispose()
        if path is not None and not was_there:
            with suppress(OSError):
                path.unlink()
        raise


def _prepare(connection: Connection) -> None:
    found = revision_on(connection)
    if found is None:
        if others := inspect(connection).get_table_names():
            raise CannotCopy(
                f"the target holds tables of something else ({', '.join(sorted(others)[:3])})",
                "copy into a database of its own",
            )
        upgrade_on(connection)
    elif found != HEAD_REVISION:
        raise CannotCopy(
            f"the target stands at migration {found}, this program at {HEAD_REVISION}",
            "bring it to this version with: flask db upgrade",
        )
    for table in metadata.sorted_tables:
        if count := _count(connection, table):
            raise CannotCopy(
                f"the target is not empty: {count:,} rows in its table {table.name}",
                "copy into an empty database, or a file that is not there yet",
            )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _rows(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield rows by key, `AT_ONCE` at a time; no more of them are in memory."""
    statement = select(table).order_by(*table.primary_key.columns)
    streamed = connection.execution_options(yield_per=AT_ONCE).execute(statement)
    for rows in streamed.partitions():
        yield [_plain(row) for row in rows]


def _plain(row: Row) -> dict[str, Any]:
    """Return a row with its moments in UTC: SQLite tells no zone, PostgreSQL its session's."""
    values = row._asdict()
    for name, value in values.items():
        if isinstance(value, datetime):
            zoned = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            values[name] = zoned
    return values


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    # several times as fast as INSERT
    driver: Any = connection.connection.driver_connection
    quoted = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quoted(name) for name in rows[0])
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quoted(table.name)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(tuple(row.values()))


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL give the next row the next key; SQLite looks for itself."""
    if connection.dialect.name == "postgresql" and "id" in table.c:
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608
                f"COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) FROM {table.name}"
            )
        )


def same_index(one: Settings, other: Settings) -> bool:
    """Say whether two settings name one index."""
    if one.sqlite_path is not None and other.sqlite_path is not None:
        return one.sqlite_path.resolve() == other.sqlite_path.resolve()
    return one.database_url == other.database_url
