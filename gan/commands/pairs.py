"""`flask gan dataset pairs` and `styles`: data sets of two domains, for translators."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from core.commands import Command
from core.gathering.census import Census, allow_partial_option
from core.slugs import slugify
from gan.commands.options import replace_option, settings

if TYPE_CHECKING:
    from gan.dataset.files import Dataset


def _multiple_of_4(_: click.Context, __: click.Parameter, value: int) -> int:
    """Refuse a size that no translator reaches: they halve it twice."""
    if value % 4:
        raise click.BadParameter(f"{value} is no multiple of 4; take {value // 4 * 4}.")
    return value


@click.command(cls=Command)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--size",
    "size_px",
    type=click.IntRange(32, 512),
    default=128,
    show_default=True,
    callback=_multiple_of_4,
    help="Width and height of the pictures in pixels, a multiple of 4.",
)
@click.option("--name", help="Name of the data set.  [default: the folder's name]")
@click.option(
    "--names",
    default="A,B",
    show_default=True,
    help="What the pictures of the two domains are, for people, with a comma between.",
)
@click.option(
    "--fit",
    type=click.Choice(["pad", "crop"]),
    default="crop",
    show_default=True,
    help="Make pictures square by adding background, or by cutting off.",
)
@replace_option
@allow_partial_option
@with_appcontext
def pairs(
    path: Path,
    size_px: int,
    name: str | None,
    names: str,
    fit: str,
    replace: bool,
    allow_partial: bool,
) -> None:
    """Take two kinds of pictures from PATH/trainA, trainB, testA and testB.

    They need not be paired, nor as many of each. What is in testA and testB is never trained on.
    What is not taken is named and counted; where it looks like a picture, the data set is written
    without it, and the command ends with status 1.

    \b
    Example: flask gan dataset pairs ~/faces --names "faces,anime faces"
    """
    from gan.dataset.files import write_dataset
    from gan.dataset.place import dataset_folder, is_there
    from gan.dataset.two_domains import PairOptions, build_pairs, made_from

    name = slugify(name or path.resolve().name)
    options = PairOptions(size_px, fit, parse_names(names))
    target = dataset_folder(settings().home, name, size_px)
    if is_there(target, made_from(path, options), lambda d: d.notes.get("made_from"), replace):
        click.echo(f"nothing to do: the data set is in {target}")
        return
    made, census = build_pairs(path, name, options, click.echo)
    write_dataset(made, target)
    tell(made, target)
    census.end(allow_partial=allow_partial)


@click.command(cls=Command)
@click.argument("a")
@click.argument("b")
@click.option(
    "--dataset",
    "dataset_name",
    default="emoji-128",
    show_default=True,
    help="Data set whose styles they are.",
)
@click.option("--name", help="Name of the new data set.  [default: from the styles]")
@click.option(
    "--names", help="What the two are, for people, with a comma between.  [default: the styles]"
)
@replace_option
@with_appcontext
def styles(
    a: str, b: str, dataset_name: str, name: str | None, names: str | None, replace: bool
) -> None:
    """Take two styles of a data set, A and B, as the two domains of a translator.

    Several styles of one domain have a + between them. What is held out stays held out, in both
    styles.

    \b
    Example: flask gan dataset emoji --size 128
             flask gan dataset styles fluent-emoji-flat fluent-emoji-3d --name flat_3d
    """
    from gan.dataset.files import read_dataset, write_dataset
    from gan.dataset.place import dataset_folder, find_dataset, is_there
    from gan.dataset.two_domains import styles_from, styles_of_two

    if Path(a).is_dir() and Path(b).is_dir():
        raise click.UsageError(
            "A and B are folders, and this takes styles of a data set; put the folders' pictures "
            "into PATH/trainA and PATH/trainB, then: flask gan dataset pairs PATH"
        )
    home = settings().home
    source = read_dataset(find_dataset(home, dataset_name))
    domains = (tuple(a.split("+")), tuple(b.split("+")))
    called = parse_names(names) if names else (a, b)
    name = slugify(name or f"{a} to {b}")
    target = dataset_folder(home, name, source.size_px)
    wanted = styles_from(source, domains, called)
    if is_there(target, wanted, lambda d: d.notes.get("made_from"), replace):
        click.echo(f"nothing to do: the data set is in {target}")
        return
    made = styles_of_two(source, domains, called, name)
    write_dataset(made, target)
    tell(made, target)
    census = Census(len(made.records))
    census.others["of other styles"] = len(source.records) - len(made.records)
    click.echo(census.summary())


def parse_names(text: str) -> tuple[str, str]:
    """Return two names from "faces,anime faces". Raises `BadDataset`."""
    from gan.dataset.files import BadDataset

    found = [part.strip() for part in text.split(",")]
    if len(found) != 2 or not all(found):
        raise BadDataset(
            f"--names {text!r} are not two names", 'for example: --names "faces,anime faces"'
        )
    return found[0], found[1]


def tell(made: "Dataset", target: Path) -> None:
    """Say what was made, and the command that trains on it for 200 epochs."""
    from gan.dataset.two_domains import domains_table, kimg_of_epochs

    click.echo(domains_table(made))
    click.echo(f"written to {target}")
    click.echo(
        f"train on it with: flask gan train --recipe cyclegan --dataset {target.name} "
        f"--run {target.name} "
        f"--kimg {kimg_of_epochs(made):g}"
    )
