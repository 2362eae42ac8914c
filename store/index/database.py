"""Opening the index: SQLite read-only for the site, read-write for commands; PostgreSQL by URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    StaticPool,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from core.errors import NonesuchError
from core.settings import DRIVER, NO_DATABASE, BadSetting, Settings
from store.index.postgresql import is_away, postgresql_engine, queue_writer

HEAD_REVISION = "0008"  # the newest migration; a test keeps the two equal


class IndexMissing(NonesuchError):
    """There is no index yet."""


class IndexUnusable(NonesuchError):
    """The index is damaged, of another version, or not to be written."""


class IndexDamaged(IndexUnusable):
    """The index's file is damaged."""


class IndexAway(IndexUnusable):
    """The index's server does not answer: it may be starting again."""

    retry_after_s = 5


class IndexLocked(IndexUnusable):
    """Another program holds the index, for longer than was waited for it."""

    retry_after_s = 5


def open_engine(settings: Settings, *, write: bool = False) -> Engine:
    """Return an engine on the index; for SQLite the file must exist unless ``write``.

    Raises `IndexMissing`, `BadSetting`.
    """
    path = settings.sqlite_path
    if path is None:
        engine = postgresql_engine(_server_url(settings.database_url), write=write)
        event.listen(engine, "handle_error", _name_absence)
        return engine
    if write:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:  # as below /proc, where nobody makes folders
            raise BadSetting(
                f"the index's folder {path.parent} cannot be made",
                "name another, in the command or by NONESUCH_INSTANCE_FOLDER",
            ) from error
    elif not path.exists():
        raise IndexMissing(f"there is no index at {path}", "make it with: flask db upgrade")
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _connect_sqlite(path, settings.busy_timeout_s, write),
        # readers keep their connections themselves; one that failed must not come back
        poolclass=None if write else NullPool,
        execution_options={"sqlite_path": path},
    )
    event.listen(engine, "handle_error", _name_damage)
    if write:
        # pysqlite would begin a transaction only at the first change: reads before it could be
        # outdated by then. BEGIN IMMEDIATE takes the write lock at once and waits for it.
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _name_damage(context: ExceptionContext) -> None:
    """Say what to do about a damaged file, whatever was asked of it."""
    if is_damage(context.original_exception):
        raise damaged(context.original_exception) from context.original_exception


def _name_absence(context: ExceptionContext) -> None:
    """Say that the server is away, whatever it was asked, and when in the middle of it."""
    error = context.original_exception
    if context.is_pre_ping:
        return  # of an idle connection, which the pool replaces
    if isinstance(error, Exception) and is_away(error):
        raise _away(error) from error


def is_damage(error: BaseException | None) -> bool:
    """Say whether SQLite found its file damaged, no database at all, or text that is none."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (
        code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        or isinstance(error, UnicodeDecodeError)
        or (isinstance(error, sqlite3.Error) and "Could not decode to UTF-8" in str(error))
    )


def is_locked(error: BaseException) -> bool:
    """Say whether SQLite waited as long as it may for another program: the driver's error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def damaged(error: BaseException) -> "IndexDamaged":
    return IndexDamaged(
        f"the index is damaged ({error})",
        "move it away and rebuild it from the pictures with: flask index",
    )


def _server_url(text: str) -> URL:
    """Return an address of PostgreSQL; what is wrong is said without its password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername != DRIVER:
        raise BadSetting(*NO_DATABASE)
    return url


def empty_engine() -> Engine:
    """Return an index in memory, without tables: what a dry run plans against at first."""
    return create_engine("sqlite://", poolclass=StaticPool)


def _connect_sqlite(path: Path, busy_timeout_s: float, write: bool) -> sqlite3.Connection:
    if not write:
        _roll_back_interrupted(path)
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


def _roll_back_interrupted(path: Path) -> None:
    """Undo what a killed command left half written: read-only, SQLite cannot, and reads nothing.

    Beside a command that is writing this does nothing: SQLite leaves a journal with an owner. It
    does not wait for that owner: whoever asks the index next does.
    """
    if Path(f"{path}-journal").exists():
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(path, timeout=0)) as connection,
        ):
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")


@contextmanager
def writing(engine: Engine, *, adding: bool = False) -> Iterator[Connection]:
    """One transaction, committed at the end; a database's refusal becomes `IndexUnusable`.

    ``adding``: it takes nothing away; several such ones go side by side, on PostgreSQL.
    """
    try:
        with engine.begin() as connection:
            queue_writer(connection, adding=adding)
            yield connection
    except DatabaseError as error:
        if isinstance(error, IntegrityError):
            raise
        raise refusal(
            "the index cannot be written",
            error,
            "check the instance folder's mode and free space, then run the command again",
        ) from error


def refusal(what: str, error: Exception, hint: str) -> IndexUnusable:
    """Return what to say where a database refused; ``error``: its driver's, or SQLAlchemy's."""
    original = getattr(error, "orig", None) or error
    reason = (str(original).splitlines() or [type(original).__name__])[0]
    if is_locked(original):
        return IndexLocked(f"{what} ({reason})", "another program holds it: ask again, or end that")
    if isinstance(original, sqlite3.Error):
        return IndexUnusable(f"{what} ({reason})", hint)
    if is_away(original):
        return _away(original)
    return IndexUnusable(f"{what} ({reason})", "the server's log may say more")


def _away(error: BaseException) -> IndexAway:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return IndexAway(
        f"the index's server does not answer ({reason})",
        "see that it runs and that DATABASE_URL leads to it",
    )


def revision(engine: Engine) -> str | None:
    """Return the migration that the database stands at, None for an empty one."""
    with engine.connect() as connection:
        return revision_on(connection)


def revision_on(connection: Connection) -> str | None:
    """Return the same, as a transaction sees it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_revision(engine: Engine) -> None:
    """Raise unless the database stands at this program's newest migration."""
    try:
        found = revision(engine)
    except DatabaseError as error:
        raise refusal(
            "the index cannot be read",
            error,
            "move it away and rebuild it from the pictures with: flask index",
        ) from error
    if found is None:
        raise IndexMissing("the index has no tables yet", "make them with: flask db upgrade")
    if found != HEAD_REVISION:
        raise IndexUnusable(
            f"the index stands at migration {found}, this program at {HEAD_REVISION}",
            "if the index is newer, use the program that made it; otherwise: flask db upgrade",
        )
