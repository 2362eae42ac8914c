"""Progress: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Self

from tqdm import tqdm

from core.durations import in_words

LINE_EVERY_S = 10.0
RATE_OVER_S = 20.0  # of each machine: what it did in the last seconds


class Progress:
    """Counts pictures as they are recorded; safe to call from the writer's thread."""

    def __init__(self, total: int, echo: Callable[[str], None], unit: str = "picture") -> None:
        self._total, self._echo, self._unit = total, echo, unit
        self.done = 0
        self._started = self._last = time.monotonic()
        self._bar = tqdm(total=total, unit=unit, disable=not sys.stderr.isatty())
        self._places: dict[str, deque[tuple[float, int]]] = {}

    def add(self, count: int, place: str = "") -> None:
        """Count pictures; ``place``: on which of several machines they were made."""
        self.done += count
        now = time.monotonic()
        if place:
            self._places.setdefault(place, deque()).append((now, count))
            self._bar.set_postfix_str(self.rates(now), refresh=False)
        self._bar.update(count)
        if self._bar.disable and (now - self._last > LINE_EVERY_S or self.done == self._total):
            self._last = now
            each = f" ({self.rates(now)})" if place else ""
            remaining = self._total - self.done
            left = f", {in_words(remaining / max(self.rate, 1e-9))} left" if remaining else ""
            self._echo(
                f"{self.done} of {self._total} {self._unit}s, {self.rate:.1f} a second{each}{left}"
            )

    def rates(self, now: float) -> str:
        """Return what each machine makes in a second, one that fell silent 0."""
        over = min(RATE_OVER_S, max(now - self._started, 1e-9))
        shown = []
        for place, counts in sorted(self._places.items()):
            while counts and now - counts[0][0] > RATE_OVER_S:
                counts.popleft()
            shown.append(f"{place} {sum(count for _, count in counts) / over:.1f}")
        return ", ".join(shown)

    @property
    def rate(self) -> float:
        """Pictures per second so far."""
        return self.done / max(time.monotonic() - self._started, 1e-9)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
