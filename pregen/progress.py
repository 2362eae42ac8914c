"""Progress: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Self

from tqdm import tqdm

LINE_EVERY_S = 10.0


class Progress:
    """Counts pictures as they are recorded; safe to call from the writer's thread."""

    def __init__(self, total: int, echo: Callable[[str], None], unit: str = "picture") -> None:
        self._total, self._echo, self._unit = total, echo, unit
        self.done = 0
        self._started = self._last = time.monotonic()
        self._bar = tqdm(total=total, unit=unit, disable=not sys.stderr.isatty())

    def add(self, count: int) -> None:
        self.done += count
        self._bar.update(count)
        now = time.monotonic()
        if self._bar.disable and (now - self._last > LINE_EVERY_S or self.done == self._total):
            self._last = now
            self._echo(f"{self.done} of {self._total} {self._unit}s, {self.rate:.1f} a second")

    @property
    def rate(self) -> float:
        """Pictures per second so far."""
        return self.done / max(time.monotonic() - self._started, 1e-9)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
