"""`/gallery` and `/c/<category>`: walls of pictures, page by page."""

import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from app.http.errors import EMPTY_HINT, NotFound, NothingToShow
from app.ops.index_handle import OpenIndex
from app.pictures.addresses import page_address, sized_address
from app.pictures.presence import no_category
from app.pictures.tiles import CARD_PX, hue_of, tile
from app.rendering.cutouts import Cutouts
from app.rendering.phrases import Phrases
from app.rendering.renderer import PageRenderer
from store.queries.gallery import PAGE, Gallery
from store.queries.rows import Picture

_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def gallery_pages(
    index: OpenIndex, renderer: PageRenderer, cutouts: Cutouts, phrases: Phrases
) -> Blueprint:
    """Return the walls."""
    pages = Blueprint("gallery", __name__)

    def wall(
        pictures: Sequence[Picture],
        base: str,
        first: int,
        total: int,
        order: str,
        **values: Any,
    ) -> Response:
        last = (total - 1) // PAGE * PAGE
        origin = request.root_url.rstrip("/")
        return renderer.page(
            "gallery.html",
            cache_control="no-cache",
            tiles=[tile(picture, cutouts) for picture in pictures],
            order=order,
            total=total,
            page=first // PAGE + 1,
            pages=last // PAGE + 1,
            before=page_address(base, first - PAGE) if first else "",
            after=page_address(base, first + PAGE) if first < last else "",
            end=page_address(base, last),
            base=base,
            canonical=origin + page_address(base, first),
            card=origin + sized_address(pictures[0], CARD_PX, "jpg") if pictures else "",
            **values,
        )

    @pages.get("/gallery")
    def everything() -> Response:
        gallery = Gallery(index.reader())
        shelves = gallery.shelves()
        if not shelves.total:
            raise NothingToShow("nothing has been generated yet", EMPTY_HINT)
        first = first_asked("/gallery", shelves.total)
        return wall(
            gallery.page(shelves, first),
            "/gallery",
            first,
            shelves.total,
            "gallery",
            title="None of these exist",
            place="/gallery",
            kinds=len(shelves.shelves),
        )

    @pages.get("/c/<slug>")
    def category(slug: str) -> Response:
        reader = index.reader()
        gallery = Gallery(reader)
        shelf = gallery.shelf(slug)
        if shelf is None:
            raise no_category(reader, slug)
        first = first_asked(f"/c/{slug}", shelf.pictures)
        pictures = gallery.page_of(slug, first)
        many = phrases.many(slug)
        return wall(
            pictures,
            f"/c/{slug}",
            first,
            shelf.pictures,
            "category",
            title=f"{shelf.pictures:,} {many or f'× {shelf.name}'}. None exist.",
            name=shelf.name,
            many=many,
            slug=slug,
            hue=hue_of(pictures[0]) if pictures else 0,
        )

    return pages


def first_asked(base: str, total: int) -> int:
    """Return the ordinal with which the page asked for begins; raise `NotFound` where none is."""
    asked = request.args.get("page", "1")
    last = (total - 1) // PAGE + 1
    if not _PAGE_NUMBER.fullmatch(asked) or int(asked) > last:
        raise NotFound(
            f"the gallery ends at page {last}",
            f"page={asked[:20]} is no page of it",
            instead=base,
        )
    return (int(asked) - 1) * PAGE
