"""`flask models remove`: parse, ask, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command(cls=Command)
@click.argument("model", metavar="NAME|NAME/VERSION")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; write nothing.")
@with_appcontext
def remove(model: str, yes: bool, dry_run: bool) -> None:
    """Remove all that a generator made: its pictures, walks and categories.

    Pictures that are on the site, rejected, off or missing, for good; categories that hold nothing
    else go with them. Nothing undoes it, but the generator can make the same pictures again: its
    folder stays. To throw single pictures out so that they are not made again, reject them:
    flask curate reject.

    \b
        flask models remove emoji/2 --dry-run
        flask models remove emoji/2
    """
    from store.categories.removing import plan_removal, remove_model
    from store.files.opening import open_pictures
    from store.index.database import check_revision, open_engine

    settings = current_app.extensions["settings"]
    reading = open_engine(settings)
    check_revision(reading)
    with reading.connect() as connection:
        found = plan_removal(connection, settings.instance_folder, model)
    reading.dispose()
    shown = ", ".join(found.categories[:8])
    more = f" and {len(found.categories) - 8:,} more" if len(found.categories) > 8 else ""
    click.echo(f"of {', '.join(found.labels)}: {found.pictures:,} pictures, {found.walks:,} walks")
    if found.categories:
        click.echo(f"{len(found.categories):,} categories hold nothing else: {shown}{more}")
    if dry_run:
        return
    if not yes and not click.confirm("remove them?", default=False):
        raise SystemExit(1)
    done = remove_model(
        open_engine(settings, write=True), open_pictures(settings), settings.instance_folder, model
    )
    click.echo(f"removed {done.pictures:,} pictures and {len(done.categories):,} categories")
    if done.changed:
        click.echo(
            f"{len(done.changed):,} files stay, since they are not what was made: "
            f"{', '.join(done.changed[:8])}; take them in with: flask index",
            err=True,
        )
