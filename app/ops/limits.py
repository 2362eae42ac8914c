"""How often an address may call: a bucket of tokens each, which fills as time passes.

Counted per worker, without a word between them: a site of two workers lets up to twice as many
calls through, and what the headers say is true of the worker that answered. With Redis all workers
of all machines count together, and only while it is away each for itself again.
"""

import hashlib
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from typing import NamedTuple, Protocol

from app.ops.redis import Away, Shared

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
        return _standing(allowed, tokens, self._most)


_TAKE = """
local t = redis.call('TIME')
local now, most = t[1] + t[2] / 1000000, tonumber(ARGV[1])
local per_s = tonumber(ARGV[2])
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(known[1]) or most
tokens = math.min(most, tokens + (now - (tonumber(known[2]) or now)) * per_s)
local allowed = tokens >= 1 and 1 or 0
tokens = tokens - allowed
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens))
redis.call('HSET', KEYS[1], 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((most - tokens) / per_s) + 1)
return {allowed, string.format('%.6f', tokens)}
"""


class SharedLimit:
    """Counts in Redis, for all workers of all machines; in this process while that is away."""

    def __init__(self, shared: Shared, calls_per_minute: int, key: bytes) -> None:
        """``key``: addresses are known in Redis by a hash with this key, for a minute."""
        self._shared, self._own, self._key = shared, WorkerLimit(calls_per_minute), key[:64]
        self._most = calls_per_minute
        self.policy = self._own.policy

    def take(self, who: str) -> Standing:
        name = hashlib.blake2b(subscriber(who).encode(), digest_size=12, key=self._key).hexdigest()
        try:
            allowed, tokens = self._shared.run(
                _TAKE, f"calls:{name}", self._most, self._most / _WINDOW_S
            )
        except Away:
            return self._own.take(who)
        return _standing(bool(allowed), float(tokens), self._most)


def call_limit(calls_per_minute: int, shared: Shared | None, key: bytes) -> CallLimit | None:
    """Return what counts calls; None where there may be any number."""
    if not calls_per_minute:
        return None
    if shared is None:
        return WorkerLimit(calls_per_minute)
    return SharedLimit(shared, calls_per_minute, key)


def _standing(allowed: bool, tokens: float, most: int) -> Standing:
    per_s = most / _WINDOW_S
    return Standing(
        allowed,
        int(tokens),
        math.ceil((most - tokens) / per_s),
        max(1, math.ceil((1 - tokens) / per_s)),
    )


def subscriber(address: str) -> str:
    """Return who is counted: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        found = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return _without_port(address)[:64]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_address(int(found) >> 64 << 64))


def _without_port(address: str) -> str:
    """Return an address as X-Forwarded-For should give it; some clouds add the caller's port."""
    if address.startswith("["):  # of IPv6: [2001:db8::1]:443
        return address[1:].partition("]")[0]
    host, _, port = address.rpartition(":")
    return host if port.isdecimal() and ":" not in host and host else address


def headers(limit: CallLimit, standing: Standing) -> list[tuple[str, str]]:
    """Return RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
    return [
        ("RateLimit-Policy", limit.policy),
        ("RateLimit", f'"calls";r={standing.left};t={standing.full_in_s}'),
    ]
