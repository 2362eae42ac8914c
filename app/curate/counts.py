"""`/curate/counts`: how many came, looked and liked, where the site counts it."""

from typing import Any

from flask import Blueprint, Response, request

from app.curate.desk import Desk
from app.http.errors import NotFound
from app.pictures.tiles import tile
from store.index.states import LIVE
from store.queries.gallery import Gallery

DAYS = 28
PICTURES = 24


def count_routes(pages: Blueprint, desk: Desk) -> None:
    """Add the page to those of `/curate`."""
    site = desk.site

    @pages.get("/counts")
    def counts() -> Response:
        if site.visits is None:
            raise NotFound("nothing is counted here", "set NONESUCH_COUNT_VISITS=1 to begin")
        liked = site.visits.most_liked(PICTURES)
        gallery = Gallery(site.index.reader())
        found = {each.short_hash: each for each in gallery.by_hashes([each for each, _ in liked])}
        shown: list[dict[str, Any]] = [
            {**tile(found[short_hash], site.cutouts), "hearts": hearts}
            for short_hash, hearts in liked
            if short_hash in found and found[short_hash].state == LIVE
        ]
        return desk.page(
            "curate_counts.html",
            desk.sessions.read(request),
            "How many came, and not who",
            days=site.visits.last_days(DAYS),
            liked=shown,
        )
