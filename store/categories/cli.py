"""`flask category`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup

DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")


@click.group(cls=CommandGroup)
def category() -> None:
    """Rename categories, and put two together.

    A category is named by its slug, by the name that visitors read, or by what it was called
    before. Old addresses lead on to the new ones, and what a generator makes under the old name
    goes into the category as it is called now.
    """


@category.command("list")
@with_appcontext
def list_command() -> None:
    """List the categories: slug, pictures, name, and former names."""
    from sqlalchemy import select

    from store.index.category_names import aliases
    from store.index.database import check_revision, open_engine
    from store.index.tables import category as table

    engine = open_engine(current_app.extensions["settings"])
    check_revision(engine)
    with engine.connect() as connection:
        led = aliases(connection)
        columns = select(table.c.slug, table.c.name, table.c.n, table.c.off)
        for row in connection.execute(columns.order_by(table.c.slug)):
            before = sorted(old for old, now in led.items() if now == row.slug)
            was = f"  before: {', '.join(before)}" if before else ""
            off = "  (off)" if row.off else ""
            click.echo(f"{row.slug:<28}{row.n:>9,}  {row.name}{off}{was}")


@category.command("rename")
@click.argument("old", metavar="CATEGORY")
@click.argument("name", metavar="NAME")
@click.option("--slug", default="", help="Of its addresses.  [default: as the name gives it]")
@DRY_RUN
@with_appcontext
def rename_command(old: str, name: str, slug: str, dry_run: bool) -> None:
    """Call a category NAME, as one of its pictures: "red dragon".

    Its folder, its addresses and its rows follow. Old addresses lead on. `flask pregen` goes on
    filling it, and does not name it back.

    \b
        flask category rename monster "red dragon"
        flask category rename monster Ungeheuer --slug monster
    """
    from store.categories.renaming import plan_rename, rename
    from store.files.opening import open_pictures
    from store.index.database import check_revision, open_engine

    settings = current_app.extensions["settings"]
    check_revision(open_engine(settings))
    if dry_run:
        with open_engine(settings).connect() as connection:
            move = plan_rename(connection, old, name, slug)
        done = "would be"
    else:
        engine, store = open_engine(settings, write=True), open_pictures(settings)
        move = rename(engine, store, settings.instance_folder, old, name, slug)
        done = "is"
    click.echo(
        f"{move.old} {done} {move.new}, called {move.name!r}: {move.pictures:,} pictures"
        + (f"; /c/{move.old} leads to /c/{move.new}" if move.new != move.old else "")
    )


@category.command("merge")
@click.argument("source", metavar="CATEGORY")
@click.argument("target", metavar="INTO")
@DRY_RUN
@with_appcontext
def merge_command(source: str, target: str, dry_run: bool) -> None:
    """Put all pictures of CATEGORY into another, which keeps its name.

    Old addresses lead on. Of a picture that both have, the other category's stays; where the two
    files differ, the one that goes is in instance/set-aside/. It cannot be undone.

    \b
        flask category merge ogre monster --dry-run
        flask category merge ogre monster
    """
    from store.categories.renaming import merge, plan_merge
    from store.files.opening import open_pictures
    from store.index.database import check_revision, open_engine

    settings = current_app.extensions["settings"]
    check_revision(open_engine(settings))
    if dry_run:
        with open_engine(settings).connect() as connection:
            move = plan_merge(connection, source, target)
        done = "would go"
    else:
        engine, store = open_engine(settings, write=True), open_pictures(settings)
        move = merge(engine, store, settings.instance_folder, source, target)
        done = "went"
    there = f"; {move.superfluous:,} were there already" if move.superfluous else ""
    click.echo(
        f"{move.pictures - move.superfluous:,} pictures of {move.old} {done} into {move.new}{there}"
        f"; /c/{move.old} leads to /c/{move.new}"
    )
