"""The store in a bucket: S3, or whatever speaks its language, through obstore.

    s3://bucket/prefix/images/<category>/<file>      live pictures
    s3://bucket/prefix/rejected/<category>/<file>    thrown out (`store.files.quarantine`)
    s3://bucket/prefix/off/<category>/<file>         of categories that are switched off
    s3://bucket/prefix/set-aside/<category>/<file>   no pictures of the index

An object appears whole or not at all, and is durable once the server has said so. What is put is
sent with its SHA-256, which the server compares with what arrived, and only where there is
nothing under its name: what is there is the same picture, or another one.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError

from core.gathering.census import Census
from store.files.bucket_errors import NO_BUCKET, explain
from store.files.parallel import in_parallel
from store.files.protocol import (
    MEDIA_TYPES,
    SAFE_NAME,
    StoredFile,
    StoreUnusable,
    digest,
    is_picture_name,
    names_of,
)
from store.files.strangers import as_found, census_of

if TYPE_CHECKING:
    from obstore import GetResult, PutMode
    from obstore.store import S3Store

IN_FLIGHT = 16  # requests at the same time
_IMMUTABLE = "public, max-age=31536000, immutable"


class PictureBucket:
    """Pictures under one folder of a bucket's prefix; safe to share between threads."""

    at_once = IN_FLIGHT

    def __init__(self, objects: "S3Store", folder: str, address: str) -> None:
        """``objects``: the bucket with its prefix; ``address``: s3://bucket/prefix, for people."""
        self._objects, self._folder, self._address = objects, folder, address
        self.place = f"{address}/{folder}"

    def beside(self, name: str, instance: Path) -> "PictureBucket":  # noqa: ARG002
        """Return the store of pictures that are not live: in the bucket too."""
        return PictureBucket(self._objects, name, self._address)

    def prepare(self, categories: Iterable[str], free_bytes: int) -> None:  # noqa: ARG002
        """See whether the bucket can be written, before anything is made. Raises `StoreUnusable`.

        Nothing is to be made room for, and there are no folders.
        """
        probe = f"{self._folder}/.probe-{secrets.token_hex(8)}"
        self.categories()  # to a bucket that is missing some servers say no more than no
        with self._refusals():
            obstore.put(self._objects, probe, b"", mode="create", use_multipart=False)
            obstore.delete(self._objects, probe)

    def put_all(self, category: str, files: dict[str, bytes], *, keep_others: bool = False) -> None:
        """Put pictures, several at a time; returns when the server has all. Raises `StoreUnusable`.

        A crash leaves whole objects, some of them perhaps without rows. ``keep_others``: what has
        one of the names and is another picture stays, under a name of its own.
        """

        def put(file: str) -> None:
            self._put(category, file, files[file], keep_others=keep_others)

        for _ in in_parallel(put, files, IN_FLIGHT):
            pass

    def _put(self, category: str, file: str, data: bytes, *, keep_others: bool) -> None:
        if self._put_new(category, file, data):
            return
        # an answer that was lost, another run, or a run that was killed before its rows
        there = self.read(category, file)
        if there == data:
            return
        if keep_others and there is not None:
            own = names_of(file, digest(there))[1:]
            if not any(self._holds(category, name, there) for name in own):
                raise StoreUnusable(
                    f"{self.place}/{category}/{file} is in the way of another picture",
                    "look at it, and rename or move it",
                )
        self._put_object(category, file, data, "overwrite")

    def _put_new(self, category: str, file: str, data: bytes) -> bool:
        """Put a picture unless there is one of that name."""
        try:
            self._put_object(category, file, data, "create")
        except AlreadyExistsError:
            return False
        return True

    def _holds(self, category: str, file: str, data: bytes) -> bool:
        """Put a picture unless another one has that name; say whether it is there then."""
        return self._put_new(category, file, data) or self.read(category, file) == data

    def _put_object(self, category: str, file: str, data: bytes, mode: "PutMode") -> None:
        attributes = {
            "Content-Type": MEDIA_TYPES[file.rpartition(".")[2].lower()],
            "Cache-Control": _IMMUTABLE,
        }
        with self._refusals(but=AlreadyExistsError):
            obstore.put(
                self._objects, self._key(category, file), data,
                attributes=attributes, mode=mode, use_multipart=False,
            )  # fmt: skip

    def categories(self) -> list[str]:
        """Return the names of the categories that have objects, sorted."""
        with self._refusals():
            found = obstore.list_with_delimiter(self._objects, self._folder)["common_prefixes"]
        names = (prefix.rstrip("/").rpartition("/")[2] for prefix in found)
        return sorted(name for name in names if SAFE_NAME.fullmatch(name))

    def files_of(self, category: str) -> list[str]:
        """Return the picture file names of a category, sorted."""
        return list(self.sizes_of(category))

    def sizes_of(self, category: str) -> dict[str, int]:
        """Return file name → bytes of a category's pictures, by name."""
        return {file: size for file, (size, _) in self.stamps_of(category).items()}

    def stamps_of(self, category: str) -> dict[str, tuple[int, int]]:
        """Return file name → bytes and modification time in ns of a category's pictures."""
        found = {}
        for path, *stamp in self._list(category):
            file = path.removeprefix(f"{category}/")
            if is_picture_name(file):  # a slash is in no name: nothing of deeper folders
                found[file] = (stamp[0], stamp[1])
        return dict(sorted(found.items()))

    def walk(self) -> Iterator[StoredFile]:
        """Yield every picture, by category, then by name."""
        for category in self.categories():
            for file in self.files_of(category):
                yield StoredFile(category, file)

    def census(self) -> Census:
        """Count all objects: as taken those that may be pictures, the others by their names."""
        files = [as_found(key) for key, *_ in self._list("")]
        return census_of(files, {each.folders[0] for each in files if each.folders})

    def _list(self, category: str) -> Iterator[tuple[str, int, int]]:
        """Yield path below this store's folder, bytes and time in ns of a category's objects."""
        start = f"{self._folder}/"
        with self._refusals():
            for page in obstore.list(self._objects, f"{start}{category}"):
                for each in page:
                    time_ns = int(each["last_modified"].timestamp() * 1e9)
                    yield str(each["path"]).removeprefix(start), each["size"], time_ns

    def has(self, category: str, file: str) -> bool:
        """Say whether a picture is there."""
        with self._refusals():
            try:
                obstore.head(self._objects, self._key(category, file))
            except (NotFoundError, FileNotFoundError):
                return False
        return True

    def read(self, category: str, file: str) -> bytes | None:
        """Return a picture's bytes; None where it is not there."""
        with self._refusals():
            found = self.open(category, file)
            return None if found is None else bytes(found.bytes())

    def open(
        self, category: str, file: str, part: tuple[int, int] | None = None
    ) -> "GetResult | None":
        """Begin to read a picture, or the half-open range ``part`` of its bytes; None: not there.

        Its bytes come as one asks for them.
        """
        with self._refusals():
            try:
                options = {} if part is None else {"range": part}
                return obstore.get(self._objects, self._key(category, file), options=options)  # type: ignore[arg-type]
            except (NotFoundError, FileNotFoundError) as error:
                self._check_bucket(error)
                return None

    def size(self, category: str, file: str) -> int | None:
        """Return a picture's bytes as a number; None where it is not there."""
        with self._refusals():
            try:
                return obstore.head(self._objects, self._key(category, file))["size"]
            except (NotFoundError, FileNotFoundError):
                return None

    def signed_address(self, category: str, file: str, seconds: int) -> str:
        """Return an address under which anybody can read a picture for so long."""
        with self._refusals():
            key = self._key(category, file)
            return obstore.sign(self._objects, "GET", key, timedelta(seconds=seconds))

    def read_all(self, category: str, files: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each of these files with its bytes, in order; several are on their way."""
        return in_parallel(lambda file: (file, self.read(category, file)), files, IN_FLIGHT)

    def remove(self, category: str, file: str) -> None:
        """Delete a picture, if it is there."""
        with self._refusals():
            try:
                obstore.delete(self._objects, self._key(category, file))
            except (NotFoundError, FileNotFoundError) as error:
                self._check_bucket(error)

    def copy_to(
        self, other: "PictureBucket", category: str, file: str, name: str, data: bytes | None,  # noqa: ARG002
        into: str = "",
    ) -> bool:  # fmt: skip
        """Put a picture into a folder beside this one; False where that is another picture's name.

        Sent, not copied by the server: no S3 server copies only where there is nothing yet.
        """
        return data is not None and other._holds(into or category, name, data)

    def give_to(self, category: str, file: str, target: Path) -> bool:
        """Write a copy of a picture to a path; False where it is not here. Raises OSError."""
        data = self.read(category, file)
        if data is None:
            return False
        target.write_bytes(data)
        return True

    def leave(self, category: str) -> None:
        """Nothing: there are no folders."""

    def sync(self, category: str) -> None:
        """Nothing: what the server has acknowledged is durable."""

    def _key(self, category: str, file: str) -> str:
        if not SAFE_NAME.fullmatch(category) or not SAFE_NAME.fullmatch(file):
            raise StoreUnusable(f"{category}/{file} is no name of a picture")
        return f"{self._folder}/{category}/{file}"

    @contextmanager
    def _refusals(self, but: type[Exception] | tuple[()] = ()) -> Iterator[None]:
        try:
            yield
        except but:
            raise
        except (BaseError, OSError) as error:
            self._refuse(error)

    def _check_bucket(self, error: Exception) -> None:
        if NO_BUCKET in str(error):  # not the object alone
            self._refuse(error)

    def _refuse(self, error: Exception) -> NoReturn:
        raise explain(error, self._address) from error
