"""`/favourites`: kept in the browser, shared as one link; the server looks up what it names."""

import re

from flask import Blueprint, Response, request

from app.ops.index_handle import OpenIndex
from app.pictures.tiles import tile
from app.rendering.cutouts import Cutouts
from app.rendering.renderer import PageRenderer
from store.index.states import LIVE
from store.queries.gallery import MOST_ASKED, Gallery

_SHORT_HASH = re.compile(r"[0-9a-f]{12}")


def favourite_pages(index: OpenIndex, renderer: PageRenderer, cutouts: Cutouts) -> Blueprint:
    """Return the page."""
    pages = Blueprint("favourites", __name__)

    @pages.get("/favourites")
    def favourites() -> Response:
        asked = request.args.get("ids")
        hashes = hashes_in(asked or "")
        found = Gallery(index.reader()).by_hashes(hashes) if hashes else []
        live = [picture for picture in found if picture.state == LIVE]
        return renderer.page(
            "favourites.html",
            cache_control="no-cache",
            title="Favourites that do not exist",
            place="/favourites" if asked is None else "",
            is_shared=asked is not None,
            asked=len(hashes),
            most=MOST_ASKED,
            tiles=[tile(picture, cutouts) for picture in live],
        )

    return pages


def hashes_in(text: str) -> list[str]:
    """Return the short hashes that a link names, each once, at most `MOST_ASKED`."""
    parts = text[: MOST_ASKED * 13].split(",")
    return list(dict.fromkeys(part for part in parts if _SHORT_HASH.fullmatch(part)))
