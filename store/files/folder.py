"""The store as a folder: of categories, each a folder of encoded pictures."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.files import NO_LINK, TEMPORARY_PREFIX, copy_to_path, fsync_folder, rename_to_free
from core.gathering.census import Census
from core.gathering.walk import HELPER_FOLDERS, walk
from store.files.folder_lock import Presence
from store.files.protocol import (
    SAFE_NAME,
    StoredFile,
    StoreUnusable,
    digest,
    is_picture_name,
    names_of,
)
from store.files.strangers import census_of


class PictureFolder:
    """Pictures under one folder, written durably, read by category and file name."""

    at_once = 1  # a disk gains nothing by more

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = str(folder)

    def beside(self, name: str, instance: Path) -> "PictureFolder":
        """Return the store of pictures that are not live, under the instance folder."""
        return PictureFolder(instance / name)

    def path(self, category: str, file: str) -> Path | None:
        """Return where a picture lies, or None for names that no picture can have."""
        if not SAFE_NAME.fullmatch(category) or not SAFE_NAME.fullmatch(file):
            return None
        return self.folder / category / file

    def prepare(self, categories: Iterable[str], free_bytes: int) -> None:
        """Make the category folders; remove half-written files of a crashed run.

        What another run is writing at the moment stays: see `Presence`. Raises `StoreUnusable` when
        the folders cannot be written or less than ``free_bytes`` is free.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for category in categories:
                (self.folder / category).mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=self.folder / category):
                    pass
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise StoreUnusable(
                f"the store {self.folder} cannot be written ({error.strerror})",
                "check its owner and mode, or set NONESUCH_IMAGES_FOLDER",
            ) from error
        if free < free_bytes:
            raise StoreUnusable(
                f"the store's disk has {free // 2**20} MB free and needs {free_bytes // 2**20} MB",
                "make room, lower --samples, or lower NONESUCH_FREE_SPACE_FLOOR_MB",
            )
        self._presence = Presence(self.folder)  # until this store is let go of
        if self._presence.alone():
            for path in self.folder.glob(f"*/{TEMPORARY_PREFIX}*"):
                path.unlink(missing_ok=True)
        self._presence.share()

    def put_all(self, category: str, files: dict[str, bytes], *, keep_others: bool = False) -> None:
        """Write a batch durably: every file written and synced, then renamed, then the folder.

        A crash leaves whole files and temporary ones, never half a picture. ``keep_others``: what
        has one of the names and is another picture stays, under a name of its own.
        """
        folder = self.folder / category
        written: list[tuple[str, Path]] = []
        try:
            folder.mkdir(exist_ok=True)  # it may have been renamed meanwhile: its rows say so
            for file, data in files.items():
                handle, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
                written.append((temporary, folder / file))
                with os.fdopen(handle, "wb") as opened:
                    opened.write(data)
                    opened.flush()
                    os.fchmod(opened.fileno(), 0o644)
                    os.fsync(opened.fileno())
            for temporary, path in written:
                if keep_others:
                    self._make_way(category, path.name, files[path.name])
                os.replace(temporary, path)
        except OSError as error:
            for temporary, _ in written:
                Path(temporary).unlink(missing_ok=True)
            raise StoreUnusable(
                f"could not write to {folder} ({error.strerror})",
                "make room or check the disk, then run the same command again: it continues",
            ) from error
        fsync_folder(folder)

    def _make_way(self, category: str, file: str, data: bytes) -> None:
        """Give a file another name where it is not what is about to be written over it."""
        path = self.folder / category / file
        if not os.path.lexists(path):
            return
        there = self.read(category, file)
        if there == data:
            return
        # what cannot be read is not lost either
        own = digest(there) if there is not None else secrets.token_hex(32)
        for name in names_of(file, own)[1:]:
            try:
                rename_to_free(path, path.with_name(name))
            except FileExistsError:
                continue
            return
        raise StoreUnusable(
            f"{path} is in the way of another picture", "look at it, and rename or move it"
        )

    def categories(self) -> list[str]:
        """Return the names of the category folders, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(
            entry.name
            for entry in os.scandir(self.folder)
            if entry.is_dir(follow_symlinks=False) and SAFE_NAME.fullmatch(entry.name)
        )

    def files_of(self, category: str) -> list[str]:
        """Return the picture file names of a category, sorted."""
        try:
            entries = os.scandir(self.folder / category)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(
            entry.name
            for entry in entries
            if is_picture_name(entry.name) and entry.is_file(follow_symlinks=False)
        )

    def sizes_of(self, category: str) -> dict[str, int]:
        """Return file name → bytes of a category's pictures, by name."""
        return {file: size for file, (size, _) in self.stamps_of(category).items()}

    def stamps_of(self, category: str) -> dict[str, tuple[int, int]]:
        """Return file name → bytes and modification time in ns of a category's pictures."""
        found = {}
        for file in self.files_of(category):
            with suppress(FileNotFoundError):  # it went since
                about = (self.folder / category / file).lstat()
                found[file] = (about.st_size, about.st_mtime_ns)
        return found

    def walk(self) -> Iterator[StoredFile]:
        """Yield every picture file, by category, then by name."""
        for category in self.categories():
            for file in self.files_of(category):
                yield StoredFile(category, file)

    def census(self) -> Census:
        """Count all files: as taken those that may be pictures, the others by reason."""
        if not self.folder.is_dir():
            return Census()
        with os.scandir(self.folder) as entries:
            folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        odd = [name for name in folders if name.lower() not in HELPER_FOLDERS]
        return census_of(walk(self.folder, by_name=True), odd)

    def has(self, category: str, file: str) -> bool:
        """Say whether a picture is there."""
        path = self.path(category, file)
        return path is not None and path.is_file()

    def read(self, category: str, file: str) -> bytes | None:
        """Return a picture's bytes; None where it is not there or cannot be read."""
        path = self.path(category, file)
        if path is None:
            return None
        try:
            with open(path, "rb", opener=_no_link) as opened:
                return opened.read()
        except OSError:
            return None

    def read_all(self, category: str, files: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each file of a category with its bytes, in order."""
        for file in files:
            yield file, self.read(category, file)

    def remove(self, category: str, file: str) -> None:
        """Delete a picture, if it is there. Raises `StoreUnusable`."""
        path = self._named(category, file)
        with _refusals(path.parent):
            path.unlink(missing_ok=True)

    def copy_to(
        self, other: "PictureFolder", category: str, file: str, name: str, data: bytes | None,
        into: str = "",
    ) -> bool:  # fmt: skip
        """Put a picture into another folder under a name; False where that is another picture's.

        ``into``: another category there. A hard link where that can be, else a copy of ``data``;
        `sync` of the other folder makes it durable. Raises `StoreUnusable`.
        """
        into = into or category
        source, target = self._named(category, file), other._named(into, name)
        with _refusals(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                if not _link(source, target):
                    if data is None:
                        raise PermissionError(errno.EACCES, f"cannot read {source}")
                    _copy(data, target)
            except FileExistsError:
                return data is not None and other.read(into, name) == data
        return True

    def give_to(self, category: str, file: str, target: Path) -> bool:
        """Write a copy of a picture to a path; False where it is not here. Raises OSError.

        Never a hard link: whoever has the copy may change it in place.
        """
        try:
            handle = _no_link(os.fspath(self._named(category, file)), os.O_RDONLY)
        except OSError:
            return False
        with os.fdopen(handle, "rb") as opened:
            copy_to_path(opened, target)
        return True

    def leave(self, category: str) -> None:
        """Remove a category's folder where it is empty."""
        if SAFE_NAME.fullmatch(category):
            with suppress(OSError):
                (self.folder / category).rmdir()

    def sync(self, category: str) -> None:
        """Make what was brought into a category's folder durable."""
        if (self.folder / category).is_dir():
            fsync_folder(self.folder / category)

    def _named(self, category: str, file: str) -> Path:
        path = self.path(category, file)
        if path is None:
            raise StoreUnusable(f"{category}/{file} is no name of a picture")
        return path


def _no_link(path: str, flags: int) -> int:
    """Open a file; a link might lead out of the folder."""
    return os.open(path, flags | os.O_NOFOLLOW)


def _link(source: Path, target: Path) -> bool:
    """Make a hard link; False on another device, or a file system without links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        return False
    return True


def _copy(data: bytes, target: Path) -> None:
    """Write a file durably; raise FileExistsError where there is one of that name."""
    handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as writing:
            writing.write(data)
            writing.flush()
            os.fchmod(writing.fileno(), 0o644)
            os.fsync(writing.fileno())
        rename_to_free(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
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
