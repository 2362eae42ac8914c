"""`flask pregen`: parse, call, echo."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command
from core.durations import in_words

if TYPE_CHECKING:
    from pregen.filling.estimating import Estimate
    from pregen.filling.run import Filling


@click.command(cls=Command)
@click.option(
    "--categories",
    default="60",
    show_default=True,
    metavar="N|SLUG,SLUG",
    help="How many categories, drawn by --seed, or which, by slug.",
)
@click.option(
    "--samples",
    default=60,
    show_default=True,
    type=int,
    help="Pictures of each category that there shall be.",
)
@click.option(
    "--model",
    "model_name",
    default="emoji",
    show_default=True,
    help="Generator: a name in the models folder, name/version, biggan-256 and the like, a folder "
    "with a SavedModel, an .onnx or .tflite file, python:module:Class, tfserving://host:8501/name "
    "or grpc://host:8500/name.",
)
@click.option(
    "--all-categories",
    is_flag=True,
    help="Draw also from the categories that the model hides: flask models inspect says why.",
)
@click.option(
    "--truncation",
    default=None,
    metavar="LOW:HIGH",
    help="Range that each picture's truncation is drawn from.  [default: the model's, or that of "
    "each chosen seed]",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=int,
    help="Which categories and which pictures: another seed, other ones.",
)
@click.option(
    "--format",
    "format_name",
    default="webp",
    show_default=True,
    help="File format: webp, jpeg, png or avif.",
)
@click.option(
    "--threads",
    default=None,
    type=click.IntRange(1, 256),
    help="Threads of the generator.  [default: one per core]",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where pictures are made: here, or on the machines of a Ray cluster.",
)
@click.option(
    "--address",
    default="",
    metavar="ADDRESS",
    help="Of a running Ray cluster: auto, host:6379 or ray://host:10001.  [default: one here]",
)
@click.option(
    "--oversample",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    metavar="N",
    help="Make N candidates for every picture that is of no chosen seed, and keep the best; the "
    "model needs a curator.",
)
@click.option(
    "--any-seed",
    is_flag=True,
    help="Draw seeds as they come, not those that were chosen for the model.",
)
@click.option(
    "--first",
    is_flag=True,
    help="Make one batch for each category without pictures, and leave the rest to a later run.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Afterwards reject the pictures that other versions of the model made.",
)
@click.option(
    "--trust-range",
    is_flag=True,
    help="Store the pictures although the first batch does not fit the range that model.toml says.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Yes, run the code of python:module:Class. Remembered while its file stays as it is.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@with_appcontext
def pregen(
    categories: str, samples: int, model_name: str, all_categories: bool,
    truncation: str | None, seed: int,
    format_name: str, threads: int | None, engine: str, address: str, oversample: int,
    any_seed: bool, first: bool, replace: bool, trust_range: bool, trust: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Fill the store with pictures of things that do not exist.

    Makes only what is missing, so it can be run again, continued and extended. Of a model for which
    seeds were chosen (flask models choose) it makes those, the best ones first:

    \b
        flask pregen --categories 60
        flask pregen --categories monster,bird --samples 100
        flask pregen --truncation 0.4:0.7 --seed 7 --format png
        flask pregen --categories 60 --oversample 4
        flask pregen --model biggan-256 --categories 60
        flask pregen --engine ray --address auto --categories 60
    """
    from core.cpu import usable_cores
    from core.ending import ended_by_sigterm
    from pregen.filling.run import Filling, in_the_models_words
    from pregen.planning.request import BadRequest, check_request, said_of_seeds
    from sources.biggan.handles import Caches
    from sources.biggan.prompt import obtain
    from sources.curators.chosen_seeds import read_chosen
    from sources.curators.curator import read_curator
    from sources.registry import find_model, open_sources, trust_class
    from sources.spec.description import PYTHON
    from store.formats.encoding import find_format

    if address and engine != "ray":
        raise click.UsageError("--address is Ray's: write --engine ray too")
    if oversample > 1 and engine == "ray":
        raise click.UsageError("--oversample chooses on this machine: leave --engine ray out")
    if first and replace:
        raise click.UsageError("--replace waits for all pictures: leave --first out")
    settings = current_app.extensions["settings"]
    chosen = find_format(format_name)
    caches = Caches.of(settings)
    if not obtain(model_name, caches, click.echo, dry_run=dry_run):
        return
    if trust:
        trust_class(model_name, caches)
    model = find_model(settings.models_folder, model_name, caches)
    categories = in_the_models_words(settings, model, categories)
    request = check_request(
        model, categories, samples, truncation, seed, all_categories=all_categories,
        oversample=oversample, chosen=None if any_seed else read_chosen(model),
    )  # fmt: skip
    if engine == "ray" and model.runtime == PYTHON:
        raise click.UsageError("a class of Python runs on this machine: leave --engine ray out")
    if oversample > 1:
        read_curator(model)
    for line in said_of_seeds(model, request, truncation, any_seed):
        click.echo(line)
    try:
        with ExitStack() as stack:
            stack.enter_context(ended_by_sigterm())
            if engine == "ray" and not dry_run:
                from pregen.engines.ray_engine import RayEngine, ray_makers

                makers = stack.enter_context(
                    ray_makers(model, address, threads, usable_cores(), check_range=not trust_range)
                )
                filling = Filling(
                    settings, model, request, makers.batch, dry_run=False, first=first
                )
            else:
                sources = open_sources(
                    model, threads or usable_cores(), check_range=not trust_range
                )
                filling = Filling(
                    settings, model, request, sources[0].batch, dry_run=dry_run, first=first
                )
            if filling.off:
                off = ", ".join(filling.off)
                click.echo(f"{len(filling.off)} categories are off: {off}", err=True)
            if dry_run:
                _say_estimate(filling, filling.estimate(sources, chosen))
                if replace and (old := filling.old()):
                    click.echo(f"would reject {len(old):,} pictures of other versions")
                return
            if engine == "ray":
                if filling.plan.has_candidates:
                    raise BadRequest(
                        f"of {model.label} fewer seeds were chosen than pictures are missing",
                        "the rest is picked on this machine: leave --engine ray out, ask for fewer "
                        "--samples, or give --any-seed",
                    )
                made = filling.run(
                    lambda recorder, progress: RayEngine(
                        makers, recorder, chosen, filling.request, progress.add, click.echo
                    ),
                    chosen,
                    click.echo,
                )
            else:
                made = filling.fill(sources, chosen, click.echo)
    except KeyboardInterrupt:
        click.echo("stopped; what was made is stored: run the same command again to continue")
        raise SystemExit(130) from None
    replaced = filling.replace_old() if replace else 0
    present = filling.present
    if made == 0 and replaced == 0 and not filling.short:
        does = "every category has pictures" if first else f"{present:,} pictures are there"
        click.echo(f"nothing to do: {does}")
        return
    if filling.chooser is not None:
        for line in filling.chooser.report():
            click.echo(line)
    click.echo(f"made {made:,} pictures with {model.label}, {present:,} were there")
    if replaced:
        click.echo(f"rejected {replaced:,} pictures of other versions")
    if filling.short and not first:
        click.echo(
            f"{filling.short:,} are still missing: too few candidates were good enough; a larger "
            "--oversample or another --seed finds more",
            err=True,
        )
        raise SystemExit(1)


def _say_estimate(filling: "Filling", estimate: "Estimate") -> None:
    click.echo(
        f"would make {estimate.pictures:,} pictures in {len(filling.request.categories)} "
        f"categories with {filling.model.label}; {estimate.present:,} are there"
    )
    click.echo(
        f"about {estimate.bytes / 2**20:.1f} MB in {filling.store.place}, "
        f"about {in_words(estimate.seconds)}"
        + (", and what the way to the bucket takes" if filling.settings.store_url else "")
    )
