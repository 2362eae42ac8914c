"""Leading from an address that stands for a picture to the one where it is for good."""

from flask import Response, request

from app.http.errors import BadParameter
from app.http.picture_formats import accepted_extension
from app.pictures.addresses import SIZES, original_address, sized_address
from store.queries.rows import Picture


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
