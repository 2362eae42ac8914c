"""`flask gan evaluate`: judge what a run has learned."""

from pathlib import Path

import click
from click.core import ParameterSource
from flask.cli import with_appcontext

from core.commands import Command
from core.packages import import_tensorflow
from gan.commands.options import reference_data_option, settings


@click.command(cls=Command)
@click.option("--run", "run_name", required=True, help="Name of the run.")
@click.option(
    "--pictures",
    type=click.IntRange(32, 100_000),
    default=5000,
    show_default=True,
    help="Pictures generated.",
)
@click.option(
    "--truncation",
    default="0.5:0.8",
    show_default=True,
    help="Range that truncations are drawn from, or one number; 0 to 1.",
)
@reference_data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to.  [default: the run's]",
)
@with_appcontext
def evaluate(
    run_name: str, pictures: int, truncation: str, dataset_name: str | None, out: Path | None
) -> None:
    """Judge what a run has learned; write evaluation.json and the closest training pictures.

    Every figure stands beside that of real pictures and that of corrupted ones. What hangs on the
    data set alone, a classifier and features, is made once and kept: some minutes. A translator is
    judged by its held-out pictures, beside those left as they are.

    \b
    Examples: flask gan evaluate --run emoji
              flask gan evaluate --run emoji --truncation 1 --out /tmp/untruncated
    """
    from gan.runs.folders import find_run

    home = settings().home
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.methods.translators import is_translator_run

    if is_translator_run(run):
        evaluate_translator(run, out or run)
        return
    from gan.evaluation.report import evaluate as evaluate_run
    from gan.evaluation.report import parse_truncation, read_reference_data, write_metrics
    from gan.methods.trained import read_trained

    between = parse_truncation(truncation)
    trained = read_trained(run, home / "datasets", click.echo)
    data = read_reference_data(trained, home, dataset_name)
    found = evaluate_run(trained, data, home, pictures, between, click.echo)
    click.echo(f"written to {write_metrics(out or run, found)}")


def evaluate_translator(run: Path, out: Path) -> None:
    """Judge a translator by its own data set. Raises `click.UsageError` on other options."""
    context = click.get_current_context()
    for name in ("pictures", "truncation", "dataset_name"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = {"dataset_name": "dataset"}.get(name, name)
            raise click.UsageError(
                f"--{option} says how to judge a generator, and {run.name} trains a translator: "
                f"leave it out."
            )
    from gan.evaluation.report import write_evaluation
    from gan.evaluation.tables import aligned
    from gan.evaluation.translating import evaluate_translators, translation_tables
    from gan.methods.translators import read_translators

    home = settings().home
    figures = evaluate_translators(read_translators(run, home, click.echo), home, click.echo)
    for table in translation_tables(figures):
        click.echo("\n" + aligned(table))
    click.echo(f"written to {write_evaluation(out, figures)}")
