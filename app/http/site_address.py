"""Where the site is for who asks: scheme, host, and the path below which it lies.

Everything behind this layer knows of one site at the root of one host. The layer says in `environ`
where that site is for the visitor: `NONESUCH_URL` goes before what trusted proxies say, and that
before the request itself. The path below which it lies is `SCRIPT_NAME`, as WSGI has it. Who gives
an address to a visitor puts that path in front: this layer in redirects, the renderer in pages,
views in JSON.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from core.setting_checks import is_root, read_root, read_url
from core.settings import Settings

STRANGER = "nonesuch.stranger"  # of an environ: asked by a host name that is not the site's
_CHECKS = re.compile(r"/healthz(?:/.*)?|/metrics")  # whoever asks these has an address at most
_LEADING = frozenset(("location", "content-location"))
# of our own templates; what begins with two slashes is another host
_INLINE = re.compile(r"<(script|style)\b[^>]*>(?P<inside>.*?)</\1>", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(
    r'(?<= )((?:href|src|srcset|action|formaction|data-(?!base=)[a-z-]+)=")/(?!/)'
)


class SiteAddress:
    """A WSGI layer in front of all that gives addresses."""

    def __init__(self, application: Callable[..., Iterable[bytes]], settings: Settings) -> None:
        self._application = application
        self._own = read_url(settings.url)
        self._root = self._own.root or read_root(settings.script_name)
        self._count = settings.proxy_count
        self._headers = settings.proxy_headers if settings.proxy_count else ()
        hosts = settings.trusted_hosts and (*settings.trusted_hosts, self._own.host)
        self._is_trusted = _host_check(hosts) if hosts else None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        root = self._place(environ)
        if self._is_trusted is not None and not self._is_trusted(environ.get("HTTP_HOST", "")):
            environ[STRANGER] = not _CHECKS.fullmatch(environ["PATH_INFO"])
        if self._own.host:
            environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._own.scheme, self._own.host
        if not root:
            return self._application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            headers = [
                (name, root + value)
                if name.lower() in _LEADING and value.startswith("/")
                else (name, value)
                for name, value in headers
            ]
            return start_response(status, headers, *error)

        return self._application(environ, start)

    def _place(self, environ: dict[str, Any]) -> str:
        """Say in ``environ`` where the site is; return the path below which it lies."""
        root: str = environ.get("SCRIPT_NAME", "").rstrip("/")
        is_cut = bool(root)  # off PATH_INFO, by the server or by a proxy
        for name in self._headers:
            said = _nearest(environ.get(f"HTTP_X_FORWARDED_{name.upper()}"), self._count)
            if not said:
                continue
            if name == "for":
                environ["REMOTE_ADDR"] = said
            elif name == "proto" and said.lower() in ("http", "https"):
                environ["wsgi.url_scheme"] = said.lower()
            elif name == "host":
                environ["HTTP_HOST"] = said
            elif name == "prefix" and is_root(said.rstrip("/")):
                root, is_cut = said.rstrip("/"), True
        root = self._root or root
        if not root:
            return ""
        path: str = environ["PATH_INFO"]
        if not is_cut and f"{path}/".startswith(f"{root}/"):
            environ["PATH_INFO"] = path[len(root) :] or "/"
        environ["SCRIPT_NAME"] = root = root if is_root(root) else quote(root)
        return root


def links_below(root: str, text: str) -> str:
    """Return a rendered page whose links lead below a path; ``root`` has no slash at its end."""
    return outside_inline(lambda part: _ADDRESS.sub(rf"\1{root}/", part), text)


def outside_inline(change: Callable[[str], str], text: str) -> str:
    """Change a page, but for what is inside its scripts and styles: a policy may hold its hash."""
    pieces, at = [], 0
    for found in _INLINE.finditer(text):
        pieces += [change(text[at : found.start("inside")]), found["inside"]]
        at = found.end("inside")
    return "".join([*pieces, change(text[at:])])


def _nearest(value: str | None, count: int) -> str:
    """Return what the outermost of so many trusted proxies said; of fewer values, the first.

    Each adds a value to X-Forwarded-For, yet the last may replace X-Forwarded-Proto: behind a CDN
    and Heroku's router there are two of the one and one of the other.
    """
    values = [part for each in (value or "").split(",") if (part := each.strip())]
    return values[-min(count, len(values))] if values else ""


def _host_check(hosts: tuple[str, ...]) -> Callable[[str], bool]:
    """Return whether a Host header names one of these hosts; ports and case are passed over."""
    names = {_name_of(host) for host in hosts}
    above = tuple(name for name in names if name.startswith("."))

    @lru_cache(maxsize=256)
    def is_trusted(header: str) -> bool:
        name = _name_of(header)
        return bool(name) and (name in names or f".{name}".endswith(above))

    return is_trusted


def _name_of(host: str) -> str:
    """Return a host's name without its port: of `[::1]:8000`, `[::1]`."""
    return re.sub(r":\d+$", "", host.lower())
