"""Answers given in front of Flask, for files and the page that is turned: who is asked first.

Flask takes some 100 µs to find out which function is meant, and its `send_file` about as long
again. A picture's answer needs neither, and `/` is what visitors ask for at every turn:
`bench/site` measures what that brings. Whatever is out of the ordinary is left to Flask.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flask import Response

from app.http.headers import complete, complete_own
from app.http.site_address import STRANGER

FAILED = "nonesuch.failed"  # of an environ: what went wrong here, for Flask to raise


class Answer(NamedTuple):
    """A status line, headers and a body as WSGI takes them."""

    status: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes]

    def response(self) -> Response:
        """Return it as Flask takes it."""
        return Response(self.body, self.status, self.headers)


def to_response(answer: Answer) -> Response:
    """Return an answer as Flask takes it."""
    response = Response(answer.body, answer.status)
    # exactly these: Flask would add a Content-Type, which a 304 has no use for
    response.headers.clear()
    response.headers.extend(answer.headers)
    return response


def etag_matches(if_none_match: str | None, etag: str) -> bool:
    """Say whether an If-None-Match header names this entity tag (RFC 9110, weak comparison)."""
    if if_none_match is None:
        return False
    plain = etag.removeprefix("W/")
    return any(tag.strip().removeprefix("W/") in (plain, "*") for tag in if_none_match.split(","))


class AnswersFirst:
    """A WSGI layer: asks those who answer for an address' beginning, then the application.

    It gives every answer the headers that all have.
    """

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        answer_for: dict[str, Callable[[dict[str, Any]], Answer | None]],
    ) -> None:
        self._application = application
        self._answer_for = answer_for

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        # methods are upper case (RFC 9110, 9.1); Flask takes any case, and here too it is one
        environ["REQUEST_METHOD"] = environ["REQUEST_METHOD"].upper()
        answer = self._answer(environ)
        if answer is not None:
            start_response(answer.status, complete_own(answer.headers))
            return answer.body

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, complete(headers, environ["PATH_INFO"]), *error)

        return self._application(environ, start)

    def _answer(self, environ: dict[str, Any]) -> Answer | None:
        if environ.get(STRANGER):  # Flask refuses in the site's look
            return None
        # the first part of the path: /images of /images/cat/1.webp, /robots.txt of itself
        path: str = environ["PATH_INFO"]
        end = path.find("/", 1)
        answer_for = self._answer_for.get(path if end < 0 else path[:end])
        return None if answer_for is None else answer_for(environ)
