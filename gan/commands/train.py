"""`flask gan train`: begin a run, or continue it."""

import click
from flask.cli import with_appcontext

from core.commands import Command
from core.packages import import_tensorflow
from gan.commands.options import settings


@click.command(cls=Command)
@click.option("--recipe", required=True, help="Networks, losses and their numbers, by name.")
@click.option("--run", "run_name", help="Name of the run.  [default: the recipe's]")
@click.option("--dataset", "dataset_name", help="Data set.  [default: the recipe's]")
@click.option(
    "--kimg",
    type=click.FloatRange(min=0, min_open=True),
    help="Length of the run in thousands of pictures seen.  [default: the recipe's]",
)
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after this time."
)
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Minutes between checkpoints.",
)
@click.option(
    "--grid-minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Minutes between sample grids.  [default: as checkpoints]",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change an option of the recipe, as training_options.json names it; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Show networks, memory and time; write nothing.")
@with_appcontext
def train(
    recipe: str,
    run_name: str | None,
    dataset_name: str | None,
    kimg: float | None,
    minutes: float | None,
    checkpoint_minutes: float,
    grid_minutes: float | None,
    changes: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Train a generator; called again, continue exactly where it stopped.

    Ctrl-C stops with a checkpoint. Checkpoints, sample grids, log.jsonl and what TensorBoard shows
    are in the run's folder.

    \b
    Examples: flask gan train --recipe emoji --minutes 60
              flask gan train --recipe emoji --run small --kimg 20
              flask gan train --recipe wgan-gp --dataset monsters-64 --run monsters
              flask gan train --recipe sagan --set attention=text --set width=32 --dry-run
    """
    import dataclasses

    from gan.dataset.files import read_dataset
    from gan.dataset.place import find_dataset
    from gan.recipes import check_recipe, read_recipe
    from gan.runs.folders import run_folder, trained_by_us

    check_recipe(recipe)
    target = run_folder(settings().home, run_name or recipe)
    import_tensorflow()
    from gan.machine import share_cores
    from gan.training.overrides import check_names, override_options

    options = read_recipe(recipe)
    options = dataclasses.replace(
        override_options(options, changes),
        total_kimg=kimg or options.total_kimg,
        dataset=dataset_name or options.dataset,
    )
    data = read_dataset(find_dataset(settings().home, options.dataset))
    check_names(options, changes, data)
    share_cores(options.branches)
    if dry_run:
        from gan.training.dry_run import describe_run, try_steps

        click.echo(describe_run(target, data, options))
        click.echo(try_steps(target, data, options, click.echo))
        return
    from gan.training.run import Run

    click.echo(f"mirrored: {options.mirroring}")
    if options.beginning:
        click.echo(options.beginning)
    with trained_by_us(target):
        run = Run(target, data, options, click.echo)
        run.train(minutes, checkpoint_minutes, grid_minutes)
    click.echo(f"the run is in {target}")
