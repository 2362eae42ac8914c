"""`flask gan truncations`: a range for every category, and which categories are hidden."""

import click
from flask.cli import with_appcontext

from core.commands import Command
from core.packages import import_tensorflow
from gan.commands.options import reference_data_option, settings


@click.command(cls=Command)
@click.option("--run", "run_name", required=True, help="Name of the run.")
@click.option(
    "--each",
    type=click.IntRange(8, 1000),
    default=48,
    show_default=True,
    help="Pictures of each category at each truncation.",
)
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    help="Categories that are not hidden in any case.",
)
@reference_data_option
@with_appcontext
def truncations(run_name: str, each: int, keep: int, dataset_name: str | None) -> None:
    """Choose each category's truncations, and hide categories that do not show.

    Writes truncations.json into the run's folder, from where flask gan export takes it. A category
    whose "hidden" there is a reason of yours, instead of true, stays hidden when this runs again.

    \b
    Examples: flask gan truncations --run emoji
              flask gan truncations --run emoji-upscaled --dataset emoji-64
    """
    from gan.runs.folders import find_run

    home = settings().home
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.evaluation.report import read_reference_data
    from gan.evaluation.tables import aligned
    from gan.evaluation.truncations import (
        choose_truncations,
        keep_reasons,
        read_truncations,
        truncation_table,
        write_truncations,
    )
    from gan.methods.trained import read_trained

    trained = read_trained(run, home / "datasets", click.echo)
    dataset = read_reference_data(trained, home, dataset_name)
    figures = choose_truncations(trained, dataset, home, click.echo, each, keep)
    figures = keep_reasons(figures, read_truncations(run))
    click.echo("\n" + aligned(truncation_table(figures)))
    hidden = [slug for slug, found in figures["categories"].items() if found["hidden"]]
    click.echo(f"{len(hidden)} hidden" + (f": {', '.join(hidden)}" if hidden else ""))
    click.echo(f"written to {write_truncations(run, figures)}")
