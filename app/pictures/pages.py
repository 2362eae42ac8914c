"""The pages that show one picture: `/`, `/c/<category>/random` and `/i/<hash>`.

`/` is what a visitor asks for at every turn, and is answered in front of Flask where there is
nothing to refuse.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from markupsafe import Markup, escape

from app.http.answers import FAILED, Answer
from app.http.errors import NotFound
from app.pictures.addresses import (
    download_address,
    picture_address,
    sized_address,
    sized_width_height,
)
from app.pictures.neighbours import Order, order_named
from app.pictures.permalinks import Credit, Permalinks
from app.pictures.presence import draw, live_picture
from app.pictures.tiles import CARD_PX, SMALL_PX, hue_of, is_large
from app.rendering.languages import language_tag
from app.rendering.names import Developer, Names
from app.rendering.nearest import nearest_html
from app.rendering.phrases import Said
from app.site.context import Site
from store.queries.gallery import Gallery
from store.queries.rows import Picture
from store.queries.shuffle import Walk, read_walk

_MOST_STEPS = 64  # of a walk, past pictures whose file is gone
_NOTHING = Markup()


def picture_pages(site: Site) -> tuple[Blueprint, Callable[[dict[str, Any]], Answer | None]]:
    """Return the three pages, and what answers for `/` in front of Flask."""
    pages = Blueprint("pages", __name__)
    names, taglines = Names(), site.taglines
    permalinks = Permalinks(site.key, taglines)
    index, renderer, is_there, cutouts = site.index, site.renderer, site.is_there, site.cutouts

    def nearest_to(picture: Picture, locale: str) -> Markup:
        if not picture.nearest:
            return _NOTHING
        names = site.concepts.of(picture.model, picture.nearest, locale, picture.name)
        return nearest_html(names, locale)

    def values_of(picture: Picture, credit: Credit) -> dict[str, Any]:
        said = site.phrases.of(picture)
        line = taglines.line(picture.short_hash, credit.developer.name, credit.version)
        return _values(picture, credit.developer, said, line)

    def licence_values(picture: Picture) -> dict[str, Any]:
        licence = site.licences.of(picture.model)
        return {"licence": licence.name, "licence_url": licence.url} if licence else {}

    def take_step(walk: Walk) -> tuple[Picture, Walk]:
        """Return the picture of a step, or of the next one whose file is there."""
        gallery = Gallery(index.reader())
        for step in range(walk.step, walk.step + _MOST_STEPS):
            walk = walk._replace(step=step)
            picture = gallery.step(walk)
            if picture is None:
                break
            if is_there(picture):
                return picture, walk
        return draw(index.reader(), is_there), walk

    def new_page(
        environ: dict[str, Any], picture: Picture, another: str, *traits: str, before: str = ""
    ) -> Answer:
        """Show a picture under a new name; nobody keeps this page."""
        locale = site.locale_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        developer = Developer(names.draw(locale), locale)
        values = values_of(picture, Credit(developer, taglines.current)) | licence_values(picture)
        values["another"] = another
        if near := nearest_to(picture, locale):
            values["nearest"] = near
        values["permalink"] = permalinks.address(picture.short_hash, developer)
        if before:
            values["before"] = before
        large = ("is_large",) if is_large(picture) else ()
        variant = _variant(
            picture.width <= SMALL_PX, cutouts.has(picture.model, picture.file), *traits, *large
        )
        root = environ.get("SCRIPT_NAME", "")
        return renderer.quick_page("picture.html", variant, values, root)

    @pages.get("/")
    def random_page() -> Response:
        if FAILED in request.environ:  # asked again, a locked index would be waited for again
            raise request.environ[FAILED]
        text = request.args.get("walk")
        if text is None:
            return random_answer(request.environ).response()
        walk = read_walk(text)
        if walk is None:
            raise NotFound("that shuffle link is broken", "the next one begins at /", instead="/")
        return walk_answer(request.environ, walk).response()

    def random_answer(environ: dict[str, Any]) -> Answer:
        picture = draw(index.reader(), is_there)
        # a walk of this visitor's own begins with this picture
        another = f"/?walk={picture.short_hash}{random.getrandbits(32):08x}.1"
        return new_page(environ, picture, another, "is_of_any_kind")

    def walk_answer(environ: dict[str, Any], walk: Walk) -> Answer:
        picture, walk = take_step(walk)
        before = f"/?walk={walk.at(walk.step - 1)}" if walk.step else ""
        following = f"/?walk={walk.at(walk.step + 1)}"
        return new_page(environ, picture, following, "is_of_any_kind", "is_step", before=before)

    def answer(environ: dict[str, Any]) -> Answer | None:
        """Return `/` or a step of a walk; None for all else, which Flask answers.

        It also says what went wrong here: `random_page` raises the error again, so that nothing is
        asked or rendered a second time.
        """
        query = environ["QUERY_STRING"]
        if environ["PATH_INFO"] != "/" or environ["REQUEST_METHOD"] != "GET":
            return None
        try:
            if not query:
                return random_answer(environ)
            walk = read_walk(query[5:]) if query.startswith("walk=") else None
            return walk_answer(environ, walk) if walk else None
        except Exception as error:
            environ[FAILED] = error
            return None

    @pages.get("/c/<slug>/random")
    def random_page_of(slug: str) -> Response:
        picture = draw(index.reader(), is_there, slug)
        return new_page(request.environ, picture, f"/c/{slug}/random").response()

    @pages.get("/i/<short_hash>")
    def kept_page(short_hash: str) -> Response:
        reader = index.reader()
        picture = live_picture(reader, is_there, short_hash)
        order = order_named(Gallery(reader), request.args.get("in", ""), picture)
        by = request.args.get("by", "")
        permalink = f"/i/{short_hash}?by={by}" if by else f"/i/{short_hash}"
        origin = request.root_url.rstrip("/")
        credit = permalinks.credit(short_hash, by)
        return renderer.page(
            "picture.html",
            # the picture may be taken away, and a nonce is for one answer
            cache_control="no-cache",
            **values_of(picture, credit),
            **licence_values(picture),
            nearest=nearest_to(picture, credit.developer.locale),
            **_order_values(order),
            permalink=permalink,
            origin=origin,
            oembed=f"{origin}/oembed?{urlencode({'url': origin + permalink})}",
            card=origin + sized_address(picture, CARD_PX, "jpg"),
            card_size=sized_width_height(picture, CARD_PX),
            is_kept=True,
            is_of_any_kind=True,
            is_small=picture.width <= SMALL_PX,
            is_large=is_large(picture),
            is_cutout=cutouts.has(picture.model, picture.file),
        )

    return pages, answer


@cache
def _variant(is_small: bool, is_cutout: bool, *traits: str) -> frozenset[str]:
    """Return what is true in the template."""
    own = {"is_small": is_small, "is_cutout": is_cutout}
    return frozenset({*traits, *(name for name, holds in own.items() if holds)})


def _order_values(order: Order | None) -> dict[str, Any]:
    if order is None:
        return {"another": "/"}
    return {
        "another": order.after,
        "before": order.before,
        "up": order.up,
        "up_name": order.name,
        "is_in_order": True,
    }


def _values(picture: Picture, developer: Developer, said: Said, line: str) -> dict[str, Any]:
    """Return what the template shows of a picture and its developer."""
    name = developer.name
    # isolated: a name written from right to left would else turn the words beside it
    element = f'<bdi lang="{language_tag(developer.locale)}">{escape(name)}</bdi>'
    # an owner's line may hold anything
    line_html = str(escape(line)).replace("{name}", element)
    return {
        "title": said.title,
        "heading": said.heading,
        "hue": hue_of(picture),
        "number": picture.short_hash,
        "category": picture.category,
        "address": picture_address(picture),
        "download": download_address(picture),
        "alternative": said.alternative,
        "width": picture.width,
        "height": picture.height,
        "line": line.replace("{name}", name),
        "line_html": Markup(line_html),  # noqa: S704
    }
