"""What visitors send is read by few threads at once, so that the pages go on.

A server's thread waits where a body is read, and neither Granian nor gunicorn puts an end to that:
as many slow senders as there are threads would stop a whole site, as 24 did that sent two bytes of
a form each. So they get these few, and the next sender is told at once to come again. To give a
slow request up instead was tried: Granian 2.8 waits for its body's end before it goes on, with
Python's lock in its hand. A proxy that passes whole requests on (docs/nginx.conf) keeps slow
senders away altogether.
"""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from werkzeug.exceptions import BadRequest

from app.http.errors import Busy

LONGEST = 8192  # bytes of a body, where nothing else is said: fields of a form, no files
AT_ONCE = 10  # of a worker's 32 threads; docs/security.md adds up who else may hold some


class _Input(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BoundedBodies:
    """A WSGI layer: lets the application read so many bodies at once."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH") in (None, "", "0") and (
            "HTTP_TRANSFER_ENCODING" not in environ
        ):
            return self._application(environ, start_response)
        with Body(environ["wsgi.input"], self._turns) as body:
            environ["wsgi.input"] = body
            return self._application(environ, start_response)


class Body(io.RawIOBase):
    """A request's body; takes a turn when it is first read, and gives it back when closed.

    Reading raises `Busy` where all turns are taken, and `BadRequest` where the body is broken.
    """

    def __init__(self, given: _Input, turns: threading.BoundedSemaphore) -> None:
        self._given, self._turns = given, turns
        self._has_turn = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        """Fill ``target`` with what has come; 0 at the end."""
        if not self._has_turn:
            if not self._turns.acquire(blocking=False):
                raise Busy("too many are sending something at the moment", "try again in a second")
            self._has_turn = True
        try:
            found = self._given.read(len(target))
        except Exception as error:  # each server has its own of a chunk that is none, a sender gone
            raise BadRequest("the request's body broke off, or is none") from error
        target[: len(found)] = found
        return len(found)

    def close(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turns.release()
        super().close()
