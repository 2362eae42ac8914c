"""Settings that are texts: whether they can be what they are for, before anything uses them."""

import errno
import re
import stat
from pathlib import Path

from core.errors import NonesuchError

LONGEST_NAME = 200  # characters of the site's name
_HOST = re.compile(r"\.?[A-Za-z0-9_.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_REDIS = ("redis://", "rediss://", "unix://")


class BadSetting(NonesuchError):
    """An environment variable that is unknown or out of range."""


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
