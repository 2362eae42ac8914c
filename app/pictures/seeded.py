"""`/seed/<text>.webp`: the same picture for the same text, as long as there is that picture.

Which picture a text gives changes when it is removed, or when one that was added is nearer
(`store.queries.text_ring`). So the answer leads to an address for good, and is itself kept for
minutes: a CDN answers most calls, and a rejected picture is asked for no longer than that.
"""

from collections.abc import Callable
from itertools import islice

from flask import Blueprint, Response

from app.http.errors import EMPTY_HINT, BadParameter, NothingToShow, TooLong
from app.http.picture_formats import split_ending
from app.ops.index_handle import OpenIndex
from app.pictures.presence import no_category, not_in_store
from app.pictures.redirects import checked_size, go_to_picture
from store.queries.reader import IndexReader
from store.queries.rows import Picture
from store.queries.text_ring import BadText, LongText, normal_text, pictures_of_text

_MOST_MISSING = 16  # files that may have been deleted by hand before the index was told


def seeded_pictures(
    index: OpenIndex, is_there: Callable[[Picture], bool], max_age_s: int
) -> Blueprint:
    """Return the four routes: with a category and without, with a size and without."""
    routes = Blueprint("seeds", __name__)
    cache_control = f"public, max-age={max_age_s}"

    @routes.get("/seed/<text>")
    @routes.get("/c/<slug>/seed/<text>")
    def seeded(text: str, slug: str | None = None) -> Response:
        text, extension = split_ending(text)
        return _go_to(text, slug, None, extension)

    @routes.get("/seed/<text>/<size>")
    @routes.get("/c/<slug>/seed/<text>/<size>")
    def seeded_in_size(text: str, size: str, slug: str | None = None) -> Response:
        size, extension = split_ending(size)
        try:
            chosen = checked_size(size)
        except BadParameter as error:
            error.hint += "; a text holds no slash"
            raise
        return _go_to(text, slug, chosen, extension)

    def _go_to(text: str, slug: str | None, size: int | None, extension: str | None) -> Response:
        picture = picture_of_text(index.reader(), is_there, text, slug)
        return go_to_picture(picture, size, extension, cache_control)

    return routes


def picture_of_text(
    reader: IndexReader, is_there: Callable[[Picture], bool], text: str, slug: str | None
) -> Picture:
    """Return the picture of a text, of one category if given, whose file is there.

    Raises `BadParameter`, `TooLong`, `NotFound` and `NothingToShow`.
    """
    found = False
    for picture in islice(pictures_of_text(reader, _checked(text), slug), _MOST_MISSING):
        found = True
        if is_there(picture):
            return picture
    if found:
        raise not_in_store()
    if slug is not None:
        raise no_category(reader, slug)
    raise NothingToShow("nothing has been generated yet", EMPTY_HINT)


def _checked(text: str) -> str:
    try:
        return normal_text(text)
    except LongText as error:
        raise TooLong(error.message, error.hint) from error
    except BadText as error:
        raise BadParameter(error.message, error.hint) from error
