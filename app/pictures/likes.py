"""`POST /likes`: a visitor pressed a picture's heart, or took it back. Only its number is kept."""

from flask import Blueprint, Response, request

from app.http.errors import BadParameter, NotFound, NotFromHere
from app.ops.index_handle import OpenIndex
from app.ops.visit_counts import VisitCounts
from store.index.states import LIVE

_CHANGES = {"like": 1, "unlike": -1}


def like_routes(index: OpenIndex, counts: VisitCounts) -> Blueprint:
    """Return the route; 204 also where a flood is not counted."""
    routes = Blueprint("likes", __name__)

    @routes.post("/likes")
    def like() -> Response:
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise NotFromHere("hearts are counted from the site's own pages", "press one there")
        change = _CHANGES.get(request.form.get("act", ""))
        if change is None:
            raise BadParameter("a heart is pressed or taken back", "act=like or act=unlike")
        short_hash = request.form.get("picture", "")
        found = index.reader().by_hash(short_hash) if len(short_hash) == 12 else None
        if found is None or found.state != LIVE:
            raise NotFound("there is no such picture", what="picture")
        counts.like(short_hash, change)
        return Response(status=204, headers=[("Cache-Control", "no-store")])

    return routes
