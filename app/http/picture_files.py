"""Pictures, answered straight from the folder with all their headers.

A made picture's name carries its content's hash, so neither the index nor Flask is needed to
answer; whatever is not answered here (an adopted name, a missing file) goes on to Flask. No copy
is kept in memory: the kernel's is as near, and a file that is deleted is gone at once.
"""

import os
import re
import stat
from collections.abc import Iterator
from typing import Any

from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.http.answers import Answer, etag_matches
from app.http.headers import FOR_OTHERS
from store.files.protocol import MADE_FILE, MEDIA_TYPES, SAFE_NAME

_MADE_ADDRESS = re.compile(
    rf"/images/(?P<category>{SAFE_NAME.pattern})/(?P<file>{MADE_FILE.pattern})"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CHUNK_BYTES = 262_144


def picture_headers(max_age_s: int) -> list[tuple[str, str]]:
    """Return the headers of every picture whose bytes the site sends."""
    return [
        ("Cache-Control", f"public, max-age={max_age_s}, immutable"),
        ("Accept-Ranges", "bytes"),
        *FOR_OTHERS,
    ]


class PictureFiles:
    """Answers for pictures under one folder."""

    def __init__(self, folder: os.PathLike[str], max_age_s: int, nginx_files: str = "") -> None:
        """``nginx_files``: where nginx sends this folder, for what is too large for one piece."""
        self._folder = os.fspath(folder)
        self._nginx_files = nginx_files.rstrip("/")
        self.headers = picture_headers(max_age_s)

    def answer_made(self, environ: dict[str, Any]) -> Answer | None:
        """Answer a GET or HEAD of a made picture; None for whatever Flask has to answer."""
        match = _MADE_ADDRESS.fullmatch(environ["PATH_INFO"])
        if match is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        try:
            return self.answer(match["category"], match["file"], match["hash"], environ)
        except (OSError, RequestedRangeNotSatisfiable):
            return None

    def answer(
        self, category: str, file: str, content_hash: str, environ: dict[str, Any]
    ) -> Answer:
        """Answer a GET or HEAD of a picture whose names are safe.

        200, 206 for one range, 304. Raises OSError when it cannot be read, and
        RequestedRangeNotSatisfiable.
        """
        # a link might lead out of the folder
        handle = os.open(f"{self._folder}/{category}/{file}", os.O_RDONLY | os.O_NOFOLLOW)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(file)
            size = status.st_size
            etag = f'"{content_hash}"'
            headers = [*self.headers, ("ETag", etag)]
            if etag_matches(environ.get("HTTP_IF_NONE_MATCH"), etag):
                return Answer("304 Not Modified", headers, [])
            headers.append(("Content-Type", media_type_of(file)))
            if environ["REQUEST_METHOD"] == "HEAD":
                headers.append(("Content-Length", str(size)))
                return Answer("200 OK", headers, [])
            if self._nginx_files and size > _CHUNK_BYTES:
                # nginx would keep a copy of what a slow visitor does not read
                headers.append(("X-Accel-Redirect", f"{self._nginx_files}/{category}/{file}"))
                return Answer("200 OK", headers, [])
            start, end = 0, size
            line = "200 OK"
            if "HTTP_RANGE" in environ and environ.get("HTTP_IF_RANGE", etag) == etag:
                wished = single_range(environ["HTTP_RANGE"], size)
                if wished is not None:
                    start, end = wished
                    line = "206 Partial Content"
                    headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
            headers.append(("Content-Length", str(end - start)))
            if end - start <= _CHUNK_BYTES:
                return Answer(line, headers, [os.pread(handle, end - start, start)])
            return Answer(line, headers, _chunks(os.dup(handle), start, end))
        finally:
            os.close(handle)


def media_type_of(file: str) -> str:
    """Return the media type of a picture by its name."""
    return MEDIA_TYPES.get(file.rpartition(".")[2].lower(), "application/octet-stream")


def single_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the half-open range that a Range header asks for, None to send the whole.

    Several ranges, other units and nonsense may be answered with the whole (RFC 9110, 14.2).
    Raises RequestedRangeNotSatisfiable when it lies outside.
    """
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), int(last) + 1 if last else size
        if last and end <= start:
            return None
    else:
        start, end = max(0, size - int(last)), size
    if start >= size:
        raise RequestedRangeNotSatisfiable(length=size)
    return start, min(end, size)


def _chunks(handle: int, start: int, end: int) -> Iterator[bytes]:
    with os.fdopen(handle, "rb", buffering=0) as file:
        file.seek(start)
        while start < end and (data := file.read(min(_CHUNK_BYTES, end - start))):
            start += len(data)
            yield data
