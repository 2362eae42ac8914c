"""How often an address may call: a bucket of tokens each, which fills as time passes.

Counted per worker, without a word between them: a site of two workers lets up to twice as many
calls through, and what the headers say is true of the worker that answered. `CallLimit` is what
another place to count would have to be.
"""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from typing import NamedTuple, Protocol

MOST_ADDRESSES = 10_000  # 2 MB; those that called longest ago are forgotten, which fills theirs
_WINDOW_S = 60


class Standing(NamedTuple):
    """Where a caller stands after a call."""

    allowed: bool
    left: int
    full_in_s: int  # until the bucket is full
    next_in_s: int  # until there is another call


class CallLimit(Protocol):
    """Counts calls."""

    def take(self, who: str) -> Standing:
        """Count a call of an address, if it may make one."""
        ...

    @property
    def policy(self) -> str:
        """The header RateLimit-Policy."""
        ...


class WorkerLimit:
    """Counts in this process."""

    def __init__(self, calls_per_minute: int) -> None:
        self._most = calls_per_minute
        self._per_s = calls_per_minute / _WINDOW_S
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when
        self._counting = threading.Lock()
        self.policy = f'"calls";q={calls_per_minute};w={_WINDOW_S}'

    def take(self, who: str) -> Standing:
        who = subscriber(who)
        now = time.monotonic()
        with self._counting:
            tokens, at = self._buckets.pop(who, (float(self._most), now))
            tokens = min(self._most, tokens + (now - at) * self._per_s)
            allowed = tokens >= 1
            tokens -= allowed
            self._buckets[who] = (tokens, now)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        return Standing(
            allowed,
            int(tokens),
            math.ceil((self._most - tokens) / self._per_s),
            max(1, math.ceil((1 - tokens) / self._per_s)),
        )


def subscriber(address: str) -> str:
    """Return who is counted: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_address(int(found) >> 64 << 64))


def headers(limit: CallLimit, standing: Standing) -> list[tuple[str, str]]:
    """Return RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
    return [
        ("RateLimit-Policy", limit.policy),
        ("RateLimit", f'"calls";r={standing.left};t={standing.full_in_s}'),
    ]
