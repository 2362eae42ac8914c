"""`flask morphs`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command
from sources.interpolation import PATHS


@click.command(cls=Command)
@click.option(
    "--categories",
    default="12",
    show_default=True,
    metavar="N|SLUG,SLUG",
    help="Categories to walk within, drawn by --seed, or which, by slug.",
)
@click.option(
    "--between",
    default=6,
    show_default=True,
    type=click.IntRange(0),
    help="Walks from one of these categories to another and back.",
)
@click.option(
    "--model",
    "model_name",
    default="emoji",
    show_default=True,
    help="Generator, as for flask pregen.",
)
@click.option(
    "--stops", default=3, show_default=True, type=int, help="Pictures that a walk comes through."
)
@click.option(
    "--frames", default=16, show_default=True, type=int, help="Frames from one to the next."
)
@click.option(
    "--ms", "frame_ms", default=80, show_default=True, type=int, help="Milliseconds of a frame."
)
@click.option(
    "--truncation",
    default=None,
    type=float,
    help="Of all pictures of a walk.  [default: the middle of the model's]",
)
@click.option(
    "--path",
    type=click.Choice(PATHS),
    default="linear",
    show_default=True,
    help="Straight, as BigGAN's notebook does it, or along a sphere.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="As for flask pregen.")
@click.option(
    "--threads",
    default=None,
    type=click.IntRange(1, 256),
    help="Threads of the generator.  [default: one per core]",
)
@click.option(
    "--replace", is_flag=True, help="Afterwards delete the walks that are not of this run."
)
@click.option("--dry-run", is_flag=True, help="Say what would be made; write nothing.")
@with_appcontext
def morphs(
    categories: str, between: int, model_name: str, stops: int, frames: int, frame_ms: int,
    truncation: float | None, path: str, seed: int, threads: int | None, replace: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Make walks from picture to picture as looping animations, for /morphs.

    Within a category a walk comes through its first pictures; between two categories it blends
    them, which needs a model that takes categories one-hot. Makes only what is missing. Rejected
    pictures are passed over, and categories that are off.

    \b
        flask morphs
        flask morphs --categories monster,bird --between 1 --path spherical
        flask morphs --model biggan-128 --categories 3 --between 2
    """
    from core.cpu import usable_cores
    from core.progress import Progress
    from pregen.filling.run import without
    from pregen.morphs.walks import WalkOptions, described, make_walk, plan_walks
    from pregen.planning.request import check_request
    from sources.biggan.handles import Caches
    from sources.biggan.prompt import obtain
    from sources.registry import find_model, open_source
    from store.curation.withheld import Withheld
    from store.files.morphs import MorphFolder

    settings = current_app.extensions["settings"]
    caches = Caches.of(settings)
    if not obtain(model_name, caches, click.echo, dry_run=dry_run):
        return
    model = find_model(settings.models_folder, model_name, caches)
    text = None if truncation is None else str(truncation)
    request = check_request(model, categories, 1, text, seed)
    middle = round(sum(request.truncations or model.truncation.default) / 2, 2)
    options = WalkOptions(seed, stops, frames, frame_ms, middle, path)
    withheld = Withheld(current_app.extensions["index"].reader)
    request = without(request, withheld.categories())
    walks = plan_walks(
        model,
        request.categories,
        between,
        options,
        lambda slug, seed: withheld.has(model.label, model.digest, [slug], seed),
    )
    folder = MorphFolder(settings.instance_folder)
    there = {morph.key: morph for morph in folder.all()}
    keys = [described(walk, model, options).key for walk in walks]
    missing = [walk for walk, key in zip(walks, keys, strict=True) if key not in there]
    if dry_run:
        count = sum(len(walk.stops) * frames for walk in missing)
        click.echo(
            f"would make {len(missing)} walks of {count:,} frames with {model.label}; "
            f"{len(walks) - len(missing)} are there"
        )
        others = len(there.keys() - set(keys))
        if replace and others:
            click.echo(f"would delete {others} walks that are not of this run")
        return
    if missing:
        source = open_source(model, threads or usable_cores())
        with Progress(len(missing), click.echo, unit="walk") as progress:
            for walk in missing:
                make_walk(source, walk, options, folder)
                progress.add(1)
    removed = 0
    if replace:
        removed = folder.keep([morph for morph in folder.all() if morph.key in set(keys)])
    click.echo(
        f"made {len(missing)} walks with {model.label}, {len(walks) - len(missing)} were there"
        + (f", {removed} deleted" if removed else "")
    )
