"""`flask index`: parse, call, echo."""

from collections import Counter
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command(cls=Command)
@click.option(
    "--set-aside",
    is_flag=True,
    help="Move files that are skipped, unreadable ones and copies, to instance/set-aside/.",
)
@with_appcontext
def index(set_aside: bool) -> None:
    """Rebuild the index from the store alone; adopts plain pictures too.

    Reads every picture of the store, as <category>/<file>. Generated files say what
    they are; of others the origin is unknown. Rejected pictures stay rejected: what is in
    the store of them goes back to instance/rejected/. Perceptual hashes are brought up to
    date, and counts that are wrong.
    """
    from tqdm import tqdm

    from pregen.indexing.private_pictures import private_pictures
    from pregen.indexing.reindexing import reindex
    from sources.registry import display_names
    from store.files.opening import open_pictures
    from store.index.database import open_engine
    from store.index.migrating import upgrade

    settings = current_app.extensions["settings"]
    engine = open_engine(settings, write=True)
    upgrade(engine)
    store, began = open_pictures(settings), datetime.now(UTC)
    outcome = reindex(
        engine,
        store,
        settings.instance_folder,
        display_names(settings.models_folder),
        lambda categories: tqdm(categories, unit="category", disable=None),
        set_aside=set_aside,
    )
    for line in outcome.skipped:
        click.echo(f"skipped {line}", err=True)
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
