"""Turns: in which order addresses come to work, and who makes room."""

import threading
import time

import pytest

from app.http.errors import Busy
from app.ops.turns import FairTurns


class Callers:
    """Calls in threads of their own, which work until they are told to end."""

    def __init__(self, turns: FairTurns) -> None:
        self.turns = turns
        self.worked: list[str] = []
        self.refused: list[str] = []
        self._ends = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def come(self, *calls: str) -> None:
        """``calls``: an address, and a number; each is in line before the next one comes."""
        for call in calls:
            known = self._known()
            self._threads.append(threading.Thread(target=self._call, args=(call,)))
            self._threads[-1].start()
            until = time.monotonic() + 10
            while self._known() == known:
                assert time.monotonic() < until
                time.sleep(0.001)

    def end_all(self) -> None:
        """Let one after the other end."""
        for _ in self._threads:
            self._ends.release()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _call(self, call: str) -> None:
        try:
            with self.turns.turn(call.partition(" ")[0]):
                self.worked.append(call)
                assert self._ends.acquire(timeout=10)
        except Busy:
            self.refused.append(call)

    def _known(self) -> int:
        return len(self.turns._queue) + len(self.worked) + len(self.refused)


def test_the_first_call_of_an_address_goes_before_the_second_of_another() -> None:
    callers = Callers(FairTurns(5, 10, "busy"))
    callers.come("a 1", "a 2", "a 3", "b 1", "c 1", "b 2")
    callers.end_all()
    assert callers.worked == ["a 1", "b 1", "c 1", "a 2", "b 2", "a 3"]
    assert not callers.refused


def test_who_has_most_makes_room() -> None:
    callers = Callers(FairTurns(3, 10, "busy"))
    callers.come("a 1", "a 2", "a 3", "a 4", "a 5")
    assert callers.refused == ["a 5"]
    callers.come("b 1", "b 2")
    callers.end_all()
    assert callers.worked == ["a 1", "b 1", "a 2", "b 2"]
    assert callers.refused[0] == "a 5" and sorted(callers.refused) == ["a 3", "a 4", "a 5"]


def test_nobody_waits_for_ever() -> None:
    turns = FairTurns(3, 0.05, "busy")
    with turns.turn("a"), pytest.raises(Busy, match="busy"), turns.turn("b"):
        pass
    with turns.turn("b"):  # who went away left nothing behind
        pass


def test_who_fails_ends_a_turn() -> None:
    turns = FairTurns(0, 0.05, "busy")
    with pytest.raises(OSError), turns.turn("a"):
        raise OSError
    with turns.turn("a"):
        pass
