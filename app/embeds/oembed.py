"""`/oembed?url=`: what a page of one picture shows, for those who embed it (oembed.com, 1.0).

A picture's page names this address in its head, so that nobody has to know the site.
"""

import json
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, request
from markupsafe import Markup

from app.embeds.frames import length
from app.http.errors import BadParameter, NotFound
from app.pictures.addresses import HERO_PX
from app.pictures.permalinks import Permalinks
from app.pictures.presence import live_picture
from app.site.context import Site

_PAGE = "/i/"
_MOST_BOUND_PX = 99_999  # of what somebody has room for
_EXAMPLE = "for example: /oembed?url=https://things.example/i/0f1e2d3c4b5a"


def embedding(site: Site) -> Blueprint:
    """Return the route; it takes ``url``, ``maxwidth``, ``maxheight`` and ``format``."""
    routes = Blueprint("oembed", __name__)
    permalinks = Permalinks(site.key, site.taglines)

    @routes.get("/oembed")
    def answer() -> Response:
        form = request.args.get("format", "json")
        if form not in ("json", "xml"):
            raise BadParameter(f"there is no format {form[:20]}", "it is json or xml")
        most_wide, most_high = (_bound(name) for name in ("maxwidth", "maxheight"))
        short_hash, by = _of_page(request.args.get("url"))
        picture = live_picture(site.index.reader(), site.is_there, short_hash)
        origin = request.root_url.rstrip("/")
        scale = min(most_wide / picture.width, most_high / picture.height)
        width, height = (max(1, int(side * scale)) for side in (picture.width, picture.height))
        told: dict[str, str | int] = {
            "version": "1.0",
            "type": "photo",
            "title": site.phrases.of(picture).title,
            "author_name": permalinks.credit(short_hash, by).developer.name,
            "provider_name": site.identity.name,
            "provider_url": f"{origin}/",
            "cache_age": site.settings.seed_max_age_s,
            "url": f"{origin}{_PAGE}{short_hash}/{width}/{height}.jpg?fit=crop",
            "width": width,
            "height": height,
        }
        body, kind = (
            (_xml(told), "text/xml") if form == "xml" else (_json(told), "application/json")
        )
        return Response(
            body,
            headers=[
                ("Content-Type", f"{kind}; charset=utf-8"),
                ("Cache-Control", f"public, max-age={site.settings.seed_max_age_s}"),
                ("Access-Control-Allow-Origin", "*"),
            ],
        )

    return routes


def _of_page(url: str | None) -> tuple[str, str]:
    """Return short hash and ``by`` of a picture's page on this site."""
    if not url:
        raise BadParameter("there is no url", _EXAMPLE)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadParameter(f"url={url[:60]} is no address", _EXAMPLE) from error
    page = f"{request.root_path}{_PAGE}"
    if parts.netloc != request.host or not parts.path.startswith(page):
        raise NotFound("nothing can be embedded from that address", _EXAMPLE, what="picture")
    return parts.path.removeprefix(page), parse_qs(parts.query).get("by", [""])[0]


def _bound(name: str) -> int:
    text = request.args.get(name)
    if text is None:
        return HERO_PX
    return min(HERO_PX, length(name, text, _MOST_BOUND_PX))


def _json(told: dict[str, str | int]) -> bytes:
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def _xml(told: dict[str, str | int]) -> bytes:
    inside = Markup().join(
        Markup("<{name}>{value}</{name}>\n").format(name=name, value=value)
        for name, value in told.items()
    )
    head = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
    return f"{head}\n<oembed>\n{inside}</oembed>\n".encode()
