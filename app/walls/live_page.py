"""`/live`: ten pictures that the server makes for this page, and more of the visitor's device.

`?stored` shows ten of the store instead, for a site without a server.
"""

from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers

from app.browser.offers import read_offer
from app.http.headers import with_worker
from app.live.models import LiveModels
from app.ops.index_handle import OpenIndex
from app.pictures.addresses import picture_address
from app.rendering.renderer import PageRenderer
from core.settings import Settings
from store.queries.gallery import Gallery
from store.queries.reader import IndexReader

PICTURES = 10


def live_page(
    settings: Settings, index: OpenIndex, renderer: PageRenderer, models: LiveModels
) -> Blueprint:
    """Return the page."""
    pages = Blueprint("live_page", __name__)

    @pages.get("/live")
    def page() -> Response:
        names = models.names()
        chosen = request.args.get("model", names[0] if names else "")
        models.check_name(chosen)
        is_stored = "stored" in request.args
        answer = renderer.page(
            "live.html",
            title=f"Ten that {'do not exist' if is_stored else 'did not exist a moment ago'}",
            model=chosen,
            others=[name for name in names if name != chosen],
            pictures=_stored(index.reader()) if is_stored else _made(chosen),
            is_stored=is_stored,
            is_variant=bool(request.args) and not is_stored,  # of the page that is to be found
            generator=read_offer(settings, chosen),
            place="/live",
        )
        answer.headers = Headers(with_worker(list(answer.headers)))
        return answer

    return pages


def _made(model: str) -> list[str]:
    """Return addresses at each of which the server makes another picture."""
    return [f"/live/{model}?dummy={number}" for number in range(1, PICTURES + 1)]


def _stored(reader: IndexReader) -> list[str]:
    """Return the addresses of pictures from all over the store."""
    gallery = Gallery(reader)
    shelves = gallery.shelves()
    count = min(PICTURES, shelves.total)
    places = [number * shelves.total // count for number in range(count)]
    return [picture_address(found) for at in places for found in gallery.page(shelves, at, 1)]
