"""What all processes of a site count together: scripts in Redis, which may be away.

A Redis that does not answer in a quarter of a second is left alone for a few seconds, in which
everybody counts for himself, as without one. So a site never waits for it, and never ends with it.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from core.settings import BadSetting

_PATIENCE_S = 0.25
_LEAVE_ALONE_S = 5.0
log = logging.getLogger(__name__)


class Away(Exception):
    """Redis does not answer, or not as it should."""


class Shared:
    """Runs scripts in one Redis."""

    def __init__(self, url: str) -> None:
        """``url``: redis://, rediss:// or unix://. Raises `BadSetting`; connects to nothing yet."""
        import redis  # 60 ms, for those who have one

        try:
            self._client: Any = redis.Redis.from_url(
                url,
                socket_timeout=_PATIENCE_S,
                socket_connect_timeout=_PATIENCE_S,
                health_check_interval=30,
            )
        except (ValueError, TypeError) as error:
            # its own message may hold the password
            raise BadSetting(
                "REDIS_URL is no address of a Redis", "for example: redis://:password@host:6379/0"
            ) from error
        self._errors = (redis.RedisError, OSError)
        self._scripts: dict[str, Any] = {}
        self._away_until = 0.0

    def run(self, script: str, key: str, *values: str | float) -> Sequence[Any]:
        """Run a Lua script, one of a few, over one key; return what it does. Raises `Away`."""
        if time.monotonic() < self._away_until:
            raise Away
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self._client.register_script(script)
        try:
            found: Sequence[Any] = known(keys=[f"nonesuch:{key}"], args=values)
        except self._errors as error:
            if self._away_until == 0.0:
                log.warning("Redis is away (%s): each process counts for itself", error)
            self._away_until = time.monotonic() + _LEAVE_ALONE_S
            raise Away from error
        if self._away_until:
            log.warning("Redis is back")
            self._away_until = 0.0
        return found


def shared_by(url: str) -> Shared | None:
    """Return what a site counts in, None where it has no Redis. Raises `BadSetting`."""
    return Shared(url) if url else None
