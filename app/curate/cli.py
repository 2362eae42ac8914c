"""`flask curate`: what the owner's pages do, by command: parse, call, echo."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup

if TYPE_CHECKING:
    from app.curate.service import Curating, Named
    from store.curation.log import Act

PICTURES = click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")


@click.group(cls=CommandGroup)
def curate() -> None:
    """Throw pictures out, take them back, switch categories off.

    A PICTURE is what a complaint names: the number under it (No. 0f1e2d3c4b5a, or the digits
    alone), any of its addresses, category/file, or a file that holds it, also in another size or
    format. Pictures with the same bytes go and come together. Pages for the same are at /curate;
    `flask curate token --new` opens them.
    """


@curate.command("token")
@click.option("--new", "new", is_flag=True, help="Make a token; the last one ends.")
@click.option("--remove", "remove", is_flag=True, help="Forget it: the owner's pages are off.")
@with_appcontext
def token_command(new: bool, remove: bool) -> None:
    """Say whether there is a token for /curate, make one, or remove it."""
    from app.curate.token import OwnerToken

    token = OwnerToken(current_app.extensions["settings"])
    if new and remove:
        raise click.UsageError("--new and --remove: choose one")
    if new:
        made = token.make()
        click.echo("the token, shown this once; whoever has it may throw pictures out:", err=True)
        click.echo(made)
        click.echo(
            f"enter it at /curate; elsewhere: NONESUCH_CURATE_TOKEN_HASH={token.hash()}", err=True
        )
    elif remove:
        click.echo("removed: /curate is off" if token.remove() else "there was no token")
    elif token.hash():
        click.echo("there is a token; only its hash is kept. Another: flask curate token --new")
    else:
        click.echo("there is no token, so /curate is off. Make one: flask curate token --new")


@curate.command("reject")
@PICTURES
@DRY_RUN
@with_appcontext
def reject_command(pictures: tuple[str, ...], dry_run: bool) -> None:
    """Throw pictures out: they leave the site and are not made again.

    \b
        flask curate reject monster/3000005-0f1e2d3c4b5a.webp
        flask curate reject 0f1e2d3c4b5a 1e2d3c4b5a69
        flask curate reject https://example.org/sized/512/0f1e2d3c4b5a.jpg
    """
    names = _names(pictures)
    found = (
        _curating(write=False).find(names, "live", "off") if dry_run else _curating().reject(names)
    )
    _say("would reject" if dry_run else "rejected", found, len(names))


@curate.command("restore")
@PICTURES
@DRY_RUN
@with_appcontext
def restore_command(pictures: tuple[str, ...], dry_run: bool) -> None:
    """Take rejected pictures back, and what holds the same bytes."""
    names = _names(pictures)
    found = (
        _curating(write=False).find(names, "rejected") if dry_run else _curating().restore(names)
    )
    _say("would restore" if dry_run else "restored", found, len(names))


@curate.command("undo")
@DRY_RUN
@with_appcontext
def undo_command(dry_run: bool) -> None:
    """Take back what was done last; again, what was done before that."""
    if dry_run:
        act = _curating(write=False).last_act()
        click.echo(f"would undo: {_in_words(act)}" if act else "there is nothing to undo")
        return
    undone = _curating().undo()
    if undone is None:
        click.echo("there is nothing to undo")
        return
    act = undone.act
    came = "are back" if act.act in ("reject", "off") else "left the site"
    click.echo(f"undone: {_in_words(act)}; {undone.count:,} {came}")
    if undone.count < len(act.pictures):
        left = len(act.pictures) - undone.count
        click.echo(f"{left:,} did not change: see where they are with: flask verify", err=True)


def _in_words(act: "Act") -> str:
    return f"{act.act} {', '.join(act.categories) or f'{len(act.pictures):,} pictures'}"


@curate.command("list")
@click.option("--category", "slug", default=None, metavar="SLUG", help="Only of this one.")
@click.option(
    "--state",
    default="rejected",
    show_default=True,
    type=click.Choice(["live", "rejected", "off", "missing"]),
    help="Which pictures.",
)
@with_appcontext
def list_command(slug: str | None, state: str) -> None:
    """List pictures, a line each; commands take these lines' first words."""
    curating = _curating(write=False)
    for tile in curating.walk(slug, state):
        seed = "" if tile.seed is None else f"  seed {tile.seed}  truncation {tile.truncation}"
        click.echo(f"{tile.label}{seed}")


@curate.command("duplicates")
@click.option("--category", "slug", default=None, metavar="SLUG", help="Only of this one.")
@click.option("--reject", "reject", is_flag=True, help="Throw out all but the first of a group.")
@with_appcontext
def duplicates_command(slug: str | None, reject: bool) -> None:
    """List near-duplicates within categories, a group a line."""
    curating = _curating(write=reject)
    groups = list(curating.near_duplicates(slug))
    for group in groups:
        click.echo("  ".join(tile.label for tile in group))
    extra = [tile.label for tile in curating.superfluous(groups)]
    if reject:  # also where there are none: what an earlier command began is finished
        click.echo(f"rejected {len(curating.reject(extra).all):,} near-duplicates", err=True)
    else:
        click.echo(f"{len(groups):,} groups, {len(extra):,} pictures could go", err=True)
    left = sum(len(group) - 1 for group in groups) - len(extra)
    if left:
        click.echo(
            f"{left:,} stay: the same bytes are shown elsewhere and would go with them", err=True
        )


@curate.command("category")
@click.argument("switch", type=click.Choice(["off", "on"]))
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@DRY_RUN
@with_appcontext
def category_command(switch: str, slugs: tuple[str, ...], dry_run: bool) -> None:
    """Switch whole categories off or on: their pictures leave the site and come back.

    \b
        flask curate category off monster clock
    """
    curating = _curating(write=not dry_run)
    if dry_run:
        for slug in curating.find_slugs(slugs):
            count = curating.counts(slug).get("live" if switch == "off" else "off", 0)
            click.echo(f"would switch {slug} {switch}: {count:,} pictures")
        return
    for slug, count in curating.switch(slugs, off=switch == "off").items():
        gone = "left the site" if switch == "off" else "are back"
        click.echo(f"{slug} is {switch}: {count:,} pictures {gone}")


def _names(words: Sequence[str]) -> list[str | Path]:
    """Return words as names of pictures; a word that is a file's means what that holds."""
    images = current_app.extensions["settings"].images_folder.resolve()

    def name(word: str) -> str | Path:
        if not os.path.isfile(word):  # noqa: PTH113 - a Path refuses a long word
            return word
        path = Path(word)
        folder = path.resolve().parent
        # of the store's own files the place counts: they may have been changed by hand
        return f"{folder.name}/{path.name}" if folder.parent == images else path

    return [name(word) for word in dict.fromkeys(words)]


def _say(done: str, found: "Named", count: int) -> None:
    copies = ", ".join(tile.label for tile in found.copies)
    with_copies = f", and what holds the same bytes: {copies}" if copies else ""
    click.echo(f"{done} {len(found.tiles):,} of {count:,} pictures{with_copies}")


def _curating(*, write: bool = True) -> "Curating":
    from app.curate.service import Curating
    from store.files.opening import open_pictures

    settings = current_app.extensions["settings"]
    return Curating(settings, open_pictures(settings), write=write)
