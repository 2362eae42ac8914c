"""`flask db`: the index and its migrations."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup


@click.group(cls=CommandGroup)
def db() -> None:
    """The index's database."""


@db.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """Bring the index to this program's version; makes it when there is none."""
    from store.database import open_engine
    from store.migrating import upgrade

    settings = current_app.extensions["settings"]
    before, after = upgrade(open_engine(settings, write=True))
    if before == after:
        click.echo(f"the index stands at migration {after}: nothing to do")
    else:
        click.echo(f"migrated the index from {before or 'nothing'} to {after}")


@db.command("downgrade")
@click.argument("revision")
@with_appcontext
def downgrade_command(revision: str) -> None:
    """Undo migrations down to REVISION, `base` for all of them: the tables are dropped."""
    from store.database import open_engine
    from store.migrating import downgrade

    settings = current_app.extensions["settings"]
    before, after = downgrade(open_engine(settings, write=True), revision)
    click.echo(f"migrated the index from {before or 'nothing'} to {after}")
