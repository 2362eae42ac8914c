"""`/curate`: the owner's pages. A wall per category, near-duplicates, a report, one key to reject.

Only these pages open the index for writing, and only while they act. Everything below `/curate`
is off where there is no token or nothing can be written, and says so.
"""

import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify, redirect, request
from werkzeug.wrappers import Response as Answer

from app.curate.adding import adding_routes, told
from app.curate.counts import count_routes
from app.curate.desk import Desk
from app.curate.finding import finding_routes
from app.curate.left_sessions import LeftSessions
from app.curate.report_cache import Reports
from app.curate.reported import reported_routes
from app.curate.session import COOKIE, LASTS_S, Patience, Session, Sessions
from app.curate.token import OwnerToken
from app.http.errors import NotCuratedHere, NotFound, NotTheOwner, TooManyTokens
from app.jobs.running import Jobs
from app.pictures.addresses import picture_address
from app.pictures.tiles import TILE_PX
from app.rendering.negotiation import prefers_json
from app.reporting.reports import PictureReports
from app.site.context import Site

if TYPE_CHECKING:
    from app.curate.service import Curating
    from store.queries.rows import Picture

TILES = 120  # pictures of a wall's page
GROUPS = 40  # groups of a page of near-duplicates
GROUP_TILES = 24  # pictures of one group that are shown
LONGEST_FORM = 65_536  # bytes of a form: 120 names and a CSRF token
_STATES = ("live", "rejected", "off")
_BACK = re.compile(r"/curate(?:/[a-z0-9_/]*)?(?:\?[a-z0-9_=&]*)?")
_DONE = re.compile(
    r"(rejected|restored|undone|off|on|taken|there|before|begun|ending|dismissed)-(\d{1,9})"
)


def curate_pages(site: Site, visitors: PictureReports) -> Blueprint:
    """Return the owner's pages; ``visitors``: what they reported."""
    pages = Blueprint("curate", __name__, url_prefix="/curate")
    settings, token = site.settings, OwnerToken(site.settings)
    left = LeftSessions(settings.instance_folder, LASTS_S, site.shared)
    sessions, patience = Sessions(site.key, token, left), Patience(site.shared)
    reports, jobs = Reports(), Jobs(settings)

    def curating(*, write: bool = False) -> "Curating":
        from app.curate.service import Curating

        return Curating(settings, site.store, write=write)

    @pages.before_request
    def guard() -> Answer | None:
        """Let nobody but the owner further than the door, and nobody where it is walled up."""
        request.max_content_length = LONGEST_FORM
        if token.hash() is None:
            raise NotCuratedHere(
                "there is no token for these pages", "make one with: flask curate token --new"
            )
        session = sessions.read(request)
        if session.is_owner:  # of others none may touch the index
            curating(write=True).close()  # or it says why not
        if request.method == "POST" and request.endpoint != "curate.upload":  # which does it itself
            sessions.check_csrf(request, session)
        at_the_door = request.endpoint in ("curate.door", "curate.enter")
        if session.is_owner or at_the_door:
            return None
        if request.method == "POST" or prefers_json(request):
            raise NotTheOwner("you are not inside, or no longer", "enter the token at /curate")
        return redirect("/curate", 303)

    def page(
        template: str, session: Session, title: str, status: int = 200, **values: Any
    ) -> Response:
        response = site.renderer.page(
            template,
            title=title,
            status=status,
            csrf_token=sessions.csrf_token(session),
            done=_done(request.args.get("done", "")),
            **values,
        )
        response.headers["X-Robots-Tag"] = "noindex"
        sessions.keep(request, response, session)
        return response

    @pages.get("")
    def door() -> Response:
        session = sessions.read(request)
        if not session.is_owner:
            return page("curate_door.html", session, "For the owner")
        with curating() as open_index:
            made = open_index.reports(reports)
        job = jobs.now()
        return page(
            "curate.html",
            session,
            "What exists, and what should not",
            reports=made,
            job=None if job is None else told(job),
            waiting=visitors.count(),
        )

    @pages.post("/enter")
    def enter() -> Answer:
        session = sessions.read(request)
        if token.is_right(request.form.get("token", "").strip()):
            response = redirect("/curate", 303)
            # another number: one that was planted before is worth nothing
            sessions.keep(request, response, Session(sessions.new_number(), True))
            return response
        wait_s = patience.wait_s()
        if wait_s:
            raise TooManyTokens(
                "too many wrong tokens", f"the next counts in {wait_s} seconds", wait_s
            )
        current_app.logger.warning("a wrong token at /curate")
        return page("curate_door.html", session, "For the owner", 403, is_wrong=True)

    @pages.post("/leave")
    def leave() -> Answer:
        sessions.leave(sessions.read(request))
        response = redirect("/curate", 303)
        response.delete_cookie(
            COOKIE, path=f"{request.root_path}/curate", httponly=True, samesite="Strict"
        )
        return response

    @pages.get("/c/<slug>")
    def wall(slug: str) -> Answer:
        state = request.args.get("state", "")
        after = request.args.get("after", "0")
        with curating() as open_index:
            slugs = open_index.slugs()
            if slug not in slugs and (now := open_index.find_slugs([slug])):
                return redirect(f"/curate/c/{now[0]}", 303)
            if state not in ("", *_STATES) or not after[:18].isdecimal():
                raise NotFound("there is no such wall", "all of them are at /curate")
            is_off = open_index.is_off(slug)
            state = state or ("off" if is_off else "live")
            found = open_index.page(slug, state, int(after[:18]), TILES)
            counts = open_index.counts(slug)
            name = open_index.name(slug)
        place = slugs.index(slug)
        return page(
            "curate_wall.html",
            sessions.read(request),
            f"{name}, to be looked through",
            name=name,
            slug=slug,
            job=None if (job := jobs.now()) is None else told(job),
            state=state,
            is_off=is_off,
            counts=counts,
            tiles=[_shown(tile) for tile in found.tiles],
            after=found.after,
            first=int(after[:18]) == 0,
            place=place + 1,
            places=len(slugs),
            following=slugs[place + 1] if place + 1 < len(slugs) else "",
            back=f"/curate/c/{slug}?state={state}&after={after[:18]}",
        )

    @pages.get("/duplicates")
    def duplicates() -> Response:
        slug = request.args.get("category", "")
        asked = request.args.get("from", "0")[:18]
        if not (asked.isascii() and asked.isdecimal()):
            raise NotFound("there is no such page", "the first is /curate/duplicates")
        after = int(asked)
        with curating() as open_index:
            if slug and slug not in open_index.slugs():
                raise NotFound("there is no such category", "all of them are at /curate")
            groups, more = open_index.some_near_duplicates(slug or None, after, GROUPS)
        shown = [
            {
                "name": group[0].name,
                # what holds the same bytes as the first would take it along
                "tiles": [
                    {**_shown(tile), "is_chosen": tile.sha256 != group[0].sha256}
                    for tile in group[:GROUP_TILES]
                ],
                "more": max(0, len(group) - GROUP_TILES),
            }
            for group in groups
        ]
        return page(
            "curate_duplicates.html",
            sessions.read(request),
            "Pictures that look alike",
            groups=shown,
            slug=slug,
            following=groups[-1][0].id if more else 0,
            back=f"/curate/duplicates?category={slug}&from={after}",
        )

    @pages.post("/reject")
    def reject() -> Answer:
        with curating(write=True) as open_index:
            tiles = open_index.reject(_names()).all
        return answer("rejected", [tile.label for tile in tiles])

    @pages.post("/restore")
    def restore() -> Answer:
        with curating(write=True) as open_index:
            tiles = open_index.restore(_names()).all
        return answer("restored", [tile.label for tile in tiles])

    @pages.post("/undo")
    def undo() -> Answer:
        with curating(write=True) as open_index:
            undone = open_index.undo()
        act = undone.act if undone else None
        labels = [f"{slug}/{file}" for slug, file in act.pictures] if act else []
        return answer(
            "undone",
            labels,
            undone.count if undone else 0,
            act=act.act if act else None,
            categories=list(act.categories) if act else [],
        )

    @pages.post("/category")
    def category() -> Answer:
        off = request.form.get("switch") == "off"
        with curating(write=True) as open_index:
            switched = open_index.switch(request.form.getlist("category")[:1000], off=off)
        count = sum(switched.values())
        return answer("off" if off else "on", [], count, categories=list(switched))

    @pages.get("/aside/<state>/<slug>/<file>")
    def aside(state: str, slug: str, file: str) -> Answer:
        """A picture that visitors get no more."""
        from app.http.picture_files import media_type_of
        from store.files.protocol import SAFE_NAME, digest, is_picture_name
        from store.files.quarantine import FOLDERS

        name = FOLDERS.get(state, FOLDERS["rejected"])
        beside = site.store.beside(name, settings.instance_folder)
        is_name = SAFE_NAME.fullmatch(slug) and is_picture_name(file)
        data = beside.read(slug, file) if is_name else None
        if data is None:
            raise NotFound("there is no such picture", what="picture")
        response = Response(data, content_type=media_type_of(file))
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(digest(data)[:12])
        return response.make_conditional(request)

    def answer(what: str, labels: list[str], count: int | None = None, **more: object) -> Answer:
        """Say what was done: in JSON to the script, else on the page that was acted on."""
        count = len(labels) if count is None else count
        if prefers_json(request):
            return jsonify(done=what, pictures=labels, count=count, **more)
        return back_to(f"{what}-{count}")

    def back_to(done: str) -> Answer:
        back = request.form.get("back", "")
        back = back if _BACK.fullmatch(back) else "/curate"
        return redirect(f"{back}{'&' if '?' in back else '?'}done={done}", 303)

    desk = Desk(site, sessions, curating, page, back_to, _shown)
    adding_routes(pages, desk, jobs)
    finding_routes(pages, desk)
    reported_routes(pages, desk, visitors)
    count_routes(pages, desk)
    return pages


def _names() -> list[str]:
    """Return the pictures that a form names: a page's worth at most."""
    return request.form.getlist("picture")[: GROUPS * GROUP_TILES]


def _done(text: str) -> str:
    """Return the sentence about what a form has just done."""
    match = _DONE.fullmatch(text)
    if match is None:
        return ""
    count = int(match[2])
    pictures = f"{count:,} picture{'' if count == 1 else 's'}"
    return {
        "rejected": f"Rejected {pictures}.",
        "restored": f"Took {pictures} back.",
        "undone": "Undone." if count else "Undone, or there was nothing to undo.",
        "off": f"Switched off: {pictures} left the site.",
        "on": f"Switched on: {pictures} are back." if count != 1 else "Switched on.",
        "taken": "The picture was taken in.",
        "there": "This picture was there already.",
        "before": "This picture was rejected before, and was not taken in.",
        "begun": "Begun: it goes on while you do something else.",
        "ending": "It stores what it has made, and ends.",
        "dismissed": f"Let {pictures} be.",
    }[match[1]]


def _shown(tile: "Picture") -> dict[str, object]:
    """Return what a template shows of a picture."""
    if tile.state == "live":
        address = picture_address(tile, TILE_PX)
    else:
        address = f"/curate/aside/{tile.state}/{tile.label}"
    return {
        "label": tile.label,
        "number": tile.short_hash,
        "address": address,
        "width": tile.width,
        "height": tile.height,
        "page": f"/i/{tile.short_hash}" if tile.state == "live" else "",
        "alternative": f"{tile.name}, No. {tile.short_hash}",
    }
