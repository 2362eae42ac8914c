"""`flask export-site`: parse, call, echo."""

import shlex
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command("export-site", cls=Command)
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--base-path",
    default="",
    metavar="PATH",
    help="Where on its host it will be; ./ for anywhere, also opened as files.  "
    "[default: of --address, else ./]",
)
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="Its whole address, if known: for cards of shared links and a sitemap.  "
    "[default: NONESUCH_URL]",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@with_appcontext
def export_site(target: Path, base_path: str, address: str, dry_run: bool) -> None:
    """Write the whole site as files, to be served by anything.

    Pages, copies of the pictures, JSON, and scripts for what a server would do: the shuffle, the
    game, favourites, pictures of any words. What is not in it: docs/export.md. DIR appears whole or
    not at all; run again, it is replaced.

    \b
        flask export-site public
        flask export-site public --address https://somebody.github.io/nonesuch/
    """
    from tqdm import tqdm

    from app.export.exporter import export_site as export
    from app.export.target import RELATIVE, check_base_path, check_target
    from app.identity.reading import read_identity
    from store.queries.gallery import Gallery

    address = address or ("" if base_path else current_app.extensions["settings"].url)
    base, origin = check_base_path(base_path or ("" if address else RELATIVE), address)
    if dry_run:
        check_target(target, current_app.extensions["settings"])
        read_identity(current_app.extensions["settings"])
        pictures = Gallery(current_app.extensions["index"].reader()).shelves().total
        click.echo(f"would write {pictures:,} pictures and their pages into {target}")
        return
    written = export(
        current_app.extensions["create_app"],
        current_app.extensions["settings"],
        target,
        base,
        origin,
        lambda pictures, total: tqdm(pictures, total=total, unit="picture", disable=None),
    )
    click.echo(f"{target}: {written.pages:,} pages, {written.pictures:,} pictures")
    shown = shlex.quote(str(target))
    if base == RELATIVE:
        click.echo(f"open {target / 'index.html'}, or: python -m http.server --directory {shown}")
    elif base == "/":
        click.echo(f"look at it with: python -m http.server --directory {shown}")
