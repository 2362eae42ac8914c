"""`/sized/<size>/<hash>.<extension>`: a picture in another size or format, at an address for good.

The address says which bytes it is of, so nothing of it ever changes; it shows nothing any more
when the picture is removed. Made at the first call, through Flask; then answered in front of
it, as originals are.
"""

import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.http.answers import Answer, etag_matches, to_response
from app.http.errors import Busy, Gone, NotFound
from app.http.picture_files import PictureFiles, media_type_of
from app.live.redrawing import Redrawing
from app.ops.index_handle import OpenIndex
from app.pictures.addresses import EXTENSIONS, SIZES
from app.pictures.originals import Originals
from core.settings import Settings
from store.files.protocol import PictureStore
from store.formats.derivatives import Derivatives, DerivativesBusy, NoDerivative
from store.index.states import LIVE
from store.queries.rows import Picture

# of a worker's 32 threads; docs/security.md adds them up. A browser that finds no place gets the
# original meanwhile
_MAKERS, _WAITING = 1, 3
_TRIES = 3  # another process made it, and a third has already removed it for lack of room
_ADDRESS = re.compile(
    rf"/sized/(?P<size>{'|'.join(map(str, SIZES))})/"
    rf"(?P<file>(?P<hash>[0-9a-f]{{12}})\.(?:{'|'.join(EXTENSIONS)}))"
)


class SizedFiles:
    """Answers for derivatives."""

    def __init__(
        self,
        settings: Settings,
        store: PictureStore,
        derivatives: Derivatives | None = None,
        redrawing: Redrawing | None = None,
    ) -> None:
        """``redrawing``: what draws generated pictures anew in sizes above their own."""
        # the originals of a bucket are not here: the index says of each call whether they are
        self.needs_index = bool(settings.store_url)
        self._derivatives = derivatives or Derivatives(
            settings.instance_folder, settings.derivatives_mb - settings.embeds_mb, _MAKERS,
            _WAITING, has_links=not self.needs_index, licence=settings.licences.generated,
        )  # fmt: skip
        self._files = PictureFiles(Path(self._derivatives.folder), settings.picture_max_age_s)
        self._originals = Originals(settings, store)
        self._redrawing = redrawing

    def answer_made(self, environ: dict[str, Any]) -> Answer | None:
        """Answer a GET or HEAD of a derivative that is kept; None for what Flask has to answer."""
        return None if self.needs_index else self.answer_kept(environ)

    def answer_kept(self, environ: dict[str, Any]) -> Answer | None:
        """Answer a GET or HEAD of a derivative that is kept, whose original may be gone."""
        match = _ADDRESS.fullmatch(environ["PATH_INFO"])
        if match is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        size, file = match["size"], match["file"]
        if not self._derivatives.note_use(int(size), file):
            return None
        try:
            return self._files.answer(size, file, _tag(size, file), environ)
        except (OSError, RequestedRangeNotSatisfiable):
            return None

    def answer(self, picture: Picture, size: int, file: str, environ: dict[str, Any]) -> Answer:
        """Make a derivative and answer. Raises `Busy`, `Gone` and `NotFound`."""
        original, data = self._originals.path(picture), self._originals.read(picture)

        def draw() -> bytes | None:
            if self._redrawing is None:
                return None
            return self._redrawing.draw(picture, data, size, file.rpartition(".")[2])

        for _ in range(_TRIES):
            try:
                made = self._derivatives.make(original, data, size, file, draw)
            except DerivativesBusy as error:
                raise Busy(error.message, error.hint) from error
            except NoDerivative as error:
                raise NotFound(error.message, error.hint, what="picture") from error
            try:
                return self._files.answer(str(size), file, _tag(size, file), environ)
            except OSError:
                if made is not None:  # not kept: there are no ranges of it
                    return self._whole(made, size, file, environ)
        raise Busy("there is too little room for derivatives", "raise NONESUCH_DERIVATIVES_MB")

    def _whole(self, body: bytes, size: int, file: str, environ: dict[str, Any]) -> Answer:
        etag = f'"{_tag(size, file)}"'
        headers = [*self._files.headers, ("ETag", etag)]
        if etag_matches(environ.get("HTTP_IF_NONE_MATCH"), etag):
            return Answer("304 Not Modified", headers, [])
        headers += [("Content-Type", media_type_of(file)), ("Content-Length", str(len(body)))]
        return Answer("200 OK", headers, [] if environ["REQUEST_METHOD"] == "HEAD" else [body])


def sized_pictures(index: OpenIndex, sized: SizedFiles) -> Blueprint:
    """Return the route of derivatives that have yet to be made, and of what is wrong."""
    routes = Blueprint("derivatives", __name__)

    @routes.get("/sized/<size>/<file>")
    def derivative(size: str, file: str) -> Response:
        made = sized.answer_made(request.environ)
        if made is not None:
            return to_response(made)
        match = _ADDRESS.fullmatch(f"/sized/{size}/{file}")
        if match is None:
            raise NotFound(
                "there is no such picture",
                f"sizes are {', '.join(map(str, SIZES))}, endings {', '.join(EXTENSIONS)}: "
                f"/sized/{SIZES[2]}/0f1e2d3c4b5a.webp",
                what="picture",
            )
        picture = index.reader().by_hash(match["hash"])
        if picture is None:
            raise NotFound(f"there is no picture {match['hash']}", what="picture")
        if picture.state != LIVE:
            raise Gone(f"the picture {match['hash']} was removed", "there are others at /")
        kept = sized.answer_kept(request.environ) if sized.needs_index else None
        if kept is not None:
            return to_response(kept)
        try:
            return to_response(sized.answer(picture, int(size), file, request.environ))
        except Busy:
            # a page with a hundred new ones: better a small picture than a broken one, but not to
            # programs, which are told to ask again
            if request.headers.get("Sec-Fetch-Dest") != "image":
                raise
            return _to_original(picture)

    return routes


def _to_original(picture: Picture) -> Response:
    address = f"/images/{picture.category}/{picture.file}?v={picture.short_hash}"
    response = Response(status=302, headers=[("Location", address), ("Cache-Control", "no-store")])
    del response.headers["Content-Type"]
    return response


def _tag(size: int | str, file: str) -> str:
    short_hash, _, extension = file.partition(".")
    return f"{short_hash}-{size}-{extension}"
