"""The owner asks for one picture, by whatever somebody calls it; or for a category."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from app.curate.desk import Desk
from app.pictures.addresses import EXTENSIONS, SIZES
from core.slugs import UnknownSlug
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.queries.reader import UnknownPicture
from store.queries.rows import Entry

_LONGEST = 2000  # characters of what is asked for
_OF_CATEGORY = re.compile(r"(?:.*/)?c/(?P<slug>[^/]+)/?")
_SAID = {
    LIVE: "on the site",
    OFF: "off, with its category",
    REJECTED: "rejected",
    MISSING: "missing: its file is not there",
}


def finding_routes(pages: Blueprint, desk: Desk) -> None:
    """Add the route to those of `/curate`."""

    @pages.get("/find")
    def find() -> Answer:
        asked = request.args.get("q", "").strip()[:_LONGEST]
        problem = ""
        tiles: list[Entry] = []
        with desk.curating() as open_index:
            try:
                tiles = open_index.find([asked], *_SAID).all if asked else []
            except UnknownPicture as error:
                try:
                    slug = open_index.find_slugs([_category_in(asked)])[0]
                    return redirect(f"/curate/c/{slug}", 303)
                except UnknownSlug:
                    problem = f"{error.message}: {error.hint}"
        return _page(desk, asked, problem, tiles)


def _page(desk: Desk, asked: str, problem: str, tiles: list[Entry]) -> Response:
    states = {tile.state for tile in tiles}
    return desk.page(
        "curate_found.html",
        desk.sessions.read(request),
        "One picture",
        404 if problem else 200,
        asked=asked,
        problem=problem,
        tiles=[desk.shown(tile) | {"said": _SAID[tile.state]} for tile in tiles],
        can_reject=bool(states & {LIVE, OFF}),
        can_restore=REJECTED in states,
        kept=_addresses(tiles),
        back=f"/curate/find?q={tiles[0].short_hash}" if tiles else "/curate",
    )


def _category_in(asked: str) -> str:
    """Return what may name a category: the slug of an address, or the words themselves."""
    try:
        path = unquote(urlsplit(asked).path) if "/" in asked else ""
    except ValueError:  # "http://[": no address at all
        return asked
    match = _OF_CATEGORY.fullmatch(path)
    return match["slug"] if match else asked


def _addresses(tiles: list[Entry]) -> list[dict[str, Any]]:
    """Return where caches may have these pictures: what a CDN has to forget."""
    found: list[dict[str, Any]] = []
    for tile in tiles:
        sized = f"/sized/{{{','.join(map(str, SIZES))}}}/{tile.short_hash}"
        found.append(
            {
                "label": tile.label,
                "addresses": [
                    f"/images/{tile.label}",
                    f"{sized}.{{{','.join(EXTENSIONS)}}}",
                    f"/i/{tile.short_hash}*",
                    "/avatar/*",
                    f"/api/v1/images/{tile.short_hash}",
                ],
            }
        )
    return found
