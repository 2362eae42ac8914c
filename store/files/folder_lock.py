"""Who else writes into a folder: a lock that is shared by all who do, as long as they live."""

import os
import weakref
from pathlib import Path

from core.locks import FOREVER, lock


class Presence:
    """Held by one who writes into a folder; a process that dies lets go of it."""

    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        weakref.finalize(self, os.close, self._handle)

    def alone(self) -> bool:
        """Say whether nobody else holds it; then nobody else gets it before `share`.

        False too where the file system has no locks.
        """
        return lock(self._handle, unsupported=False)

    def share(self) -> None:
        """Hold it together with others, where the file system has locks."""
        lock(self._handle, shared=True, wait_s=FOREVER, unsupported=False)
