"""A picture's address as plain text, for shells and whatever else reads no JSON."""

from flask import Response, request

from app.pictures.addresses import picture_address, sized_address
from store.queries.rows import Picture


def address_as_text(picture: Picture, cache_control: str, size: int | None = None) -> Response:
    """Answer with one line: the whole address for good of a picture, as made or in a size."""
    path = picture_address(picture, 2**31) if size is None else sized_address(picture, size)
    return Response(
        f"{request.root_url.rstrip('/')}{path}\n",
        headers=[
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", cache_control),
            ("Access-Control-Allow-Origin", "*"),
        ],
    )
