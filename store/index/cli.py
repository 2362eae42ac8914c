"""`flask db`: the index and its migrations."""

from collections.abc import Callable
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup


@click.group(cls=CommandGroup)
def db() -> None:
    """The index's database."""


@db.command("upgrade")
@click.option(
    "--before-serving",
    is_flag=True,
    help="Only where an SQLite index of an older program is there, else do and say nothing: "
    "bin/serve calls it so.",
)
@with_appcontext
def upgrade_command(before_serving: bool) -> None:
    """Bring the index to this program's version; makes it when there is none."""
    from store.index.database import open_engine
    from store.index.migrating import is_another_versions, upgrade

    settings = current_app.extensions["settings"]
    if before_serving and not is_another_versions(settings):
        return
    before, after = upgrade(open_engine(settings, write=True))
    if before == after:
        click.echo(f"the index stands at migration {after}: nothing to do")
    else:
        click.echo(f"migrated the index from {before or 'nothing'} to {after}")


@db.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@with_appcontext
def copy_command(source: str, target: str) -> None:
    """Copy the index FROM one database TO another, which must be empty.

    Each of them is an SQLite file, an address of PostgreSQL, or the word `site` for the index that
    DATABASE_URL names, so that a password need not be typed. All or nothing is copied, and read
    back before it counts. The pictures stay where they are, and so do the game's counts.

    \b
        DATABASE_URL=postgresql://… flask db copy instance/index.sqlite3 site
        DATABASE_URL=postgresql://… flask db copy site instance/index.sqlite3
    """
    from tqdm import tqdm

    from store.index.copy import CannotCopy, copy_index, index_named, same_index
    from store.index.database import open_engine

    settings = current_app.extensions["settings"]
    here, there = index_named(source, settings), index_named(target, settings)
    if same_index(here, there):
        raise CannotCopy("FROM and TO are one index", "see: flask db copy --help")
    with tqdm(unit="row", unit_scale=True, disable=None) as bar:

        def begin(total: int) -> Callable[[int], object]:
            bar.reset(total)
            return cast("Callable[[int], object]", bar.update)

        counts = copy_index(open_engine(here), open_engine(there, write=True), begin)
    copied = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    click.echo(f"copied and compared, rows by table: {copied}")


@db.command("downgrade")
@click.argument("revision")
@with_appcontext
def downgrade_command(revision: str) -> None:
    """Undo migrations down to REVISION, `base` for all of them: the tables are dropped."""
    from store.index.database import open_engine
    from store.index.migrating import downgrade

    settings = current_app.extensions["settings"]
    before, after = downgrade(open_engine(settings, write=True), revision)
    click.echo(f"migrated the index from {before or 'nothing'} to {after}")
