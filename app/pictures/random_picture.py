"""`/random.webp?category=`: another picture at every call, by way of its own address."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from app.http.errors import EMPTY_HINT, BadParameter, NotFound, NothingToShow
from app.http.picture_formats import FORMATS_HINT, accepted_extension, split_ending
from app.ops.index_handle import OpenIndex
from app.pictures.pages import no_category
from app.pictures.presence import stored_check
from app.pictures.sized import SIZES, original_address, sized_address
from core.settings import Settings
from store.queries.reader import IndexReader, Picture

_MOST_DRAWS = 64


def random_picture(settings: Settings, index: OpenIndex) -> Blueprint:
    """Return the route. Other parameters than ``category`` and ``size`` are ignored: many pages
    put a number behind an address to get around a cache."""
    routes = Blueprint("random_picture", __name__)
    is_there = stored_check(settings)

    @routes.get("/random")
    @routes.get("/random.<ending>")
    def random(ending: str | None = None) -> Response:
        extension = None if ending is None else split_ending(f"random.{ending}")[1]
        if ending is not None and extension is None:
            raise NotFound("there are no such pictures", FORMATS_HINT, "format")
        size = checked_size(request.args.get("size"))
        picture = draw(index.reader(), is_there, request.args.get("category"))
        return go_to_picture(picture, size, extension, "no-store")

    return routes


def draw(reader: IndexReader, is_there: Callable[[Picture], bool], slug: str | None) -> Picture:
    """Draw until a picture's file is there. Raises `NotFound` and `NothingToShow`."""
    for _ in range(_MOST_DRAWS):
        picture = reader.pick_ahead() if slug is None else reader.pick(slug)
        if picture is None:
            if slug is not None:
                raise no_category(reader, slug)
            raise NothingToShow("nothing has been generated yet", EMPTY_HINT)
        if is_there(picture):
            return picture
    raise not_in_store()


def not_in_store() -> NothingToShow:
    return NothingToShow(
        "the pictures in the index are not in the store", "compare the two with: flask verify"
    )


def checked_size(text: str | None) -> int | None:
    """Return a size out of `SIZES`, None where none is asked for. Raises `BadParameter`."""
    if text is None:
        return None
    for size in SIZES:
        if text == str(size):
            return size
    raise BadParameter(f"there is no size {text[:20]}", f"sizes are {', '.join(map(str, SIZES))}")


def go_to_picture(
    picture: Picture, size: int | None, extension: str | None, cache_control: str
) -> Response:
    """Lead to the address for good of a picture; without an extension Accept decides."""
    chosen = extension or accepted_extension(request)
    if size is None:
        address = original_address(picture, chosen)
    else:
        address = sized_address(picture, size, chosen)
    headers = [
        ("Location", address),
        ("Cache-Control", cache_control),
        ("Access-Control-Allow-Origin", "*"),
    ]
    if extension is None:
        headers.append(("Vary", "Accept"))
    response = Response(status=302, headers=headers)
    del response.headers["Content-Type"]  # of nothing
    return response
