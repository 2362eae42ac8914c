"""`flask gan export`: a run's generator as files for the site and for TensorFlow Serving."""

from dataclasses import replace as replace_fields
from pathlib import Path

import click
from flask.cli import with_appcontext

from core.commands import Command
from core.packages import import_tensorflow
from core.slugs import slugify
from gan.commands.options import replace_option, settings


@click.command(cls=Command)
@click.option("--run", "run_name", required=True, help="Name of the run.")
@click.option("--name", help="Name of the model.  [default: the recipe's]")
@click.option(
    "--version",
    type=click.IntRange(1),
    help="Version of the model.  [default: 1 more than the highest]",
)
@click.option("--title", help="One line for people.  [default: from the data set]")
@click.option("--licence", help="Licence of the weights.  [default: from the data set]")
@click.option(
    "--precision",
    type=click.Choice(["float16", "float32", "int8"]),
    default="float16",
    show_default=True,
    help="Weights of the files; int8, of the LiteRT file, is 3 times as fast and about 1 % off, "
    "and refused where it is more, as of emoji-upscaled. float32 rounds nothing and is twice as "
    "large: for a generator that was trained briefly, where float16 is refused.",
)
@click.option(
    "--finish",
    "finish_px",
    type=int,
    default=0,
    metavar="SIZE",
    help="Store crisp pictures of SIZE × SIZE pixels on a transparent ground, as of the shipped "
    "model; for drawings on white.  [default: as the generator draws them]",
)
@replace_option
@with_appcontext
def export(
    run_name: str,
    name: str | None,
    version: int | None,
    title: str | None,
    licence: str | None,
    precision: str,
    finish_px: int,
    replace: bool,
) -> None:
    """Write models/<name>/<version>/: SavedModel, LiteRT, model.toml and MODEL_CARD.md.

    The files are checked against the generator first; on a mismatch nothing is written.

    \b
    Example: flask gan export --run emoji --name emoji --version 1
    """
    from gan.runs.folders import find_run

    home, models = settings().home, settings().models_folder
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.evaluation.truncations import read_truncations
    from gan.export.description import ModelAbout
    from gan.export.model import (
        default_licence,
        default_title,
        export_model,
        next_version,
        read_evaluation,
    )
    from gan.methods.trained import read_trained
    from gan.methods.translators import is_translator_run

    def about_it(known: str, its_title: str, its_licence: str) -> ModelAbout:
        called = name or slugify(known)
        return ModelAbout(
            name=called,
            version=version or next_version(models, called),
            title=title or its_title,
            licence=licence or its_licence,
            precision=precision,
            finish_px=finish_px,
        )

    if is_translator_run(run):
        if finish_px:
            raise click.UsageError("a translator has no finish: leave --finish out")
        if precision == "float32":
            raise click.UsageError("a translator is written in float16 or int8, not in float32")
        from gan.export.translation import model as translation
        from gan.methods.translators import read_translators

        both = read_translators(run, home, click.echo)
        about = about_it(
            both.dataset.name, translation.default_title(both), translation.default_licence(both)
        )
        written = translation.export_translators(
            both, about, models, read_evaluation(run), click.echo, replace
        )
        tell_size(written)
        return
    trained = read_trained(run, home / "datasets", click.echo)
    about = about_it(trained.options.recipe, default_title(trained), default_licence(trained))
    about = replace_fields(about, truncations=read_truncations(run))
    written = export_model(trained, about, models, read_evaluation(run), click.echo, replace)
    tell_size(written)


def tell_size(written: Path) -> None:
    """Say where a model is and how large."""
    size = sum(path.stat().st_size for path in written.rglob("*") if path.is_file())
    click.echo(f"written to {written}, {size / 1e6:.1f} MB")
