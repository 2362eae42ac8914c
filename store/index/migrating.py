"""Bringing the index to this program's version."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from core.settings import PROJECT, Settings
from store.index.database import (
    HEAD_REVISION,
    IndexMissing,
    IndexUnusable,
    check_revision,
    empty_engine,
    open_engine,
    revision,
    writing,
)

MIGRATIONS = PROJECT / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    # a percent sign would begin a name to fill in
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, to: str = "head") -> tuple[str | None, str]:
    """Run the migrations in one transaction; return the revisions before and after."""
    return _migrate(engine, command.upgrade, to)


def is_another_versions(settings: Settings) -> bool:
    """Say whether the index is an SQLite file that another version of this program made.

    One that is not there, or cannot be read, is none: the site says what is wrong with it.
    """
    if settings.sqlite_path is None:  # of several machines, some may still run the old program
        return False
    try:
        found = revision(open_engine(settings))
    except (DatabaseError, IndexMissing, IndexUnusable):
        return False
    return found not in (None, HEAD_REVISION)


def upgrade_on(connection: Connection) -> None:
    """Run the migrations within a transaction."""
    command.upgrade(alembic_config(connection), "head")


def downgrade(engine: Engine, to: str) -> tuple[str | None, str]:
    """Undo migrations down to a revision, ``base`` for all."""
    if not to:
        raise IndexUnusable("no migration is named", f"name one, as {HEAD_REVISION}, or base")
    return _migrate(engine, command.downgrade, to)


def _migrate(
    engine: Engine, direction: Callable[[Config, str], None], to: str
) -> tuple[str | None, str]:
    before = revision(engine)
    try:
        with writing(engine) as connection:
            direction(alembic_config(connection), to)
    except CommandError as error:
        raise IndexUnusable(
            f"the index stands at migration {before}, which this program does not know"
            if "locate revision" in str(error)
            else f"the index could not be migrated ({error})",
            f"this program's newest is {HEAD_REVISION}: use the program that made the index",
        ) from error
    return before, revision(engine) or "base"


def engine_to_plan_on(settings: Settings) -> Engine:
    """Return the index as it is, read only; an empty one in memory where there is none.

    Raises `IndexUnusable`.
    """
    try:
        engine = open_engine(settings)
        check_revision(engine)
    except IndexMissing:
        engine = empty_engine()
        upgrade(engine)
    return engine
