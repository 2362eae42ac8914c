"""`flask models choose`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command

CORE_S = 0.02  # of a core for a candidate, at 128 px


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--candidates",
    default=5000,
    show_default=True,
    type=click.IntRange(1, 500_000),
    help="Candidates that are drawn and judged for each category.",
)
@click.option(
    "--keep",
    default=600,
    show_default=True,
    type=click.IntRange(1, 60_000),
    help="Seeds of each category that are kept, at most; half of the candidates at most.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Which candidates: another seed, other ones.",
)
@click.option("--all-categories", is_flag=True, help="Choose for hidden categories too.")
@click.option("--verbose", is_flag=True, help="Say what was kept of each category.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@with_appcontext
def choose(
    name: str, candidates: int, keep: int, seed: int, all_categories: bool, verbose: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Choose the seeds of a model's best and most unlike pictures, for pregen and the site.

    Draws candidates of every category over the range of truncations, judges them by the model's
    curator, and writes the best, good and unlike ones first, to chosen.npz beside the model. That
    takes about 20 ms of a core per candidate, once: measurements are kept in the project's home
    (about a kilobyte each), so a killed run continues, and a model with the same weights needs
    none.

    \b
        flask models choose emoji
        flask models choose emoji --candidates 1000 --verbose
        flask gan curator --run monsters --name monsters && flask models choose monsters
    """
    from core.durations import in_words
    from core.ending import ended_by_sigterm
    from pregen.choosing.choose import Choosing
    from sources.biggan.handles import Caches
    from sources.registry import find_model

    settings = current_app.extensions["settings"]
    model = find_model(settings.models_folder, name, Caches.of(settings))
    categories = [c for c in model.categories if all_categories or not c.hidden]
    choosing = Choosing(model, settings.home, categories or model.categories, candidates, seed)
    count = len({category.label for category in categories})  # a part has its whole's candidates
    total = candidates * count
    if dry_run:
        click.echo(
            f"would judge {total:,} candidates of {model.label} in {count} categories; "
            f"{choosing.to_measure:,} are to be drawn and measured, "
            f"about {in_words(choosing.to_measure * CORE_S)} of a core"
        )
        return
    try:
        with ended_by_sigterm():
            choosing.measure(click.echo)
            outcome = choosing.choose(keep, click.echo if verbose else lambda _: None)
    except KeyboardInterrupt:
        click.echo("stopped; what was measured is kept: run the same command again to continue")
        raise SystemExit(130) from None
    size = outcome.path.stat().st_size
    click.echo(
        f"kept {outcome.kept:,} of {total:,} candidates; the first 60 of "
        f"every category show {outcome.concepts:,} concepts"
    )
    click.echo(f"written to {outcome.path}, {size / 1000:,.0f} kB")
