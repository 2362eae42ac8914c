"""`flask gan curator`: what chooses among a model's candidates."""

import click
from flask.cli import with_appcontext

from gan.commands.options import import_tensorflow, replace_option, settings


@click.command()
@click.option("--run", "run_name", required=True, help="Name of the run that made the model.")
@click.option("--name", required=True, help="Name of the model.")
@click.option(
    "--version", type=click.IntRange(1), help="Version of the model.  [default: the highest]"
)
@replace_option
@with_appcontext
def curator(run_name: str, name: str, version: int | None, replace: bool) -> None:
    """Write models/<name>/<version>/curator/, for flask pregen --oversample.

    It reads which category a picture shows and whether it could be a real one, by a pretrained
    network that the evaluation does not use, fitted to the run's training pictures.

    \b
    Example: flask gan curator --run emoji --name emoji
             flask pregen --categories 60 --oversample 4
    """
    from gan.dataset.files import read_dataset
    from gan.dataset.place import find_dataset
    from gan.training.place import find_run

    home, models = settings().home, settings().models_folder
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.export.check import BadExport
    from gan.export.curator import export_curator
    from gan.export.model import next_version
    from gan.training.options import BadOptions, read_options

    chosen = version or next_version(models, name) - 1
    model = models / name / str(chosen)
    if not (model / "model.toml").is_file():
        raise BadExport(
            f"there is no model {name}/{chosen or 1}",
            f"flask gan export --run {run_name} --name {name}",
        )
    options = read_options(run)
    if options is None:
        raise BadOptions(f"the run in {run} has no training_options.json")
    dataset = read_dataset(find_dataset(home, options.dataset))
    written, about = export_curator(
        dataset, options.leave_out_styles, model, home, click.echo, replace
    )
    click.echo(
        f"of {about.held_out:,} held-out pictures it reads {about.right:.1%} right and calls "
        f"{about.passing:.1%} realistic, corrupted {about.corrupted:.1%}"
    )
    size = sum(path.stat().st_size for path in written.iterdir())
    click.echo(f"written to {written}, {size / 1e6:.1f} MB")
