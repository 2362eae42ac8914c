"""Slots for making pictures: a cap and a bounded queue, over all of a site's workers.

Locks on files, because the kernel drops them with a process that dies, whatever it died of, and
because they need no other server. Each request opens its own handle, so two threads of a worker
exclude each other as two workers do.
"""

import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.http.errors import Busy
from core.locks import lock, open_lock_file, own_temporary_folder

_LOOK_AGAIN_S = 0.001
BUSY = "too many pictures are being made at the moment"


class Slots:
    """Lets a few requests of the whole site make a picture, and a few more wait for that."""

    def __init__(
        self,
        instance_folder: Path,
        *,
        at_once: int,
        waiting: int,
        threads: int,
        wait_s: float,
        name: str = "live",
        busy: str = BUSY,
    ) -> None:
        """``at_once`` and ``waiting`` are of the site, ``threads`` are of this process.

        ``name``: of the folder of the locks; others of that name count together. ``busy``: what
        is said where no slot is free.
        """
        self._instance_folder, self._name, self._busy = instance_folder, name, busy
        self._places = [f"place-{i}" for i in range(at_once + waiting)]
        self._slots = [f"slot-{i}" for i in range(at_once)]
        self._wait_s = wait_s
        self._threads = threading.BoundedSemaphore(threads)
        # one request of each process looks for a slot, every millisecond: so none of them has an
        # advantage, and a long queue costs no more than a short one
        self._first_in_line = threading.Lock()
        self._making_folder = threading.Lock()
        self._folder: str | None = None

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot. Raises `Busy` at once where the queue is full, or after the longest wait."""
        if not self._threads.acquire(blocking=False):
            raise Busy(self._busy)
        try:
            place = self._try_one_of(self._places)
            if place is None:
                raise Busy(self._busy)
            try:
                slot = self._wait_for_slot(time.monotonic() + self._wait_s)
                try:
                    yield
                finally:
                    os.close(slot)
            finally:
                os.close(place)
        finally:
            self._threads.release()

    def _wait_for_slot(self, until: float) -> int:
        if not self._first_in_line.acquire(timeout=max(0.0, until - time.monotonic())):
            raise Busy(self._busy)
        try:
            while (slot := self._try_one_of(self._slots)) is None:
                if time.monotonic() >= until:
                    raise Busy(self._busy)
                time.sleep(_LOOK_AGAIN_S)
            return slot
        finally:
            self._first_in_line.release()

    def _try_one_of(self, names: Sequence[str]) -> int | None:
        """Return a file that is now locked by this request, or None: all are taken."""
        first = random.randrange(len(names))
        for name in (*names[first:], *names[:first]):
            file = self._open(name)
            try:
                if lock(file):
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)
        return None

    def _open(self, name: str) -> int:
        try:
            return open_lock_file(f"{self._folder or self._make_folder()}/{name}")
        except FileNotFoundError:  # somebody has tidied up
            self._folder = None
            return open_lock_file(f"{self._make_folder()}/{name}")

    def _make_folder(self) -> str:
        """Return a folder that all workers of this site agree upon and may write to."""
        with self._making_folder:
            if self._folder is None:
                folder = self._instance_folder / self._name
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                    os.close(open_lock_file(folder / "slot-0"))
                except OSError:  # the site may stand on a read-only disk
                    folder = _temporary_folder(self._instance_folder / self._name)
                self._folder = os.fspath(folder)
            return self._folder


def _temporary_folder(instance_folder: Path) -> Path:
    name = hashlib.sha256(os.fspath(instance_folder.absolute()).encode()).hexdigest()[:16]
    return own_temporary_folder(name)
