"""The index as the site holds it: opened at the first question, and again when it is replaced.

So commands work before there is an index, and a site that was started over an empty folder shows
its pictures as soon as there are some.
"""

import threading
import time
from collections.abc import Mapping

from core.settings import Settings
from store.index.database import IndexAway, IndexLocked, check_revision, open_engine
from store.queries.reader import IndexReader

_LOOK_AGAIN_S = 1.0
_LEAVE_ALONE_S = 1.0


class OpenIndex:
    """Gives the reader of the index that is there now."""

    def __init__(self, settings: Settings, names: Mapping[str, str] | None = None) -> None:
        """``names``: slug → what the owner calls a category, whatever the index does."""
        self._names = names
        self._settings = settings
        self._opening = threading.Lock()
        self._reader: IndexReader | None = None
        self._identity: tuple[int, int] | None = None
        self._looked = 0.0
        self._away: tuple[float, IndexAway | IndexLocked] | None = None

    def reader(self) -> IndexReader:
        """Return a reader of an index of this program's version.

        Raises `IndexMissing` and `IndexUnusable`, at every call until it is mended.
        """
        reader = self._reader
        now = time.monotonic()
        if reader is None or now - self._looked > _LOOK_AGAIN_S:
            with self._opening:
                identity = self._file_identity()
                if self._reader is None or identity is None or identity != self._identity:
                    self._reader = None
                    if self._away is not None and time.monotonic() - self._away[0] < _LEAVE_ALONE_S:
                        raise self._away[1]
                    self._reader = self._open()
                    self._identity = identity
                self._looked = now
                reader = self._reader
        return reader

    def _open(self) -> IndexReader:
        engine = open_engine(self._settings)
        try:
            check_revision(engine)
        except (IndexAway, IndexLocked) as error:
            # it takes seconds to find out, and others wait meanwhile
            self._away = (time.monotonic(), error)
            raise
        self._away = None
        return IndexReader(engine, self._names)

    def _file_identity(self) -> tuple[int, int] | None:
        """Return what changes when another file takes the index's place; None: it is gone."""
        path = self._settings.sqlite_path
        if path is None:
            return (0, 0)
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
