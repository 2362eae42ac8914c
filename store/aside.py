"""Files of pictures that are not live: beside the store, where no address leads.

    instance/rejected/<category>/<file>    the owner threw it out
    instance/off/<category>/<file>         its category is switched off

Rows decide, files follow. What is taken out is moved after its row is committed; what comes back
is linked into the store before, and its copy here removed afterwards. A crash between leaves a
file too many, never one too few, and doing the same again mends it.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.files import TEMPORARY_PREFIX, fsync_folder
from store.pictures import PictureFolder, StoreUnusable
from store.states import OFF, REJECTED

_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP)
FOLDERS = {REJECTED: "rejected", OFF: "off"}  # by a picture's state, under the instance folder


class Aside:
    """The folders of rejected and of switched-off pictures, beside a store."""

    def __init__(self, folder: PictureFolder, instance: Path) -> None:
        self.folder = folder
        self.instance = instance
        self.beside = {state: PictureFolder(instance / name) for state, name in FOLDERS.items()}

    def take(self, state: str, slug: str, file: str) -> None:
        """Move a file out of the store, if it is still there. Raises `StoreUnusable`."""
        source, target = self._paths(state, slug, file)
        if not source.exists():
            return
        with _refusals(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.replace(source, target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy(source, target)
                source.unlink()

    def bring(self, state: str, slug: str, file: str) -> bool:
        """Put a file into the store again and keep it here too; False: there is none anywhere.

        Raises `StoreUnusable`.
        """
        target, source = self._paths(state, slug, file)
        if target.exists():
            return True
        if not source.exists():
            return False
        with _refusals(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError as error:
                # a store on another device, or a file system without links
                if error.errno not in _NO_LINK:
                    raise
                _copy(source, target)
        return True

    def drop(self, state: str, slug: str, file: str) -> None:
        """Remove a file from here; the store has it. Raises `StoreUnusable`."""
        kept, path = self._paths(state, slug, file)
        if kept.exists():
            with _refusals(path.parent):
                path.unlink(missing_ok=True)

    def sync(self, slug: str) -> None:
        """Make what was brought into a category's folder durable."""
        if (self.folder.folder / slug).is_dir():
            fsync_folder(self.folder.folder / slug)

    def _paths(self, state: str, slug: str, file: str) -> tuple[Path, Path]:
        store, aside = self.folder.path(slug, file), self.beside[state].path(slug, file)
        if store is None or aside is None:
            raise StoreUnusable(f"{slug}/{file} is no name of a picture")
        return store, aside


def _copy(source: Path, target: Path) -> None:
    temporary = target.parent / f"{TEMPORARY_PREFIX}{target.name}"
    with source.open("rb") as reading, temporary.open("wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())
    os.replace(temporary, target)
    fsync_folder(target.parent)


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnusable(
            f"could not write to {folder} ({error.strerror})",
            "check its owner, mode and disk, then do the same again: it continues",
        ) from error
