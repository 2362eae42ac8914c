"""Turns at work that takes seconds: one call at a time, and no address keeps the others out.

A plain queue is full as soon as one client holds as many connections, and everybody else is
refused. Here the first call of an address goes before the second of any other; where the queue is
full, the address with the most calls in it loses its last one. An address may fill a queue that
nobody else needs: a page asks for many pictures at once, and a proxy asks for many visitors.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.http.errors import Busy
from app.ops.limits import subscriber


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    who: str
    rank: int  # how many calls of the same address were there when it came


class FairTurns:
    """Lets one call of this process work and up to ``waiting`` more wait."""

    def __init__(self, waiting: int, wait_s: float, busy: str) -> None:
        """``wait_s``: seconds that a call waits at most; ``busy``: what a refused call is told."""
        self._most, self._wait_s, self._busy = waiting, wait_s, busy
        self._working: _Call | None = None
        self._queue: list[_Call] = []  # in the order of arrival; empty while nobody works
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, address: str) -> Iterator[None]:
        """Wait for a turn and hold it. Raises `Busy` where there is none in time."""
        with self._changed:
            self._wait(subscriber(address))
        try:
            yield
        finally:
            with self._changed:
                self._working = min(self._queue, key=lambda call: call.rank, default=None)
                if self._working is not None:
                    self._queue.remove(self._working)
                self._changed.notify_all()

    def _wait(self, who: str) -> None:
        present = [call for call in (self._working, *self._queue) if call is not None]
        own = _Call(who, sum(call.who == who for call in present))
        if self._working is None:
            self._working = own
            return
        self._queue.append(own)
        if len(self._queue) > self._most:
            # of the highest rank the latest, which may be this one
            self._queue.remove(max(reversed(self._queue), key=lambda call: call.rank))
            self._changed.notify_all()
        self._changed.wait_for(lambda: own not in self._queue, self._wait_s)
        if self._working is not own:
            if own in self._queue:
                self._queue.remove(own)
            raise Busy(self._busy, "ask again")
