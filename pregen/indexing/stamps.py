"""What `flask index` read before: size and time of each file, so that it reads only what changed.

    instance/read/<state>/<category>.json    file → bytes, modification time in ns, SHA-256

A cache: the index says what a picture is, and where the two differ the file is read again. Times
are those of this machine's disk, so it lies in the instance folder and not in the index.
"""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from core.files import write_durably
from store.files.protocol import PictureStore
from store.files.reading import READING

FOLDER = "read"
# a file that changes again at once may get the same time: one so young is read once more
_YOUNG_NS = 2_000_000_000

Stamp = tuple[int, int]  # bytes, modification time in ns


class Stamps:
    """The stamps of one category where pictures of one state lie, as they were and as they are."""

    def __init__(self, instance: Path, store: PictureStore, state: str, slug: str) -> None:
        self._path = instance / FOLDER / state / f"{slug}.json"
        self._began_ns = time.time_ns()
        self._now = store.stamps_of(slug)
        self._before = _read(self._path)

    @property
    def files(self) -> list[str]:
        """Return the names of all files, sorted."""
        return sorted(self._now)

    def unchanged(self, hashes: Mapping[str, str]) -> set[str]:
        """Return the files that were read as they are; ``hashes``: file → SHA-256 by its row."""
        return {
            file
            for file, (size, mtime_ns) in self._now.items()
            if file in hashes and self._before.get(file) == [size, mtime_ns, hashes[file]]
        }

    def keep(self, hashes: Mapping[str, str]) -> None:
        """Remember the files that were read; ``hashes``: file → SHA-256 of what was in it."""
        kept = {
            file: [size, mtime_ns, hashes[file]]
            for file, (size, mtime_ns) in self._now.items()
            if file in hashes and mtime_ns < self._began_ns - _YOUNG_NS
        }
        if kept == self._before:
            return
        with suppress(OSError):  # a cache: without it all is read again
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps({"reading": READING, "files": kept}).encode())


def forget(instance: Path) -> None:
    """Forget all stamps, so that everything is read."""
    shutil.rmtree(instance / FOLDER, ignore_errors=True)


def _read(path: Path) -> dict[str, list[object]]:
    try:
        found = json.loads(path.read_bytes())
        files = found["files"] if found["reading"] == READING else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return files if isinstance(files, dict) else {}
