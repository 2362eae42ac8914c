"""The site's own few files, in memory, under addresses that carry a hash of their content.

So they can be cached for good, and an upgrade is seen at once. Read, hashed and compressed at
start-up. A style sheet names others as `url(paper.svg)`, a module as `"./walk.js"`, from its own
folder on; both get the names that they are sent by. A worker (`….worker.js`) has its own policy.
"""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.http.answers import Answer, etag_matches
from app.http.headers import WORKER_POLICY

FOLDER = Path(__file__).parents[1] / "static"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_COMPRESSED = (".png", ".woff2")  # by themselves
_NAMED = {
    ".css": re.compile(rb"(?<=url\()[a-z-]+\.[a-z0-9]+(?=\))"),
    ".js": re.compile(rb'(?<=")\.\.?/[a-z./-]+\.js(?=")'),
}
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_A_DAY = "public, max-age=86400"
ICON = "icon.svg"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    compressed: bytes
    etag: str
    headers: list[tuple[str, str]]


class StaticFiles:
    """Answers for the files of one folder, and for those of the site's owner."""

    def __init__(
        self, folder: Path = FOLDER, own: Mapping[str, bytes] | None = None, icon: str = ICON
    ) -> None:
        """``own``: name → content, in the place of files of that name or beside them; ``icon``:
        which of all is the site's."""
        # style.css → /static/style.0f1e2d3c4b5a.css, live/page.js → /static/live/page.….js
        self.addresses: dict[str, str] = {}
        self._files: dict[str, _File] = {}
        self._folder, self._own = folder.resolve(), dict(own or {})
        # what machines ask for by a fixed name
        self._fixed = {"/robots.txt": "robots.txt", "/favicon.ico": icon}
        if icon.endswith(".svg"):
            self._fixed["/favicon.svg"] = icon
        names = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*.*")}
        for name in sorted(names | self._own.keys()):
            if posixpath.splitext(name)[1] in _MEDIA_TYPES:
                self._address(name)

    def _address(self, name: str) -> str:
        """Return a file's address, once it is read; what it names comes before it."""
        if name in self.addresses:
            return self.addresses[name]
        body = self._own[name] if name in self._own else (self._folder / name).read_bytes()
        stem, suffix = posixpath.splitext(name)
        if suffix in _NAMED:
            body = _NAMED[suffix].sub(lambda named: self._named(name, named), body)
        digest = hashlib.sha256(body).hexdigest()[:12]
        address = self.addresses[name] = f"/static/{stem}.{digest}{suffix}"
        policy = [WORKER_POLICY] if name.endswith(".worker.js") else []
        self._files[address] = _load(body, digest, suffix, _FOR_GOOD, policy)
        for fixed, own in self._fixed.items():
            if own == name:
                self._files[fixed] = _load(body, digest, suffix, _FOR_A_DAY)
        return address

    def _named(self, name: str, named: re.Match[bytes]) -> bytes:
        """Return the name by which a file that another names is sent."""
        other = named[0].decode()
        folder, slash, _ = other.rpartition("/")
        address = self._address(
            posixpath.normpath(f"{posixpath.dirname(name)}/{other}".lstrip("/"))
        )
        return f"{folder}{slash}{address.rpartition('/')[2]}".encode()

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


def _load(
    body: bytes,
    digest: str,
    suffix: str,
    cache_control: str,
    policy: Sequence[tuple[str, str]] = (),
) -> _File:
    etag = f'W/"{digest}"'  # weak: the compressed form has it as well
    return _File(
        body=body,
        compressed=b"" if suffix in _COMPRESSED else gzip.compress(body, 9, mtime=0),
        etag=etag,
        headers=[
            *policy,
            ("Content-Type", _MEDIA_TYPES[suffix]),
            ("Cache-Control", cache_control),
            ("Vary", "Accept-Encoding"),
            ("ETag", etag),
        ],
    )
