"""`flask gan curator`: what chooses among a model's candidates."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from core.commands import Command
from core.packages import import_tensorflow
from gan.commands.options import replace_option, settings

if TYPE_CHECKING:
    from gan.export.concepts import ConceptsAbout


@click.command(cls=Command)
@click.option("--run", "run_name", default="", help="Name of the run that made the model.")
@click.option(
    "--concepts",
    is_flag=True,
    help="Only add a table of concepts to the curator that the model has.",
)
@click.option(
    "--dataset",
    "dataset_name",
    default="",
    help="With --concepts, in the place of a run: the data set to read.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="STYLE",
    help="With --dataset: a style that the model was not trained on; may be repeated.",
)
@click.option("--name", required=True, help="Name of the model.")
@click.option(
    "--version", type=click.IntRange(1), help="Version of the model.  [default: the highest]"
)
@replace_option
@with_appcontext
def curator(
    run_name: str, concepts: bool, dataset_name: str, leave_out: tuple[str, ...], name: str,
    version: int | None, replace: bool,
) -> None:  # fmt: skip
    """Write models/<name>/<version>/curator/, for flask models choose and flask pregen.

    It reads which category and which single thing a picture shows, and whether it could be a real
    one, by a pretrained network that the evaluation does not use, fitted to the run's training
    pictures. What it reads single things by is a table of about half a megabyte.

    \b
    Example: flask gan curator --run emoji --name emoji
             flask models choose emoji
    """
    from gan.dataset.files import read_dataset
    from gan.dataset.place import find_dataset
    from gan.runs.folders import find_run

    if bool(run_name) == bool(dataset_name) or (dataset_name and not concepts):
        raise click.UsageError("name a --run, or with --concepts a --dataset")
    home, models = settings().home, settings().models_folder
    run = find_run(home, run_name) if run_name else None
    import_tensorflow()
    from gan.export.check import BadExport
    from gan.export.curator import add_concepts, export_curator
    from gan.export.model import next_version
    from gan.methods.recorded import read_options
    from gan.runs.options import BadOptions

    chosen = version or next_version(models, name) - 1
    model = models / name / str(chosen)
    if not (model / "model.toml").is_file():
        raise BadExport(
            f"there is no model {name}/{chosen or 1}",
            f"flask gan export --run {run_name or 'RUN'} --name {name}",
        )
    if run is not None:
        options = read_options(run)
        if options is None:
            raise BadOptions(f"the run in {run} has no training_options.json")
        dataset_name, leave_out = options.dataset, options.leave_out_styles
    dataset = read_dataset(find_dataset(home, dataset_name))
    if concepts:
        _say(add_concepts(dataset, leave_out, model, click.echo))
        _name(model, home)
        return
    written, about = export_curator(dataset, leave_out, model, home, click.echo, replace)
    click.echo(
        f"of {about.held_out:,} held-out pictures it reads {about.right:.1%} right and calls "
        f"{about.passing:.1%} realistic, corrupted {about.corrupted:.1%}"
    )
    if about.concepts is not None:
        _say(about.concepts)
        _name(model, home)
    size = sum(path.stat().st_size for path in written.iterdir())
    click.echo(f"written to {written}, {size / 1e6:.1f} MB")


def _say(about: "ConceptsAbout") -> None:
    click.echo(
        f"of {about.pictures:,} pictures, each left out of its own mean, it reads the concept of "
        f"{about.right:.1%}, one of {about.concepts:,}, and the category of "
        f"{about.right_category:.1%}"
    )


def _name(model: Path, home: Path) -> None:
    """Write what concepts are called, where they are emoji."""
    from gan.export.concept_names import name_concepts

    if count := name_concepts(model, home, click.echo):
        click.echo(f"{count:,} concepts have names, in names.zip")
