"""Sessions that their owner has left: a copy of such a cookie opens nothing any more.

    instance/curate-left/<hash of the session's number>     empty; its mtime: when it was left

Kept as long as a cookie can last. Of all machines together where they have a Redis.
"""

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from app.http.errors import NotCuratedHere
from app.ops.redis import Away, Shared

FOLDER = "curate-left"
_LEAVE = "redis.call('SET', KEYS[1], 1, 'EX', ARGV[1]) return {1}"
_HAS_LEFT = "return {redis.call('EXISTS', KEYS[1])}"


class LeftSessions:
    """The sessions of one site that were left."""

    def __init__(self, instance: Path, lasts_s: int, shared: Shared | None = None) -> None:
        self._folder = instance / FOLDER
        self._lasts_s = lasts_s
        self._shared = shared

    def add(self, number: str) -> None:
        """End a session for good. Raises `NotCuratedHere` where that cannot be written down."""
        name = _name_of(number)
        if self._shared is not None:
            with suppress(Away):
                self._shared.run(_LEAVE, f"left:{name}", self._lasts_s)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).touch()
            self._forget_old()
        except OSError as error:
            raise NotCuratedHere(
                f"that this session ended cannot be written down ({error.strerror})",
                "end all sessions with a new token: flask curate token --new",
            ) from error

    def has(self, number: str) -> bool:
        """Say whether a session was left, here or on another machine."""
        name = _name_of(number)
        if (self._folder / name).exists():
            return True
        if self._shared is not None:
            with suppress(Away):
                return bool(self._shared.run(_HAS_LEFT, f"left:{name}")[0])
        return False

    def _forget_old(self) -> None:
        expired = time.time() - self._lasts_s
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < expired:
                    path.unlink()


def _name_of(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:32]
