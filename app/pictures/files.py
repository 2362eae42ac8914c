"""Files through Flask: adopted pictures, whose hash the index knows, and errors for the rest.

What `app.http.answers` gives at once comes here only by a method that these addresses lack.
"""

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from app.http.answers import to_response
from app.http.errors import Gone, NotFound
from app.http.picture_files import PictureFiles
from app.http.static_files import StaticFiles
from app.ops.index_handle import OpenIndex
from app.pictures.redirects import Moved
from store.files.protocol import SAFE_NAME
from store.index.states import LIVE
from store.queries.renamed import slug_now

if TYPE_CHECKING:
    from app.http.bucket_files import BucketFiles


def file_routes(
    index: OpenIndex, pictures: "PictureFiles | BucketFiles", static: StaticFiles
) -> Blueprint:
    """Return the routes of pictures and of the site's own files."""
    routes = Blueprint("files", __name__)

    @routes.get("/images/<category>/<file>")
    def picture(category: str, file: str) -> Response:
        if not SAFE_NAME.fullmatch(category) or not SAFE_NAME.fullmatch(file):
            raise NotFound("there is no such picture", what="picture")
        reader = index.reader()
        found = reader.by_file(category, file)
        if found is None:
            if now := slug_now(reader, category):
                raise Moved(category, now)
            raise NotFound("there is no such picture", what="picture")
        if found.state != LIVE:
            raise Gone("this picture was removed", "there are others at /")
        try:
            return to_response(pictures.answer(category, file, found.short_hash, request.environ))
        except OSError as error:
            raise NotFound("its file is not in the store", what="picture") from error

    def own_file() -> Response:
        answer = static.answer(request.environ)
        assert answer is not None  # the routes are its own addresses, the methods GET and HEAD
        return to_response(answer)

    for number, address in enumerate(static.answered):
        routes.add_url_rule(address, f"own_file_{number}", own_file)

    return routes
