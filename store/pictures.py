"""The store: a folder of categories, each a folder of encoded pictures."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import NonesuchError
from core.files import TEMPORARY_PREFIX, fsync_folder

# made here: the seed, then the first 12 hexadecimal digits of the content's SHA-256
MADE_FILE = re.compile(
    r"(?P<seed>\d{1,10})-(?P<hash>[0-9a-f]{12})\.(?P<extension>webp|jpg|png|avif)"
)
# adopted: anything that is safe in a path and an address
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")
EXTENSIONS = {".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".avif": "avif"}
MEDIA_TYPES = {
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "avif": "image/avif",
}


class StoreUnusable(NonesuchError):
    """The store cannot be written, or is full."""


@dataclass(frozen=True)
class StoredFile:
    """A picture file as found in the folders."""

    category: str
    file: str
    path: Path


def file_name(seed: int, sha256: str, extension: str) -> str:
    """Return the name of a made picture: ``3000005-0f1e2d3c4b5a.webp``."""
    return f"{seed}-{sha256[:12]}.{extension}"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class PictureFolder:
    """Pictures under one folder, written durably, read by category and file name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, category: str, file: str) -> Path | None:
        """Return where a picture lies, or None for names that no picture can have."""
        if not SAFE_NAME.fullmatch(category) or not SAFE_NAME.fullmatch(file):
            return None
        return self.folder / category / file

    def prepare(self, categories: Iterable[str], free_bytes: int) -> None:
        """Make the category folders; remove half-written files of a crashed run.

        Raises `StoreUnusable` when they cannot be written or less than ``free_bytes`` is free.
        """
        try:
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
        for path in self.folder.glob(f"*/{TEMPORARY_PREFIX}*"):
            path.unlink(missing_ok=True)

    def put_all(self, category: str, files: dict[str, bytes]) -> None:
        """Write a batch durably: every file written and synced, then renamed, then the folder.

        A crash leaves whole files and temporary ones, never half a picture.
        """
        folder = self.folder / category
        written: list[tuple[str, Path]] = []
        try:
            for file, data in files.items():
                handle, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
                written.append((temporary, folder / file))
                with os.fdopen(handle, "wb") as opened:
                    opened.write(data)
                    opened.flush()
                    os.fchmod(opened.fileno(), 0o644)
                    os.fsync(opened.fileno())
            for temporary, path in written:
                os.replace(temporary, path)
        except OSError as error:
            for temporary, _ in written:
                Path(temporary).unlink(missing_ok=True)
            raise StoreUnusable(
                f"could not write to {folder} ({error.strerror})",
                "make room or check the disk, then run the same command again: it continues",
            ) from error
        fsync_folder(folder)

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
            if SAFE_NAME.fullmatch(entry.name)
            and Path(entry.name).suffix.lower() in EXTENSIONS
            and entry.is_file(follow_symlinks=False)
        )

    def walk(self) -> Iterator[StoredFile]:
        """Yield every picture file, by category, then by name."""
        for category in self.categories():
            for file in self.files_of(category):
                yield StoredFile(category, file, self.folder / category / file)
