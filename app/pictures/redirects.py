"""Leading from an address that stands for a picture to the one where it is for good."""

from typing import Any

from flask import Response, request, url_for
from werkzeug.routing import RequestRedirect

from app.http.errors import BadParameter
from app.http.picture_formats import accepted_extension
from app.pictures.addresses import SIZES, original_address, sized_address
from store.queries.rows import Picture

_NAMES_OF_CATEGORY = ("category", "slug")  # among the parameters of addresses


class Moved(RequestRedirect):
    """A category has another name by now: the same address with that."""

    code = 301

    def __init__(self, old: str, now: str) -> None:
        values = request.args.to_dict() | (request.view_args or {})
        named: dict[str, Any] = {
            name: now if name in _NAMES_OF_CATEGORY and value == old else value
            for name, value in values.items()
            if not name.startswith("_") and name != "endpoint"  # which mean something to url_for
        }
        # the path below which the site lies is put in front of all redirects
        address = url_for(str(request.endpoint), **named)
        super().__init__(address.removeprefix(request.script_root))

    def get_response(self, *args: Any, **kwargs: Any) -> Any:
        """Return the redirect, which nobody keeps: the category may get its old name back."""
        response = super().get_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


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
    headers = [("Location", address), ("Cache-Control", cache_control)]
    if extension is None:
        headers.append(("Vary", "Accept"))
    response = Response(status=302, headers=headers)
    del response.headers["Content-Type"]  # of nothing
    return response
