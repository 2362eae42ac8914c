"""The site's own few files, in memory, under addresses that carry a hash of their content.

So they can be cached for good, and an upgrade is seen at once. Read, hashed and compressed at
start-up. A style sheet names others as `url(paper.svg)`, and gets their addresses.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.http.answers import Answer, etag_matches

FOLDER = Path(__file__).parents[1] / "static"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_COMPRESSED = (".woff2",)  # by themselves
_NAMED = re.compile(rb"url\(([a-z-]+\.[a-z0-9]+)\)")
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_A_DAY = "public, max-age=86400"
# what machines ask for by a fixed name
_FIXED_NAMES = {"/robots.txt": "robots.txt", "/favicon.ico": "icon.svg", "/favicon.svg": "icon.svg"}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    compressed: bytes
    etag: str
    headers: list[tuple[str, str]]


class StaticFiles:
    """Answers for the files of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.addresses: dict[str, str] = {}  # style.css → /static/style.0f1e2d3c4b5a.css
        self._files: dict[str, _File] = {}
        # style sheets last: they name others
        for path in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".css", path.name)):
            if path.suffix not in _MEDIA_TYPES:
                continue
            body = path.read_bytes()
            if path.suffix == ".css":
                body = _NAMED.sub(self._named, body)
            digest = hashlib.sha256(body).hexdigest()[:12]
            address = f"/static/{path.stem}.{digest}{path.suffix}"
            self.addresses[path.name] = address
            self._files[address] = _load(body, digest, path.suffix, _FOR_GOOD)
            for fixed, name in _FIXED_NAMES.items():
                if name == path.name:
                    self._files[fixed] = _load(body, digest, path.suffix, _FOR_A_DAY)

    def _named(self, match: re.Match[bytes]) -> bytes:
        return b"url(" + self.addresses[match[1].decode()].encode() + b")"

    @property
    def answered(self) -> list[str]:
        """The addresses that have an answer."""
        return list(self._files)

    def answer(self, environ: dict[str, Any]) -> Answer | None:
        """Return the answer to a GET or HEAD of one of these files, else None."""
        file = self._files.get(environ["PATH_INFO"])
        if file is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if etag_matches(environ.get("HTTP_IF_NONE_MATCH"), file.etag):
            return Answer("304 Not Modified", file.headers, [])
        headers, body = file.headers, file.body
        if file.compressed and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            headers, body = [*headers, ("Content-Encoding", "gzip")], file.compressed
        headers = [*headers, ("Content-Length", str(len(body)))]
        return Answer("200 OK", headers, [] if environ["REQUEST_METHOD"] == "HEAD" else [body])


def _load(body: bytes, digest: str, suffix: str, cache_control: str) -> _File:
    etag = f'W/"{digest}"'  # weak: the compressed form has it as well
    return _File(
        body=body,
        compressed=b"" if suffix in _COMPRESSED else gzip.compress(body, 9, mtime=0),
        etag=etag,
        headers=[
            ("Content-Type", _MEDIA_TYPES[suffix]),
            ("Cache-Control", cache_control),
            ("Vary", "Accept-Encoding"),
            ("ETag", etag),
        ],
    )
