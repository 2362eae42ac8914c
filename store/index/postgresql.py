"""PostgreSQL: sessions that cannot write for the site, and who of those that write goes first.

Writers lock the rows of the categories that they change (`store.index.writes`). Before these they
take one advisory lock of their transaction: shared by those that only add pictures, so that runs of
`flask pregen` fill different categories side by side, and alone by everybody else. A category that
empties gives its place to the last one, whose row somebody may hold who waits for the same: with
row locks only, two such transactions could wait for each other.
"""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select

PLACES_LOCK = 0x6E6F6E65  # while a category comes or goes; taken last
_WRITERS_LOCK = PLACES_LOCK + 1  # taken first
# a server that is gone without a word is found out in seconds, not in the kernel's quarter of an
# hour; what DATABASE_URL says of these goes before
_PATIENCE: dict[str, str] = {
    "connect_timeout": "5",  # seconds
    "keepalives_idle": "30",  # seconds
    "tcp_user_timeout": "10000",  # milliseconds
    "application_name": "nonesuch",
}


def postgresql_engine(url: URL, *, write: bool) -> Engine:
    """Return an engine; without ``write`` the server itself refuses every change.

    As many connections as threads ask for: each thread of the site keeps one. A connection that
    broke while it was idle is replaced when it is taken out of the pool.
    """
    engine = create_engine(
        url.set(query={**_PATIENCE, **url.query}), pool_pre_ping=True, max_overflow=-1
    )
    if not write:
        event.listen(engine, "connect", _read_only)
    return engine


def _read_only(connection: Any, _: object) -> None:
    # said by a statement, not among the options of connecting: PgBouncer would drop these
    connection.autocommit = True
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    connection.autocommit = False


def queue_writer(connection: Connection, *, adding: bool) -> None:
    """Wait until this transaction may write; ``adding``: it takes nothing away from any category.

    Nothing where it is not PostgreSQL.
    """
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if adding else func.pg_advisory_xact_lock
        connection.execute(select(lock(_WRITERS_LOCK)))


def lock_places(connection: Connection) -> None:
    """Let no other category come or go until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(PLACES_LOCK)))


def is_away(error: Exception) -> bool:
    """Say whether psycopg found no server, or one that starts, ends or takes nobody more."""
    state = getattr(error, "sqlstate", "")
    if state is None:  # it never came so far as to ask
        return type(error).__name__ == "OperationalError"
    return state.startswith(("08", "57P", "53300"))
