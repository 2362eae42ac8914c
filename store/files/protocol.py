"""What the pictures of a store are called, and the seam: what every store can do.

A store holds encoded pictures by category and file name. It is a folder (`store.files.folder`)
or lies in a bucket (`store.files.bucket`); `store.files.opening` says which.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from core.errors import NonesuchError
from core.gathering.census import Census

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
    """A store that cannot be read or written, is full, or does not answer."""


@dataclass(frozen=True)
class StoredFile:
    """A picture file as found in a store."""

    category: str
    file: str


def file_name(seed: int, sha256: str, extension: str) -> str:
    """Return the name of a made picture: ``3000005-0f1e2d3c4b5a.webp``."""
    return f"{seed}-{sha256[:12]}.{extension}"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names_of(file: str, sha256: str) -> list[str]:
    """Return the names that a picture can have beside others of its category, best first.

    Its own, and where that belongs to another picture ``mine.<12 digits of its SHA-256>.png``,
    then one with all 64: nobody takes a name away from another.
    """
    stem, _, ending = file.rpartition(".")
    return [file, *(f"{stem[:120]}.{sha256[:digits]}.{ending}" for digits in (12, 64))]


def is_picture_name(file: str) -> bool:
    """Say whether a name is safe in an address and has a picture's ending."""
    return bool(SAFE_NAME.fullmatch(file)) and Path(file).suffix.lower() in EXTENSIONS


class PictureStore(Protocol):
    """Where pictures are; every method may raise `StoreUnusable`."""

    place: str  # for people: a path, or s3://bucket/prefix/images
    at_once: int  # calls that are worth making at the same time

    def beside(self, name: str, instance: Path) -> Self:
        """Return the store beside this one, of the same kind, for pictures that are not live."""
        ...

    def prepare(self, categories: Iterable[str], free_bytes: int) -> None:
        """Make sure that these categories can be written and that there is room."""
        ...

    def put_all(self, category: str, files: dict[str, bytes], *, keep_others: bool = False) -> None:
        """Write pictures; when it returns they are durable, and none is ever half there.

        What is under one of the names is replaced; with ``keep_others`` it stays in the category,
        under a name of its own (`names_of`), where it is another picture.
        """
        ...

    def categories(self) -> list[str]:
        """Return the names of the categories that there are, sorted."""
        ...

    def files_of(self, category: str) -> list[str]:
        """Return the picture file names of a category, sorted."""
        ...

    def sizes_of(self, category: str) -> dict[str, int]:
        """Return file name → bytes of a category's pictures, by name."""
        ...

    def stamps_of(self, category: str) -> dict[str, tuple[int, int]]:
        """Return file name → bytes and modification time in ns of a category's pictures."""
        ...

    def walk(self) -> Iterator[StoredFile]:
        """Yield every picture, by category, then by name."""
        ...

    def census(self) -> Census:
        """Count all files: as taken those that may be pictures, the others by reason."""
        ...

    def has(self, category: str, file: str) -> bool:
        """Say whether a picture is there."""
        ...

    def read(self, category: str, file: str) -> bytes | None:
        """Return a picture's bytes; None where it is not there."""
        ...

    def read_all(self, category: str, files: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each of these files with its bytes, in order."""
        ...

    def remove(self, category: str, file: str) -> None:
        """Delete a picture, if it is there."""
        ...

    def copy_to(
        self, other: Self, category: str, file: str, name: str, data: bytes | None, into: str = ""
    ) -> bool:
        """Put a picture into a store beside this one under a name.

        ``data``: its bytes, None where they cannot be read; ``into``: another category. Nothing is
        overwritten: False where another picture has that name there.
        """
        ...

    def give_to(self, category: str, file: str, target: Path) -> bool:
        """Write a copy of a picture to a path; False where it is not here. Raises OSError."""
        ...

    def leave(self, category: str) -> None:
        """Remove what an empty category leaves behind; nothing where it holds anything."""
        ...

    def sync(self, category: str) -> None:
        """Make what was copied into a category durable."""
        ...
