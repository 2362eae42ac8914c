"""`/random.webp?category=`: another picture at every call, by way of its own address; `/random.txt`
says that address."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from app.http.errors import NotFound
from app.http.picture_formats import FORMATS_HINT, split_ending
from app.ops.index_handle import OpenIndex
from app.pictures.plain_address import address_as_text
from app.pictures.presence import draw
from app.pictures.redirects import checked_size, go_to_picture
from store.queries.rows import Picture


def random_picture(index: OpenIndex, is_there: Callable[[Picture], bool]) -> Blueprint:
    """Return the route. Other parameters than ``category`` and ``size`` are ignored: many pages
    put a number behind an address to get around a cache."""
    routes = Blueprint("random_picture", __name__)

    @routes.get("/random")
    @routes.get("/random.<ending>")
    def random(ending: str | None = None) -> Response:
        is_text = ending == "txt"
        has_none = ending is None or is_text
        extension = None if has_none else split_ending(f"random.{ending}")[1]
        if not has_none and extension is None:
            raise NotFound("there are no such pictures", FORMATS_HINT, "format")
        size = checked_size(request.args.get("size"))
        picture = draw(index.reader(), is_there, request.args.get("category"))
        if is_text:
            return address_as_text(picture, "no-store", size)
        return go_to_picture(picture, size, extension, "no-store")

    return routes
