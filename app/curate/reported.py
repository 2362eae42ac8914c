"""What visitors reported: the owner looks, and rejects the pictures or lets them be."""

import re

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as Answer

from app.curate.desk import Desk
from app.rendering.negotiation import prefers_json
from app.reporting.reports import REASONS, PictureReports, Reported
from store.index.states import LIVE
from store.queries.gallery import MOST_ASKED, Gallery

_SHORT_HASH = re.compile("[0-9a-f]{12}")
AT_ONCE = MOST_ASKED  # pictures of a page


def reported_routes(pages: Blueprint, desk: Desk, reports: PictureReports) -> None:
    """Add the routes to those of `/curate`."""

    @pages.get("/reports")
    def queue() -> Response:
        waiting = reports.all()
        by_hash = {each.short_hash: each for each in waiting}
        gallery = Gallery(desk.site.index.reader())
        tiles, gone, hidden = [], [], 0
        for start in range(0, len(waiting), AT_ONCE):
            some = [each.short_hash for each in waiting[start : start + AT_ONCE]]
            known = {p.short_hash: p for p in gallery.by_hashes(some)}
            live = {short: p for short, p in known.items() if p.state == LIVE}
            gone += [short for short in some if short not in known]
            hidden += len(known) - len(live)  # a category comes on again, a rejection is undone
            tiles += [desk.shown(live[short]) for short in some if short in live]
            if len(tiles) >= AT_ONCE:
                break
        reports.dismiss(gone)  # the index knows no such pictures any more
        return desk.page(
            "curate_reports.html",
            desk.sessions.read(request),
            "What visitors reported",
            tiles=[
                {**tile, "said": _said(by_hash[str(tile["number"])])} for tile in tiles[:AT_ONCE]
            ],
            total=len(waiting) - len(gone) - hidden,
        )

    @pages.post("/dismiss")
    def dismiss() -> Answer:
        given = request.form.getlist("number")[:AT_ONCE]
        hashes = [number for number in given if _SHORT_HASH.fullmatch(number)]
        reports.dismiss(hashes)
        if prefers_json(request):
            return jsonify(done="dismissed", count=len(hashes))
        return desk.back(f"dismissed-{len(hashes)}")


def _said(reported: Reported) -> str:
    """Return the reasons, most often given first: “3 × It is broken, 1 × …”."""
    often = sorted(reported.reasons.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{count} × {REASONS.get(reason, reason)}" for reason, count in often)
