"""`/i/<hash>/report`: a visitor says what is wrong with a picture; the owner reads it."""

import re

from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError

from app.http.errors import BadParameter, Busy, Gone, NotFound, TooMany
from app.http.form_origin import check_origin
from app.ops.limits import WorkerLimit
from app.pictures.addresses import picture_address
from app.pictures.tiles import TILE_PX
from app.reporting.reports import REASONS, PictureReports
from app.site.context import Site
from store.index.states import LIVE
from store.queries.rows import Picture

_SHORT_HASH = re.compile(r"[0-9a-f]{12}")
_A_MINUTE = 6  # reports of one address, in each worker


def report_pages(site: Site, reports: PictureReports) -> Blueprint:
    """Return the page and its form."""
    pages = Blueprint("reporting", __name__)
    limit = WorkerLimit(_A_MINUTE)  # in memory, for a minute: no address is kept

    def picture_of(short_hash: str) -> Picture:
        found = (
            site.index.reader().by_hash(short_hash) if _SHORT_HASH.fullmatch(short_hash) else None
        )
        if found is None:
            raise NotFound(f"there is no picture {short_hash[:100]}", what="picture")
        if found.state != LIVE:
            raise Gone(f"the picture {short_hash} was removed", "there are others at /")
        return found

    def page(picture: Picture, *, is_sent: bool = False) -> Response:
        response = site.renderer.page(
            "report.html",
            title="Thank you" if is_sent else "What is wrong with this picture?",
            number=picture.short_hash,
            address=picture_address(picture, TILE_PX),
            alternative=site.phrases.of(picture).alternative,
            width=picture.width,
            height=picture.height,
            reasons=REASONS,
            is_sent=is_sent,
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @pages.get("/i/<short_hash>/report")
    def form(short_hash: str) -> Response:
        return page(picture_of(short_hash))

    @pages.post("/i/<short_hash>/report")
    def send(short_hash: str) -> Response:
        check_origin(request, f"/i/{short_hash[:12]}/report")
        picture = picture_of(short_hash)
        reason = request.form.get("reason", "")
        if reason not in REASONS:
            raise BadParameter("no reason was chosen", f"choose one of {', '.join(REASONS)}")
        if not limit.take(request.remote_addr or "").allowed:
            raise TooMany("that is enough for now", "come again in a minute", 60)
        try:
            is_kept = reports.add(picture.short_hash, reason)
        except DBAPIError as error:
            raise Busy("reports cannot be kept here", "write to the owner of this site") from error
        if not is_kept:
            raise TooMany("too much is being reported", "come again in a few minutes", 60)
        return page(picture, is_sent=True)

    return pages
