"""Requests counted by all workers of a server, in a file that they share.

Each worker adds to a slot of its own, which it holds by a lock on one byte of the file; who takes
the place of a worker that ended goes on where that one stopped, so counts never fall. The file is
the server's, named by the process that started the workers: two servers of one machine count
apart, each for itself. Counting a request takes about a microsecond.
"""

import mmap
import os
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from core.locks import lock_byte, own_temporary_folder

KIND_OF = {
    "/": "page", "/i": "page", "/c": "gallery", "/gallery": "gallery", "/categories": "gallery",
    "/favourites": "gallery", "/images": "picture", "/sized": "picture", "/static": "file",
    "/random": "random", "/seed": "seed", "/api": "api", "/live": "live", "/play": "play",
    "/avatar": "seed", "/today": "picture", "/feed": "file", "/oembed": "api",
    "/morphs": "morphs", "/curate": "owner", "/healthz": "check", "/metrics": "check",
}  # fmt: skip
OTHER = "other"
KINDS = (*dict.fromkeys(KIND_OF.values()), OTHER)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOTS = 64  # workers of one server
_SUM = len(CLASSES) + len(BOUNDS_S) + 1  # after the classes and the buckets: microseconds
_CELLS = _SUM + 1
_SLOT_BYTES = 8 * _CELLS * len(KINDS)
_ROW_OF = {kind: number * _CELLS for number, kind in enumerate(KINDS)}


class Counted(NamedTuple):
    """What was counted of one kind of address."""

    kind: str
    classes: tuple[int, ...]  # as `CLASSES`
    buckets: tuple[int, ...]  # up to each of `BOUNDS_S`, and beyond; not cumulative
    seconds: float


class RequestCounts:
    """Counts the requests of this process, and knows those of all workers beside it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: memoryview | None = None
        self._all: memoryview | None = None
        self._pid = 0

    def add(self, kind: str, status: str, seconds: float) -> None:
        """Count one answer."""
        if self._pid != os.getpid():
            self._open()
        cells = self._cells
        if cells is None:
            return
        row = _ROW_OF[kind]
        with self._lock:
            cells[row + ord(status[0]) - 49] += 1
            cells[row + len(CLASSES) + bisect_left(BOUNDS_S, seconds)] += 1
            cells[row + _SUM] += int(seconds * 1e6)

    def read(self) -> Iterable[Counted]:
        """Yield what all workers have counted together."""
        if self._pid != os.getpid():
            self._open()
        if self._all is None:
            return
        width = len(self._all) // SLOTS
        for kind, row in _ROW_OF.items():
            cells = [sum(self._all[row + cell :: width].tolist()) for cell in range(_CELLS)]
            buckets = tuple(cells[len(CLASSES) : _SUM])
            yield Counted(kind, tuple(cells[: len(CLASSES)]), buckets, cells[_SUM] / 1e6)

    def _open(self) -> None:
        """Map the file and take a slot; after a fork once more."""
        with self._lock:
            if self._pid == os.getpid():
                return
            handle = _open_file()
            os.ftruncate(handle, SLOTS * _SLOT_BYTES)
            self._all = memoryview(mmap.mmap(handle, SLOTS * _SLOT_BYTES)).cast("Q")
            # the handle stays open: closing any of this file would let the lock go
            slot = next((i for i in range(SLOTS) if lock_byte(handle, i)), None)
            width = _SLOT_BYTES // 8
            self._cells = None if slot is None else self._all[slot * width : (slot + 1) * width]
            self._pid = os.getpid()


def kind_of(path: str) -> str:
    """Return the kind of an address, one of `KINDS`."""
    end = path.find("/", 1)
    part = path if end < 0 else path[:end]
    return KIND_OF.get(part) or KIND_OF.get(part.partition(".")[0], OTHER)


class CountingRequests:
    """A WSGI layer around everything: counts when an answer begins."""

    def __init__(self, application: Callable[..., Iterable[bytes]], counts: RequestCounts) -> None:
        self._application, self._add = application, counts.add

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        began = perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            self._add(kind_of(environ["PATH_INFO"]), status, perf_counter() - began)
            return start_response(status, headers, *error)

        return self._application(environ, start)


def _open_file() -> int:
    folder = own_temporary_folder()
    for old in folder.glob("requests-*"):
        if not Path(f"/proc/{old.name.split('-')[1]}").exists() and Path("/proc").exists():
            with suppress(OSError):
                old.unlink()
    parent = os.getppid()
    path = folder / f"requests-{parent}-{_started(parent)}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _started(pid: int) -> str:
    """Return when a process began: a number may be given again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "0"
