"""`flask verify`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command(cls=Command)
@click.option(
    "--rebuild",
    "rebuild_count",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    metavar="N",
    help="Also generate N pictures anew and compare their bytes.",
)
@with_appcontext
def verify(rebuild_count: int) -> None:
    """Compare store and index, and with --rebuild the pictures with their model.

    Also what is off or rejected. Exit status 1 when anything is missing, changed, orphaned or not
    as generated; each kind says what to type, and nothing is to be deleted. Adopted pictures that
    carry a GPS position, an author or a prompt are named private; that is no error.
    """
    from tqdm import tqdm

    from pregen.indexing.private_pictures import private_pictures
    from pregen.verifying.verify import rebuild, remedy, verify_store, where_to_find
    from sources.biggan.handles import Caches
    from store.files.opening import open_pictures
    from store.index.database import check_revision, open_engine

    settings = current_app.extensions["settings"]
    engine = open_engine(settings)
    check_revision(engine)
    store = open_pictures(settings)
    report = verify_store(
        engine,
        store,
        settings.instance_folder,
        lambda done, total: tqdm(done, total=total, unit="picture", disable=None),
    )
    if rebuild_count:
        caches = Caches.of(settings)
        rebuild(engine, store, settings.models_folder, rebuild_count, report, caches)
        click.echo(f"{report.rebuilt:,} pictures generated anew")
        if report.elsewhere:
            click.echo(
                f"{report.elsewhere:,} of them as generated elsewhere: they look the same, and "
                "another processor, Pillow or LiteRT made other bytes"
            )
        for label in report.not_rebuilt:
            click.echo(
                f"model {label} is not here as it was: its pictures were not compared; "
                f"{where_to_find(label)}"
            )
    click.echo(f"{report.checked:,} pictures checked")
    if "damaged index" not in report.problems:
        with engine.connect() as connection:
            _say_private(list(private_pictures(connection, store)))
    for kind, lines in report.problems.items():
        for line in lines[:20]:
            click.echo(f"{kind}: {line}")
        if len(lines) > 20:
            click.echo(f"{kind}: and {len(lines) - 20:,} more")
        click.echo(f"{len(lines):,} {kind}; {remedy(kind, lines)}")
    if report.problems:
        raise SystemExit(1)
    click.echo("store and index agree")


def _say_private(private: list[tuple[str, tuple[str, ...]]]) -> None:
    for label, kinds in private[:20]:
        click.echo(f"private: {label}: {', '.join(kinds)}")
    if len(private) > 20:
        click.echo(f"private: and {len(private) - 20:,} more")
    if private:
        click.echo(
            f"{len(private):,} private; whoever gets these files can read it: take it out of them, "
            "then run: flask index"
        )
