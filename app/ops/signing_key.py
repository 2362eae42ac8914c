"""The key that signs permalinks: from the settings, else made once and kept."""

import secrets
from pathlib import Path

from core.errors import NonesuchError
from core.files import write_durably
from core.locks import FOREVER, lock, lock_file
from core.settings import Settings

KEY_FILE = "key"
LOCK_FILE = "key.lock"
KEY_BYTES = 32


class NoKey(NonesuchError):
    """A key that this user cannot read, or that cannot be kept."""


def signing_key(settings: Settings, *, is_serving: bool) -> bytes:
    """Return the key, which is made where there is none.

    Raises `NoKey` where a site serves and its key can be neither read nor kept: each worker would
    sign with one of its own, and refuse what the others have signed. A command then gets one for
    itself alone: nothing that it signs outlives it.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.instance_folder / KEY_FILE
    try:
        return _read(path) or _make(path)
    except OSError as error:
        if not is_serving:
            return secrets.token_bytes(KEY_BYTES)
        if path.exists():
            raise NoKey(
                f"the key {path} cannot be read ({error.strerror})",
                "make the user that serves its owner (chown), or set SECRET_KEY",
            ) from error
        raise NoKey(
            f"no key can be kept in {settings.instance_folder} ({error.strerror})",
            "let the user that serves write there, or set SECRET_KEY, for example to what this "
            "prints: python -c 'import secrets; print(secrets.token_hex(32))'",
        ) from error


def _read(path: Path) -> bytes | None:
    """Return the key; None where there is none, or an empty file in its place."""
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None


def _make(path: Path) -> bytes:
    """Write a key, unless another worker did in this moment; return what counts.

    Under a lock and by a rename: a hard link would say as well who was first, but not all file
    systems have them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock_file(path.parent / LOCK_FILE) as handle:
        lock(handle, wait_s=FOREVER)
        known = _read(path)
        if known is None:
            known = secrets.token_hex(KEY_BYTES).encode()
            write_durably(path, known, 0o600)
        return known
