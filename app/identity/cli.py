"""`flask site`: parse, call, echo."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.commands import CommandGroup
from core.settings import Settings

STARTER = Path(__file__).with_name("starter.toml")


@click.group(cls=CommandGroup)
def site() -> None:
    """What the site is called, says and looks like: site.toml."""


@site.command()
@with_appcontext
def init() -> None:
    """Write a site.toml in which every key is explained.

    Nothing is different until you take the # from a line and change it. It goes where NONESUCH_SITE
    says, else into the instance folder; one that is there is left alone.

    \b
        flask site init
    """
    from app.identity.reading import BadSite

    path = _settings().site_file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER.read_text(encoding="utf-8"))
    except FileExistsError:
        raise BadSite(f"there is a {path}", "change it, then: flask site check") from None
    click.echo(f"wrote {path}: change what you like, then: flask site check")


@site.command()
@with_appcontext
def check() -> None:
    """Say what is wrong in site.toml, with its line.

    The status is 1 where something is. Categories that have no pictures here are named too.

    \b
        flask site check
    """
    from app.identity.reading import BadSite, read_identity
    from core.settings import variable_of
    from core.slugs import nearest
    from store.index.database import IndexMissing

    settings = _settings()
    if not settings.site_file.exists():
        raise BadSite(f"there is no {settings.site_file}", "write one with: flask site init")
    identity = read_identity(settings)
    for name in ("site_name", "site_tagline", "site_language", "site_sentence"):
        if getattr(settings, name):
            click.echo(f"{variable_of(name)} is set, and beats what the file says")
    try:
        known = [each.slug for each in current_app.extensions["index"].reader().categories()]
    except IndexMissing:
        known = []
    for slug in identity.categories if known else ():
        if slug not in known:
            close = nearest(slug, known)
            hint = f": did you mean {close}?" if close else ""
            click.echo(f"[categories.{slug}] has no pictures here{hint}")
    click.echo(f"{settings.site_file} can be read: {identity.name}")


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found
