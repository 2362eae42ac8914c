"""`flask gan dataset`: pictures to train on, from emoji sets, folders and TFRecord files."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.gathering.census import allow_partial_option
from core.packages import import_tensorflow
from core.slugs import slugify
from gan.commands.options import (
    fit_option,
    mirror_option,
    replace_option,
    rotations_option,
    settings,
    size_option,
)
from gan.commands.pairs import pairs, styles


@click.group(cls=CommandGroup)
def dataset() -> None:
    """Make the data set that a generator is trained on."""


dataset.add_command(pairs)
dataset.add_command(styles)


@dataset.command()
@size_option
@replace_option
@with_appcontext
def emoji(size_px: int, replace: bool) -> None:
    """Fetch openly licensed emoji sets from npm and render them.

    \b
    Example: flask gan dataset emoji
    """
    from gan.dataset.emoji.build import build_emoji_dataset, packages_now, packages_of
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
@click.option(
    "--name",
    help="Name of the data set; of pictures without folders also what one shows, as in "
    '"This monster does not exist".  [default: the folder\'s name]',
)
@mirror_option
@rotations_option
@fit_option
@replace_option
@allow_partial_option
@with_appcontext
def folder(
    path: Path,
    size_px: int,
    name: str | None,
    mirror: bool,
    rotations: int,
    fit: str,
    replace: bool,
    allow_partial: bool,
) -> None:
    """Take your own pictures from PATH/<category>/: PNG, JPEG, WebP, AVIF, GIF, BMP and TIFF.

    A category is a folder, called as what one of its pictures shows: "red dragon"; without folders
    PATH itself is the only one. One of eight pictures is
    held out. What is transparent, added by --fit pad or turned in by --rotations shows the
    background, which is white in training. What is not taken is named and counted; where it looks
    like a picture, the data set is written without it, and the command ends with status 1.

    \b
    Example: flask gan dataset folder ~/monsters --name monster --mirror --rotations 4
    """
    from gan.dataset.files import summary_table, write_dataset
    from gan.dataset.folder import FolderOptions, build_folder_dataset, made_from
    from gan.dataset.place import dataset_folder, is_there

    thing = name or ""
    name = slugify(name or path.resolve().name)
    options = FolderOptions(size_px, fit, mirror, rotations)
    target = dataset_folder(settings().home, name, size_px)
    if is_there(target, made_from(path, options), lambda d: d.notes.get("made_from"), replace):
        click.echo(f"nothing to do: the data set is in {target}")
        return
    made, census = build_folder_dataset(path, name, options, click.echo, thing)
    write_dataset(made, target)
    click.echo(summary_table(made))
    click.echo(f"written to {target}")
    tell_training(target.name, size_px)
    census.end(allow_partial=allow_partial)


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
    tell_training(target.name, size_px)


def tell_training(dataset: str, size_px: int) -> None:
    """Say the command that trains on a data set, in a run of its own."""
    recipe = "emoji" if size_px == 64 else "wgan"
    click.echo(
        f"train on it with: flask gan train --recipe {recipe} --dataset {dataset} --run {dataset}"
    )
