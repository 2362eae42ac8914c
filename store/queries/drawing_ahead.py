"""Random picks drawn some at a time, and thrown away as soon as the index has changed.

A pick from SQLite makes ten system calls, locks and looks at its file, which cost more than finding
the row. Nobody sees a picture that was taken away before he asked: SQLite counts changes in the
head of its file, and reading that is one call.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

AHEAD = 16  # who draws waits for all of them
_HEAD, _HEAD_BYTES = 16, 12  # page size, two versions, four of other things, counter of changes
_COUNTS = b"\1\1"  # both versions; in a write-ahead log changes are not counted there
_kept: dict[tuple[int, int], int] = {}  # by device and inode

Picked = TypeVar("Picked")


class DrawnAhead(Generic[Picked]):
    """Gives picks that were made some at a time; threads may share it."""

    def __init__(
        self,
        path: Path,
        draw: Callable[[int, Callable[[], bytes]], tuple[Sequence[Picked], bytes]],
    ) -> None:
        """``draw`` makes so many picks in one transaction, and asks a function within it.

        While a transaction reads, no change reaches the file: what its head says then belongs to
        what was picked. Raises `OSError` where there is no file.
        """
        self._file = _descriptor(path)
        self._draw = draw
        self._ready: list[tuple[bytes, Picked]] = []

    def pick(self) -> Picked | None:
        """Return a pick of the index as it is now, None of an empty one; raises what ``draw`` does.

        Picks are as random, and as independent of one another, as one by one. Raises `OSError`
        where the file cannot be read.
        """
        try:
            head, picked = self._ready.pop()
        except IndexError:
            return self._pick_anew()
        if head == self._head():
            return picked
        self._ready.clear()
        return self._pick_anew()

    def _pick_anew(self) -> Picked | None:
        count = AHEAD if self._head()[2:4] == _COUNTS else 1
        picks, head = self._draw(count, self._head)
        if head[2:4] == _COUNTS:
            self._ready.extend((head, picked) for picked in picks[1:])
        return picks[0] if picks else None

    def _head(self) -> bytes:
        return os.pread(self._file, _HEAD_BYTES, _HEAD)


def _descriptor(path: Path) -> int:
    """Return a descriptor of a file, the same as last time; none is ever closed.

    Closing one would end all locks that the process has on that file, SQLite's among them (that is
    how POSIX has it). There are as many as indexes took one another's place while this ran, and the
    disk has room for a deleted one again when the process ends.
    """
    status = path.stat()
    known = _kept.get((status.st_dev, status.st_ino))
    if known is not None:
        return known
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    status = os.fstat(opened)  # it may have been replaced meanwhile
    return _kept.setdefault((status.st_dev, status.st_ino), opened)
