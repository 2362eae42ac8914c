"""The key that signs permalinks: from the settings, else made once and kept."""

import contextlib
import logging
import os
import secrets
import tempfile
from pathlib import Path

from store.settings import Settings

KEY_FILE = "key"
KEY_BYTES = 32

log = logging.getLogger(__name__)


def signing_key(settings: Settings) -> bytes:
    """Return the key; where it can be neither read nor kept, one for this process alone.

    With such a one a link loses its name, not its picture, when the process ends.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.instance_folder / KEY_FILE
    try:
        return _read(path) or _make(path)
    except OSError as error:
        log.warning(
            "no key can be kept in %s (%s): names in permalinks hold until this process ends; "
            "set SECRET_KEY",
            settings.instance_folder,
            error.strerror,
        )
        return secrets.token_bytes(KEY_BYTES)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None


def _make(path: Path) -> bytes:
    """Write a key, unless another worker did in this moment; return what counts.

    A link of a whole file, not a rename: it fails where a key exists, so the first one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    return path.read_bytes()
