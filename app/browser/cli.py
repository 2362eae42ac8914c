"""`flask fetch-runtime`: parse, call, echo."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import Command


@click.command("fetch-runtime", cls=Command)
@click.option(
    "--if-possible", is_flag=True, help="Say in one line why it is not there, and go on: status 0."
)
@with_appcontext
def fetch_runtime(if_possible: bool) -> None:
    """Fetch what runs generators in visitors' browsers, from npm.

    It is LiteRT.js in one pinned version, and kept below NONESUCH_HOME. Without it /live shows
    pictures that the server makes, and an exported site stored ones.

    \b
        flask fetch-runtime
    """
    from app.browser.fetching import fetch_runtime as fetch
    from app.browser.runtime import VERSION
    from core.npm import NpmFailed

    home = current_app.extensions["settings"].home
    try:
        found = fetch(home)
    except NpmFailed as error:
        if not if_possible:
            raise
        click.echo(f"visitors' browsers invent nothing: {error}", err=True)
        return
    megabytes = sum(file.bytes for file in found.files) / 10**6
    click.echo(f"{found.folder}: LiteRT.js {VERSION}, {megabytes:.1f} MB")
