"""`/feed.xml`: the pictures of the last days, as an Atom feed (RFC 4287)."""

import hashlib
from datetime import date

from flask import Blueprint, Response, request
from markupsafe import Markup

from app.embeds.days import Days
from app.http.answers import etag_matches
from app.pictures.addresses import sized_address, sized_width_height
from app.pictures.permalinks import Permalinks
from app.site.context import Site
from store.queries.rows import Picture

_DAYS = 14
_PX = 512  # the longer side of a picture in a reader
_FEED = Markup("""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>{name}: one a day. None exist.</title>
<id>{origin}/feed.xml</id>
<link rel="self" href="{origin}/feed.xml"/>
<link href="{origin}/today"/>
<updated>{updated}</updated>
{entries}</feed>
""")
_ENTRY = Markup("""<entry>
<title>{title}</title>
<id>{origin}/today#{day}</id>
<link href="{page}"/>
<updated>{updated}</updated>
<author><name>{developer}</name></author>
<content type="html">{content}</content>
</entry>
""")
_CONTENT = Markup(
    '<p><a href="{page}"><img src="{source}" alt="{alternative}." width="{width}" '
    'height="{height}"></a></p><p>{line}</p>'
)


def feed(site: Site, days: Days) -> Blueprint:
    """Return the route."""
    routes = Blueprint("feed", __name__)
    permalinks = Permalinks(site.key, site.taglines)
    name = site.identity.name

    @routes.get("/feed.xml")
    def atom() -> Response:
        origin = request.root_url.rstrip("/")
        entries = [(day, days.picture(day)) for day in days.last(_DAYS)]
        body = _FEED.format(
            name=name,
            origin=origin,
            updated=_midnight(entries[0][0]),
            entries=Markup().join(entry(origin, *each) for each in entries),
        ).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=9).hexdigest()}"'
        headers = [
            ("ETag", etag),
            ("Cache-Control", days.cache_control),
            ("Access-Control-Allow-Origin", "*"),
        ]
        if etag_matches(request.headers.get("If-None-Match"), etag):
            unchanged = Response(status=304, headers=headers)
            del unchanged.headers["Content-Type"]
            return unchanged
        return Response(body, headers=[("Content-Type", "application/atom+xml"), *headers])

    def entry(origin: str, day: date, picture: Picture) -> Markup:
        credit = permalinks.credit(picture.short_hash, "")
        developer = credit.developer.name
        said = site.phrases.of(picture)
        line = site.taglines.line(picture.short_hash, developer, credit.version)
        page = f"{origin}/i/{picture.short_hash}"
        width, height = sized_width_height(picture, _PX)
        content = _CONTENT.format(
            page=page,
            source=f"{origin}{sized_address(picture, _PX, 'jpg')}",
            alternative=said.alternative,
            width=width,
            height=height,
            line=line.replace("{name}", developer),
        )
        return _ENTRY.format(
            title=said.title,
            origin=origin,
            day=day.isoformat(),
            page=page,
            updated=_midnight(day),
            developer=developer,
            content=str(content),  # HTML as text: escaped once more
        )

    return routes


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
