"""`flask gan`: data sets, training, evaluation and export of own generators.

Nothing here imports TensorFlow until a command that needs it is called.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.slugs import slugify
from gan.pairs_cli import pairs, styles


def settings() -> Any:
    """Return the application's settings: ``home`` and ``models_folder`` are used here."""
    return current_app.extensions["settings"]


def import_tensorflow() -> None:
    """Import TensorFlow without its notes on devices and oneDNN, which it writes to file 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@click.group(cls=CommandGroup)
def gan() -> None:
    """Make a generator of your own: data set, training, evaluation, export."""


@gan.command()
@with_appcontext
def doctor() -> None:
    """Look at Python, packages, processor, GPU and disk; say what to type where one is wrong.

    Ends with status 1 when something is wrong.

    \b
    Example: flask gan doctor
    """
    from gan.training.doctor import WRONG, examine, report

    with suppress(ImportError):
        import_tensorflow()
    findings = examine(settings().home)
    click.echo(report(findings))
    sys.exit(any(finding.state == WRONG for finding in findings))


@gan.group()
def dataset() -> None:
    """Make the data set that a generator is trained on."""


dataset.add_command(pairs)
dataset.add_command(styles)


def power_of_two(_: click.Context, __: click.Parameter, value: int) -> int:
    """Refuse a size that no network reaches: they double from 4 px."""
    if value & (value - 1):
        below = 1 << (value.bit_length() - 1)
        raise click.BadParameter(f"{value} is no power of two; take {below} or {2 * below}.")
    return value


size_option = click.option(
    "--size",
    "size_px",
    type=click.IntRange(8, 512),
    default=64,
    show_default=True,
    callback=power_of_two,
    help="Width and height of the pictures in pixels, a power of two.",
)
replace_option = click.option("--replace", is_flag=True, help="Make it anew where it exists.")
mirror_option = click.option("--mirror", is_flag=True, help="Add each picture's mirror image.")
rotations_option = click.option(
    "--rotations",
    type=click.IntRange(0, 32),
    default=0,
    show_default=True,
    help="Add this many copies of each picture, turned by up to 15 degrees on the background.",
)
fit_option = click.option(
    "--fit",
    type=click.Choice(["pad", "crop"]),
    default="pad",
    show_default=True,
    help="Make pictures square by adding background, or by cutting off.",
)


@dataset.command()
@size_option
@replace_option
@with_appcontext
def emoji(size_px: int, replace: bool) -> None:
    """Fetch openly licensed emoji sets from npm and render them.

    \b
    Example: flask gan dataset emoji
    """
    from gan.dataset.emoji import build_emoji_dataset, packages_now, packages_of
    from gan.dataset.files import summary_table, write_dataset
    from gan.dataset.place import dataset_folder, is_there

    folder = dataset_folder(settings().home, "emoji", size_px)
    if is_there(folder, packages_now(), packages_of, replace):
        click.echo(f"nothing to do: the data set is in {folder}")
        return
    made = build_emoji_dataset(settings().home / "npm", size_px, click.echo)
    write_dataset(made, folder)
    click.echo(summary_table(made))
    click.echo(f"written to {folder}")


@dataset.command()
@click.argument("path", type=click.Path(path_type=Path))
@size_option
@click.option("--name", help="Name of the data set.  [default: the folder's name]")
@mirror_option
@rotations_option
@fit_option
@replace_option
@with_appcontext
def folder(
    path: Path,
    size_px: int,
    name: str | None,
    mirror: bool,
    rotations: int,
    fit: str,
    replace: bool,
) -> None:
    """Take your own pictures from PATH/<category>/*.png, *.jpg or *.webp.

    A category is a folder; without folders PATH itself is the only one. One of eight pictures is
    held out. What is transparent, added by --fit pad or turned in by --rotations shows the
    background, which is white in training.

    \b
    Example: flask gan dataset folder ~/monsters --mirror --rotations 4   (ten of each)
    """
    from gan.dataset.files import summary_table, write_dataset
    from gan.dataset.folder import FolderOptions, build_folder_dataset, made_from
    from gan.dataset.place import dataset_folder, is_there

    name = slugify(name or path.resolve().name)
    options = FolderOptions(size_px, fit, mirror, rotations)
    target = dataset_folder(settings().home, name, size_px)
    if is_there(target, made_from(path, options), lambda d: d.notes.get("made_from"), replace):
        click.echo(f"nothing to do: the data set is in {target}")
        return
    made = build_folder_dataset(path, name, options, click.echo)
    write_dataset(made, target)
    click.echo(summary_table(made))
    click.echo(f"written to {target}")
    recipe = "emoji" if size_px == 64 else "wgan"
    click.echo(f"train on it with: flask gan train --recipe {recipe} --dataset {target.name}")


@dataset.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@size_option
@click.option("--name", help="Name of the data set.  [default: the first file's name]")
@mirror_option
@rotations_option
@fit_option
@replace_option
@with_appcontext
def records(
    files: tuple[Path, ...],
    size_px: int,
    name: str | None,
    mirror: bool,
    rotations: int,
    fit: str,
    replace: bool,
) -> None:
    """Take pictures from TFRecord FILES of tf.train.Examples.

    Encoded pictures under image/encoded or image, categories under image/class/text or label.

    \b
    Example: flask gan dataset records monsters-*.tfrecord --name monsters
    """
    from gan.dataset.files import summary_table, write_dataset
    from gan.dataset.folder import FolderOptions
    from gan.dataset.place import dataset_folder, is_there
    from gan.dataset.records import build_records_dataset, made_from_records

    name = slugify(name or files[0].name.split(".")[0])
    options = FolderOptions(size_px, fit, mirror, rotations)
    target = dataset_folder(settings().home, name, size_px)
    wanted = made_from_records(files, options)
    if is_there(target, wanted, lambda d: d.notes.get("made_from"), replace):
        click.echo(f"nothing to do: the data set is in {target}")
        return
    import_tensorflow()
    made = build_records_dataset(files, name, options, click.echo)
    write_dataset(made, target)
    click.echo(summary_table(made))
    click.echo(f"written to {target}")


@gan.command()
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
    from gan.training.place import run_folder, trained_by_us

    check_recipe(recipe)
    target = run_folder(settings().home, run_name or recipe)
    import_tensorflow()
    from gan.training.changes import change_options

    options = read_recipe(recipe)
    options = dataclasses.replace(
        change_options(options, changes),
        total_kimg=kimg or options.total_kimg,
        dataset=dataset_name or options.dataset,
    )
    data = read_dataset(find_dataset(settings().home, options.dataset))
    if dry_run:
        from gan.training.plan import describe_run, expected_time

        click.echo(describe_run(data, options))
        click.echo(expected_time(data, options, settings().home, click.echo))
        return
    from gan.training.run import Run

    with trained_by_us(target):
        run = Run(target, data, options, click.echo)
        run.train(minutes, checkpoint_minutes, grid_minutes)
    click.echo(f"the run is in {target}")


@gan.command()
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
@click.option(
    "--dataset",
    "dataset_name",
    help="Judge against this data set, at its size.  [default: the run's]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to.  [default: the run's]",
)
@with_appcontext
def evaluate(
    run_name: str, pictures: int, truncation: str, dataset_name: str | None, out: Path | None
) -> None:
    """Judge a run's generator; write evaluation.json and the pictures nearest to training ones.

    Every figure stands beside that of real pictures and that of corrupted ones. What hangs on the
    data set alone, a classifier and features, is made once and kept: some minutes.

    \b
    Examples: flask gan evaluate --run emoji
              flask gan evaluate --run emoji --truncation 1 --out /tmp/untruncated
    """
    from gan.dataset.files import read_dataset
    from gan.dataset.place import find_dataset
    from gan.training.place import find_run

    home = settings().home
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.evaluation.report import check_split, parse_truncation, write_judgement
    from gan.evaluation.report import evaluate as evaluate_run
    from gan.training.trained import read_trained

    between = parse_truncation(truncation)
    trained = read_trained(run, home / "datasets", click.echo)
    data = own = read_dataset(find_dataset(home, trained.options.dataset))
    if dataset_name:
        data = read_dataset(find_dataset(home, dataset_name))
        check_split(own, data)
    found = evaluate_run(trained, data, home, pictures, between, click.echo)
    click.echo(f"written to {write_judgement(out or run, found)}")


@gan.command()
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
    type=click.Choice(["float16", "int8"]),
    default="float16",
    show_default=True,
    help="Weights of the LiteRT file; int8 is 3 times as fast and about 1 % off.",
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
    replace: bool,
) -> None:
    """Write models/<name>/<version>/: SavedModel, LiteRT, model.toml and MODEL_CARD.md.

    The files are checked against the generator first; on a mismatch nothing is written.

    \b
    Example: flask gan export --run emoji --name emoji --version 1
    """
    from gan.training.place import find_run

    home, models = settings().home, settings().models_folder
    run = find_run(home, run_name)
    import_tensorflow()
    from gan.export.description import ModelAbout
    from gan.export.model import (
        default_licence,
        default_title,
        export_model,
        next_version,
        read_evaluation,
    )
    from gan.training.trained import read_trained
    from gan.training.translators import is_translator_run

    def about_it(known: str, its_title: str, its_licence: str) -> ModelAbout:
        called = name or slugify(known)
        return ModelAbout(
            name=called,
            version=version or next_version(models, called),
            title=title or its_title,
            licence=licence or its_licence,
            precision=precision,
        )

    if is_translator_run(run):
        from gan.export import translation
        from gan.training.translators import read_translators

        both = read_translators(run, home, click.echo)
        about = about_it(
            both.dataset.name, translation.default_title(both), translation.default_licence(both)
        )
        written = translation.export_translators(both, about, models, click.echo, replace)
        tell_size(written)
        return
    trained = read_trained(run, home / "datasets", click.echo)
    about = about_it(trained.options.recipe, default_title(trained), default_licence(trained))
    written = export_model(trained, about, models, read_evaluation(run), click.echo, replace)
    tell_size(written)


def tell_size(written: Path) -> None:
    """Say where a model is and how large."""
    size = sum(path.stat().st_size for path in written.rglob("*") if path.is_file())
    click.echo(f"written to {written}, {size / 1e6:.1f} MB")
