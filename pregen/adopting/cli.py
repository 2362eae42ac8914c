"""`flask adopt`: parse, call, echo."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command
from core.gathering.census import NAMED_AT_MOST, allow_partial_option

if TYPE_CHECKING:
    from pregen.adopting.adopting import AdoptOptions, Outcome
    from pregen.adopting.arranging import Layout

Progressing = Callable[[int], Callable[[int], object]]


@click.command(cls=Command)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--category",
    default="",
    help="What pictures show that lie in no category's folder: "
    '"red dragon"; with --again the only category.',
)
@click.option(
    "--depth",
    type=click.IntRange(0, 20),
    default=1,
    show_default=True,
    help="How many folders below PATH those lie that are categories; 0: PATH is the only one.",
)
@click.option(
    "--format",
    "format_name",
    default="webp",
    show_default=True,
    type=click.Choice(["webp", "avif", "jpeg", "png"]),
    help="What pictures are encoded as.",
)
@click.option(
    "--keep-metadata",
    is_flag=True,
    help="Keep EXIF, XMP and the texts of PNG files: position, author, prompt. Visitors get them.",
)
@click.option(
    "--keep-originals",
    is_flag=True,
    help="Keep the files as they are in instance/originals/, as hard links where possible.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Convert what flask index took in before, instead of PATH; originals are kept.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be taken; write nothing.")
@allow_partial_option
@with_appcontext
def adopt(
    path: Path | None,
    category: str,
    depth: int,
    format_name: str,
    keep_metadata: bool,
    keep_originals: bool,
    again: bool,
    dry_run: bool,
    allow_partial: bool,
) -> None:
    """Take pictures of your own from the folders in PATH.

    A category is a folder, called as what one of its pictures shows: "red dragon". PNG, JPEG, WebP,
    AVIF, GIF, BMP and TIFF files are known by what they hold. They are turned the right way up,
    converted to sRGB and encoded anew; position, author, prompt and other metadata are left behind.
    What is there already is skipped, so running again continues.

    Helper files such as .DS_Store are passed over. Whatever else is not taken is named and
    counted; where it looks like a picture, the command ends with status 1.

    \b
        flask adopt ~/monsters --dry-run
        flask adopt ~/monsters
        flask adopt ~/loose --category "red dragon"
        flask adopt --again
    """
    from core.progress import Progress
    from pregen.adopting.adopting import AdoptOptions
    from pregen.adopting.arranging import Layout
    from store.formats.encoding import find_format

    options = AdoptOptions(find_format(format_name), keep_metadata, keep_originals)
    if again == (path is not None):
        raise click.UsageError("name a folder of pictures, or write --again for those in the store")
    does = {"dry_run": dry_run, "allow_partial": allow_partial}

    with ExitStack() as showing:

        def progress(files: int) -> Callable[[int], object]:
            return showing.enter_context(Progress(files, click.echo)).add

        if again:
            _again((category,) if category else (), options, progress, **does)
        elif path is not None:
            _adopt(path, Layout(depth, category.strip()), options, progress, **does)


def _adopt(
    path: Path, layout: "Layout", options: "AdoptOptions", progress: Progressing,
    *, dry_run: bool, allow_partial: bool,
) -> None:  # fmt: skip
    from core.files import expanded
    from pregen.adopting.adopting import adopt as adopt_all
    from pregen.adopting.adopting import slugs_in
    from pregen.adopting.arranging import arrange
    from pregen.adopting.likeness import alike
    from store.index.database import open_engine
    from store.index.migrating import engine_to_plan_on, upgrade

    settings = current_app.extensions["settings"]
    arranged = arrange(expanded(path), layout, settings)
    if arranged.advice:
        click.echo(arranged.advice)
    if dry_run:
        slugs = slugs_in(engine_to_plan_on(settings), arranged)
        for name, files in arranged.categories.items():
            click.echo(f"would take {len(files):,} into {slugs[name]} ({name})")
        arranged.census.taken = arranged.pictures
        arranged.census.tell(click.echo, "that look like pictures would be read")
        return
    engine = open_engine(settings, write=True)
    upgrade(engine)
    try:
        outcome = adopt_all(arranged, settings, engine, options, progress(arranged.pictures))
    except KeyboardInterrupt:
        click.echo("stopped; what was taken stays: run the same command again to continue")
        raise SystemExit(130) from None
    _tell(outcome)
    if outcome.labels:
        for line in alike(engine, outcome.labels):
            click.echo(line)
    outcome.census.end(allow_partial=allow_partial)


def _again(
    categories: tuple[str, ...], options: "AdoptOptions", progress: Progressing,
    *, dry_run: bool, allow_partial: bool,
) -> None:  # fmt: skip
    from pregen.adopting.again import adopt_again, plain_pictures
    from store.index.database import open_engine
    from store.index.migrating import engine_to_plan_on, upgrade

    settings = current_app.extensions["settings"]
    if dry_run:
        found = plain_pictures(engine_to_plan_on(settings), settings, categories)
        counts = Counter(row.slug for row in found)
        for slug, count in counts.items():
            click.echo(f"would convert {count:,} of {slug}")
        click.echo(f"{len(found):,} pictures would be read")
        return
    engine = open_engine(settings, write=True)
    upgrade(engine)
    found = plain_pictures(engine, settings, categories)
    try:
        outcome = adopt_again(found, settings, engine, options, progress(len(found)))
    except KeyboardInterrupt:
        click.echo("stopped; what was converted stays: run the same command again to continue")
        raise SystemExit(130) from None
    _tell(outcome)
    outcome.census.end(allow_partial=allow_partial)


def _tell(outcome: "Outcome") -> None:
    """Say what was left out, what moved before, and the counts."""
    if outcome.animated:
        named = ", ".join(outcome.animated[:NAMED_AT_MOST])
        more = len(outcome.animated) - NAMED_AT_MOST
        click.echo(
            f"{len(outcome.animated):,} are animated, and their first picture was taken: {named}"
            + (f" and {more:,} more" if more > 0 else "")
        )
    outcome.census.tell(click.echo, "adopted")
