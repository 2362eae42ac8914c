"""Opening the index: SQLite read-only for the site, read-write for commands; PostgreSQL by URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, StaticPool, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from core.errors import NonesuchError
from store.settings import Settings

HEAD_REVISION = "0003"  # the newest migration; a test keeps the two equal


class IndexMissing(NonesuchError):
    """There is no index yet."""


class IndexUnusable(NonesuchError):
    """The index is damaged, of another version, or not to be written."""


def open_engine(settings: Settings, *, write: bool = False) -> Engine:
    """Return an engine on the index; for SQLite the file must exist unless ``write``.

    Raises `IndexMissing`.
    """
    path = settings.sqlite_path
    if path is None:
        return create_engine(settings.database_url, pool_pre_ping=True)
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        raise IndexMissing(f"there is no index at {path}", "make it with: flask db upgrade")
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _connect_sqlite(path, settings.busy_timeout_s, write),
        # readers keep their connections themselves; one that failed must not come back
        poolclass=None if write else NullPool,
    )
    if write:
        # pysqlite would begin a transaction only at the first change: reads before it could be
        # outdated by then. BEGIN IMMEDIATE takes the write lock at once and waits for it.
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def empty_engine() -> Engine:
    """Return an index in memory, without tables: what a dry run plans against at first."""
    return create_engine("sqlite://", poolclass=StaticPool)


def _connect_sqlite(path: Path, busy_timeout_s: float, write: bool) -> sqlite3.Connection:
    if not write:
        _roll_back_interrupted(path, busy_timeout_s)
    mode = "rwc" if write else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    if write:
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _roll_back_interrupted(path: Path, busy_timeout_s: float) -> None:
    """Undo what a killed command left half written: read-only, SQLite cannot, and reads nothing.

    Beside a command that is writing this does nothing: SQLite leaves a journal with an owner.
    """
    if Path(f"{path}-journal").exists():
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(path, timeout=busy_timeout_s)) as connection,
        ):
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end; a database's refusal becomes `IndexUnusable`."""
    try:
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        if isinstance(error, IntegrityError):
            raise
        reason = str(error.orig).splitlines()[0]
        raise IndexUnusable(
            f"the index cannot be written ({reason})",
            "check the instance folder's mode and free space, then run the command again",
        ) from error


def revision(engine: Engine) -> str | None:
    """Return the migration that the database stands at, None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_revision(engine: Engine) -> None:
    """Raise unless the database stands at this program's newest migration."""
    try:
        found = revision(engine)
    except DatabaseError as error:
        raise IndexUnusable(
            f"the index cannot be read ({str(error.orig).splitlines()[0]})",
            "move it away and rebuild it from the pictures with: flask index",
        ) from error
    if found is None:
        raise IndexMissing("the index has no tables yet", "make them with: flask db upgrade")
    if found != HEAD_REVISION:
        raise IndexUnusable(
            f"the index stands at migration {found}, this program at {HEAD_REVISION}",
            "run: flask db upgrade; if the index is the newer one, use the program that made it",
        )
