"""Settings that are texts: whether they can be what they are for, before anything uses them."""

import errno
import re
import stat
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from core.errors import NonesuchError

LONGEST_NAME = 200  # characters of the site's name
_HOST = re.compile(r"\.?[A-Za-z0-9_.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~\-]+)*")
PROXY_HEADERS = ("for", "proto", "host", "prefix")
_REDIS = ("redis://", "rediss://", "unix://")


class BadSetting(NonesuchError):
    """An environment variable that is unknown or out of range."""


class SiteUrl(NamedTuple):
    """Where visitors find the site; of an address that is not known all parts are empty."""

    scheme: str
    host: str  # with a port other than the scheme's
    root: str  # path below which it lies, without a slash at its end; empty: its host is its own

    @property
    def origin(self) -> str:
        """Scheme and host: https://example.org."""
        return f"{self.scheme}://{self.host}" if self.host else ""


def read_url(url: str) -> SiteUrl:
    """Return the parts of the site's own address. Raises `BadSetting`."""
    if not url:
        return SiteUrl("", "", "")
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:  # a bracket that is not closed, a port that is no number
        parts, has_port = urlsplit(""), False
    host = parts.netloc.lower()
    is_plain = has_port and _HOST.fullmatch(host) and not host.startswith(".")
    rest = url.partition("://")[2].partition("/")[2]
    if parts.scheme not in ("http", "https") or not is_plain or "?" in url or "#" in url:
        raise BadSetting(
            f"NONESUCH_URL={url[:80]!r} is no address of a site",
            "for example: https://example.org or https://example.org/pictures",
        )
    usual = ":443" if parts.scheme == "https" else ":80"
    return SiteUrl(parts.scheme, host.removesuffix(usual), read_root(f"/{rest}", "NONESUCH_URL"))


def read_root(path: str, variable: str = "SCRIPT_NAME") -> str:
    """Return a path below which a site lies, without a slash at its end. Raises `BadSetting`."""
    root = path.removesuffix("/")
    if not is_root(root):
        raise BadSetting(
            f"{variable}: {path[:80]!r} is no path of a site",
            "it begins with / and holds letters, digits and ._~- alone, for example: /pictures",
        )
    return root


def is_root(path: str) -> bool:
    """Say whether a site can lie below a path: empty, or without a slash at its end."""
    return _PATH.fullmatch(path) is not None


def check_proxy_headers(names: tuple[str, ...]) -> None:
    """Raise `BadSetting` for a name of no header that a proxy sets."""
    for name in names:
        if name not in PROXY_HEADERS:
            raise BadSetting(
                f"NONESUCH_PROXY_HEADERS: there is no {name[:40]!r}",
                f"choose from: {','.join(PROXY_HEADERS)}",
            )


def check_text(variable: str, text: str) -> None:
    """Raise `BadSetting` for bytes that are no UTF-8: no page could show them."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadSetting(f"{variable} is no UTF-8", "type it anew, or unset it") from error


def check_site_name(text: str) -> None:
    """Raise `BadSetting` for a name that no title can hold."""
    if len(text) > LONGEST_NAME or not text.isprintable() or not text.strip():
        raise BadSetting(
            f"NONESUCH_SITE_NAME={text[:40]!r} is no name",
            f"write 1 to {LONGEST_NAME} characters on one line, for example: Nonesuch",
        )


def check_hosts(hosts: tuple[str, ...]) -> None:
    """Raise `BadSetting` unless all are host names: without a scheme, a path or a wildcard."""
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise BadSetting(
                f"NONESUCH_TRUSTED_HOSTS: {host!r} is no host name",
                "for example: example.org,www.example.org; .example.org means all below it",
            )


def check_token_hash(text: str) -> None:
    """Raise `BadSetting` unless it is a SHA-256: no token would ever fit."""
    if text and not _SHA256.fullmatch(text.strip()):
        raise BadSetting(
            "NONESUCH_CURATE_TOKEN_HASH is no SHA-256",
            "write 64 of 0-9 and a-f, as printf %s TOKEN | sha256sum says",
        )


def check_redis(url: str) -> None:
    """Raise `BadSetting` unless it may be Redis; the address may hold a password."""
    if url and not url.startswith(_REDIS):
        raise BadSetting(
            "REDIS_URL is no address of a Redis", "for example: redis://:password@host:6379/0"
        )


def check_folder(variable: str, path: Path) -> None:
    """Raise `BadSetting` for a path that is something else, or that no folder can have."""
    if _kind_of(variable, path) not in (None, stat.S_IFDIR):
        raise BadSetting(f"{variable}: {path} is no folder", "name one, or unset it")


def _kind_of(variable: str, path: Path) -> int | None:
    """Return which kind of file a path is, None where there is none or it cannot be seen yet."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BadSetting(f"{variable} is no path ({error.strerror})", "shorten it") from error
        return None


def check_sqlite(path: Path | None) -> None:
    """Raise `BadSetting` where the index's file would be a folder."""
    if path is not None and _kind_of("DATABASE_URL", path) == stat.S_IFDIR:
        raise BadSetting(
            f"DATABASE_URL: {path} is a folder",
            "for example: sqlite:////srv/nonesuch/index.sqlite3",
        )
