"""`flask top-up`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command
from pregen.planning.request import SAMPLES_MOST


@click.command("top-up", cls=Command)
@click.option(
    "--categories",
    default=None,
    metavar="SLUG,SLUG",
    help="Only these.  [default: all that the index has]",
)
@click.option(
    "--samples",
    default=None,
    type=click.IntRange(1, SAMPLES_MOST),
    help="A new target for these categories.  [default: what pregen was asked for]",
)
@click.option(
    "--model",
    "model_name",
    default="",
    metavar="NAME",
    help="Only what this generator made; also one that is served, or in a folder.  [default: all]",
)
@click.option(
    "--drawn-as",
    default="",
    metavar="SLUG",
    help="Only what the generator calls so, of categories that were renamed or merged.",
)
@click.option(
    "--threads",
    default=None,
    type=click.IntRange(1, 256),
    help="Threads of the generator.  [default: one per core]",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@with_appcontext
def top_up(
    categories: str | None, samples: int | None, model_name: str, drawn_as: str,
    threads: int | None, dry_run: bool,
) -> None:  # fmt: skip
    """Refill categories after pictures were rejected, from new seeds.

    Each category gets as many pictures as pregen was asked for, made the same way; rejected ones
    do not count and are not made again. Safe to run again, and while somebody curates.

    \b
        flask top-up --dry-run
        flask top-up --categories monster,bird --samples 100
    """
    from core.ending import ended_by_sigterm
    from pregen.filling.topping_up import top_up as refill

    slugs = None
    if categories is not None:
        slugs = list(dict.fromkeys(s.strip() for s in categories.split(",") if s.strip()))
        if not slugs:
            raise click.UsageError("--categories is empty: give slugs, or leave it out")
    settings = current_app.extensions["settings"]
    try:
        with ended_by_sigterm():
            outcome = refill(
                settings, slugs, samples, click.echo,
                dry_run=dry_run, model_name=model_name, drawn_as=drawn_as, threads=threads,
            )  # fmt: skip
    except KeyboardInterrupt:
        click.echo("stopped; what was made is stored: run the same command again to continue")
        raise SystemExit(130) from None
    for line in outcome.skipped:
        click.echo(f"skipped: {line}", err=True)
    lacking = sum(count for count, _ in outcome.missing.values())
    slugs_of = {slug for slug, _ in outcome.missing}
    several = len({label for _, label in outcome.missing}) > 1
    if dry_run:
        for (slug, label), (count, target) in sorted(outcome.missing.items()):
            of = f"{slug} by {label}" if several else slug
            click.echo(f"{of}: {target - count:,} of {target:,}")
        click.echo(f"would make {lacking:,} pictures in {len(slugs_of):,} categories")
    elif not outcome.made:
        click.echo(f"nothing to do: {outcome.present:,} pictures are there")
    else:
        click.echo(
            f"made {outcome.made:,} pictures in {len(slugs_of):,} categories, "
            f"{outcome.present:,} were there"
        )
    if outcome.short:
        click.echo(
            f"{outcome.short:,} are still missing: too few candidates were good enough; fill with "
            "a larger flask pregen --oversample",
            err=True,
        )
        raise SystemExit(1)
