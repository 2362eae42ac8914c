"""`flask index`: parse, call, echo."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command
from core.gathering.census import allow_partial_option


@click.command(cls=Command)
@click.option(
    "--set-aside",
    is_flag=True,
    help="Move files that are skipped, unreadable ones and copies, to instance/set-aside/.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Read every file, also those with the size and time that they had at the last run.",
)
@allow_partial_option
@with_appcontext
def index(set_aside: bool, full: bool, allow_partial: bool) -> None:
    """Rebuild the index from the store alone; takes in plain pictures too.

    Reads the pictures of the store, as <category>/<file>, that changed since it last did.
    Generated files say what they are; of others the origin is unknown. Rejected pictures stay
    rejected: what is in the store of them goes back to instance/rejected/. Sizes, perceptual
    hashes and counts are brought up to date. What it does not take is named and counted; where
    that looks like a picture, it ends with status 1.

    Pictures out of other folders come into the store by: flask adopt PATH
    """
    from core.progress import Progress
    from pregen.indexing.private_pictures import private_pictures
    from pregen.indexing.reindexing import reindex
    from pregen.planning.generators import remember_generators_here
    from sources.biggan.handles import Caches
    from sources.registry import display_names
    from store.files.opening import open_pictures
    from store.index.database import open_engine, writing
    from store.index.migrating import upgrade

    settings = current_app.extensions["settings"]
    engine = open_engine(settings, write=True)
    upgrade(engine)
    store, began = open_pictures(settings), datetime.now(UTC)
    with ExitStack() as showing:

        def progress(files: int) -> Callable[[int], object]:
            bar = Progress(files, lambda line: click.echo(line, err=True))
            return showing.enter_context(bar).add

        outcome = reindex(
            engine,
            store,
            settings.instance_folder,
            display_names(settings.models_folder),
            progress,
            set_aside=set_aside,
            full=full,
        )
    with writing(engine) as connection:
        models = settings.models_folder
        remember_generators_here(connection, models, Caches.of(settings))
    for line in outcome.skipped:
        click.echo(f"skipped {line}", err=True)
    click.echo(outcome.census.summary("pictures of the store"))
    found = {kind: count for kind, count in outcome.counts.items() if count}
    click.echo(", ".join(f"{count:,} {kind}" for kind, count in found.items()) or "no pictures")
    with open_engine(settings).connect() as connection:  # that of writing would hold the lock
        parts = [kinds for _, kinds in private_pictures(connection, store, since=began)]
    if parts:
        counted = Counter(kind for kinds in parts for kind in kinds)
        said = ", ".join(f"{kind} in {count:,}" for kind, count in counted.items())
        click.echo(
            f"{len(parts):,} of the new ones carry what may be private ({said}), and visitors get "
            "them as they are; see which: flask verify",
            err=True,
        )
    outcome.census.end(allow_partial=allow_partial)
