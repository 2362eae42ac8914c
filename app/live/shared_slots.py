"""Slots for making pictures, over all machines of a site: as `app.live.slots`, kept in Redis.

A place in the queue and a slot are leases, which end by themselves, since nothing tells Redis that
a process died. Who makes a picture for longer than `LEASE_S` may have company.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from app.http.errors import Busy
from app.live.slots import BUSY, Slots
from app.ops.redis import Away, Shared

LEASE_S = 30.0  # three times as long as a server that makes pictures may take
_LOOK_AGAIN_S = 0.01
_TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return {0} end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[3]) + 1)
return {1}
"""
_GIVE_BACK = "return {redis.call('ZREM', KEYS[1], ARGV[1])}"


class SharedSlots:
    """Lets a few requests of all machines make a picture; where Redis is away, of this one."""

    def __init__(
        self, shared: Shared, own: Slots, *, at_once: int, waiting: int, threads: int, wait_s: float
    ) -> None:
        self._shared, self._own = shared, own
        self._at_once, self._places, self._wait_s = at_once, at_once + waiting, wait_s
        self._threads = threading.BoundedSemaphore(threads)
        # one request of each process asks for a slot: a long queue costs no more than a short one
        self._first_in_line = threading.Lock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot. Raises `Busy` at once where the queue is full, or after the longest wait."""
        if not self._threads.acquire(blocking=False):
            raise Busy(BUSY)
        try:
            try:
                name = self._wait_for_slot(secrets.token_hex(8))
            except Away:
                name = ""
            if not name:
                with self._own.slot():
                    yield
                return
            try:
                yield
            finally:
                self._give_back("slots", name)
                self._give_back("places", name)
        finally:
            self._threads.release()

    def _wait_for_slot(self, name: str) -> str:
        until = time.monotonic() + self._wait_s
        if not self._take("places", name, self._places, self._wait_s + LEASE_S):
            raise Busy(BUSY)
        try:
            if not self._first_in_line.acquire(timeout=self._wait_s):
                raise Busy(BUSY)
            try:
                while not self._take("slots", name, self._at_once, LEASE_S):
                    if time.monotonic() >= until:
                        raise Busy(BUSY)
                    time.sleep(_LOOK_AGAIN_S)
            finally:
                self._first_in_line.release()
        except BaseException:
            self._give_back("places", name)
            raise
        return name

    def _take(self, what: str, name: str, most: int, lease_s: float) -> bool:
        return bool(self._shared.run(_TAKE, what, name, most, lease_s)[0])

    def _give_back(self, what: str, name: str) -> None:
        with suppress(Away):  # it ends by itself
            self._shared.run(_GIVE_BACK, what, name)
