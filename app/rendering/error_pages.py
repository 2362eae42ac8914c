"""The one place where errors become answers: a page in the site's look, or the JSON shape."""

import json
import re
import sys
from dataclasses import dataclass, replace
from typing import NamedTuple

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from app.http.errors import (
    EMPTY_HINT,
    BadParameter,
    Busy,
    Gone,
    JobRunning,
    NobodyMakesMore,
    NoJob,
    NotAcceptable,
    NotAPicture,
    NotCuratedHere,
    NotFound,
    NotFromHere,
    NothingToShow,
    NotMade,
    NotTheOwner,
    NoUpload,
    StoreSilent,
    TooLarge,
    TooLong,
    TooMany,
    TooManyTokens,
)
from app.rendering.negotiation import prefers_json
from app.rendering.renderer import PageRenderer
from core.errors import NonesuchError
from core.slugs import BadCategoryName, UnknownSlug
from store.index.database import IndexAway, IndexLocked, IndexMissing, IndexUnusable
from store.queries.reader import UnknownPicture

_RETRY_AFTER_S = 60
_ADDRESS = re.compile(r"(?<= )/(?=[a-z]|\W|$)")  # in a hint


@dataclass(frozen=True, slots=True)
class Notice:
    """What an error says."""

    status: int
    title: str
    message: str
    hint: str = ""
    instead: str = ""

    @property
    def command(self) -> str:
        """The command that the hint ends with, if it does."""
        _, found, command = self.hint.rpartition(": flask ")
        return f"flask {command}" if found and ";" not in command else ""

    @property
    def advice(self) -> str:
        """The hint without its command."""
        return self.hint.removesuffix(self.command).removesuffix(": ")


class _Kind(NamedTuple):
    status: int
    title: str


_KINDS: dict[type[Exception], _Kind] = {
    Gone: _Kind(410, "This picture does not exist any more"),
    NothingToShow: _Kind(503, "Nothing exists yet"),
    BadParameter: _Kind(400, "This address makes no sense"),
    TooLong: _Kind(414, "This address does not end"),
    NotAcceptable: _Kind(406, "This format does not exist here"),
    TooMany: _Kind(429, "This was asked too often"),
    NotMade: _Kind(503, "This picture could not be made"),
    Busy: _Kind(503, "Not all that does not exist can be made at once"),
    StoreSilent: _Kind(503, "The pictures cannot be found"),
    NoUpload: _Kind(400, "There is nothing to translate"),
    TooLarge: _Kind(413, "This picture is too much"),
    NotAPicture: _Kind(415, "This picture does not exist, as a picture"),
    NotFromHere: _Kind(403, "This form does not exist here"),
    NotCuratedHere: _Kind(403, "Nobody throws anything out here"),
    NotTheOwner: _Kind(403, "This is for the owner, who exists"),
    UnknownPicture: _Kind(404, "This picture does not exist either"),
    UnknownSlug: _Kind(404, "This category does not exist either"),
    TooManyTokens: _Kind(429, "That was one try too many"),
    BadCategoryName: _Kind(400, "This category cannot exist"),
    JobRunning: _Kind(409, "One thing after the other"),
    NoJob: _Kind(409, "There is nothing to do"),
    NobodyMakesMore: _Kind(409, "Nobody makes more of these"),
    IndexMissing: _Kind(503, "Nothing exists yet"),
    IndexUnusable: _Kind(503, "The pictures cannot be found"),
    IndexAway: _Kind(503, "The pictures cannot be found"),
    IndexLocked: _Kind(503, "The pictures cannot be found"),
}
# what a visitor may know of an HTTP error: title, message, hint
_PLAIN = {
    400: ("This request makes no sense", "the request was not understood", ""),
    404: ("This page does not exist either", "there is nothing at this address", ""),
    405: ("This method does not exist here", "this address only answers to other methods", ""),
    413: ("This is too much", "what was sent is longer than this address takes", ""),
    416: ("This range does not exist", "the file is shorter than that", ""),
    500: ("This error should not exist", "something broke, and the log knows what", ""),
}


def notice_of(error: Exception) -> Notice:
    """Return what to say about an error; nothing of its inside where it is unforeseen."""
    if isinstance(error, IndexMissing):
        # its own message names a path on the server
        error = NothingToShow("nothing has been generated yet", EMPTY_HINT)
    if isinstance(error, IndexAway):
        # its own message names the server
        error = IndexAway("the index's server does not answer at the moment", "ask again")
    if isinstance(error, NotFound):
        title = f"This {error.what} does not exist either"
        return Notice(404, title, error.message, error.hint, error.instead)
    if isinstance(error, NonesuchError):
        kind = _KINDS.get(type(error), _Kind(503, "This does not work"))
        instead = getattr(error, "instead", "")
        return Notice(kind.status, kind.title, error.message, error.hint, instead)
    status = (error.code or 500) if isinstance(error, HTTPException) else 500
    name = error.name.lower() if isinstance(error, HTTPException) else ""
    return Notice(status, *_PLAIN.get(status, ("This did not work", name, "")))


def register_error_handlers(app: Flask, renderer: PageRenderer) -> None:
    """Answer every error of the application, never cached."""

    def answer(error: Exception) -> Response:
        notice = notice_of(error)
        if request.root_path:
            notice = replace(notice, hint=_ADDRESS.sub(f"{request.root_path}/", notice.hint))
        if notice.status == 500:
            if current_app.debug:
                raise error
            current_app.log_exception(sys.exc_info())
            if "X-Request-ID" in request.headers:  # by which the proxy's log calls it
                current_app.logger.error("request %s", request.headers["X-Request-ID"][:100])
        elif isinstance(error, IndexUnusable):
            current_app.logger.warning("%s: %s", request.path, str(error).splitlines()[0])
        response = _json(notice) if prefers_json(request) else _page(renderer, notice)
        if isinstance(error, HTTPException):
            for name in ("Allow", "Content-Range"):
                response.headers.extend(
                    [(name, value) for key, value in error.get_headers() if key == name]
                )
        if notice.status in (429, 503):
            response.headers["Retry-After"] = str(getattr(error, "retry_after_s", _RETRY_AFTER_S))
        response.headers["Vary"] = "Accept"
        return response

    app.register_error_handler(Exception, answer)


def _json(notice: Notice) -> Response:
    body = {"status": notice.status, "message": notice.message, "hint": notice.hint}
    return Response(
        json.dumps({"error": body}) + "\n",
        notice.status,
        [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            # a program on another page may read why; nothing here is anybody's alone
            ("Access-Control-Allow-Origin", "*"),
        ],
    )


def _page(renderer: PageRenderer, notice: Notice) -> Response:
    return renderer.page("notice.html", title=notice.title, status=notice.status, notice=notice)
