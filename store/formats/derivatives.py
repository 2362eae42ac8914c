"""Pictures in other sizes and formats: each made once, kept on disk within a bound.

    instance/derivatives/<size>/<short hash>.<extension>     a derivative; its mtime: last used
    instance/derivatives/<kind>/<short hash>-<which>.<ext>   one of another kind, such as `framed`
    instance/derivatives/originals/<short hash>              a link to the picture that it is of
    instance/derivatives/locks/<size>-<short hash>.<ext>     while one is being made
    instance/derivatives/bytes                               what they and the links take; its lock

Locks end with their process, so any number of processes may share the folder:
one makes a derivative, the others wait for it. What makes room goes by last use. Everything here
can be deleted at any time.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from core.errors import NonesuchError
from core.files import TEMPORARY_PREFIX, write_durably
from core.licences import Licence
from core.locks import FOREVER, lock, lock_file, removed_lock_file

SIZES_PX = (64, 128, 256, 512, 1024, 2048)
FOLDER = "derivatives"
_BLOCK_BYTES = 4096  # what a file takes on disk is a multiple of this
_LEAVE = 0.9  # how much of the bound is left when room is made, so that it is made seldom
_USED_AGAIN_S = 600  # a last use is noted this exactly
_LEFTOVER_S = 3600
_TRIES = 3  # another process made it, and a third has already removed it for lack of room

log = logging.getLogger(__name__)


class DerivativesBusy(NonesuchError):
    """More derivatives are asked for than are made at once."""


class NoDerivative(NonesuchError):
    """A file that is no picture."""


class Derivatives:
    """The derivatives under one instance folder."""

    def __init__(
        self, instance: Path, most_mb: int, makers: int, waiting: int, wait_s: float = 5.0,
        *, has_links: bool = True, licence: Licence | None = None, folder: str = FOLDER,
    ) -> None:  # fmt: skip
        """``makers`` of this process work at once and up to ``waiting`` more calls wait.

        ``has_links``: originals are files; else who asks has to know that they are still there.
        ``licence``: goes into those of generated pictures. ``folder``: below ``instance``; what
        one folder keeps takes no room of another's.
        """
        self._licence = licence
        self._has_links = has_links
        self.folder = os.fspath(instance / folder)
        self._most_bytes = most_mb * 2**20
        self._wait_s = wait_s
        self._told = False
        self._makers = threading.BoundedSemaphore(makers)
        self._callers = threading.BoundedSemaphore(makers + waiting)

    def note_use(self, kind: int | str, file: str) -> bool:
        """Say whether a derivative is kept and its original still there; remember the use.

        Three system calls.
        """
        path = f"{self.folder}/{kind}/{file}"
        try:
            # Path would take three times as long; the link leads to the original
            if self._has_links:
                os.stat(f"{self.folder}/originals/{file[:12]}")  # noqa: PTH116
            used = os.stat(path).st_mtime  # noqa: PTH116
        except OSError:
            return False
        now = time.time()
        if not -_USED_AGAIN_S < now - used < _USED_AGAIN_S:
            with suppress(OSError):  # a folder that only others may write to
                os.utime(path, (now, now))
        return True

    def make(
        self, original: Path | None, data: bytes, size: int, file: str,
        draw: Callable[[], bytes | None] = lambda: None,
    ) -> bytes | None:  # fmt: skip
        """Make a derivative, unless another process has by then: None.

        ``original``: its file, None where originals are none; ``data``: its bytes; ``file``:
        ``<short hash>.<extension>``; ``draw``: makes it in a better way than from ``data``, or
        says None. Where it cannot be kept, or may not because of the bound, it
        is returned all the same. Raises `DerivativesBusy`, `NoDerivative`.
        """

        def resize() -> bytes:
            from store.formats.resizing import resized

            return resized(data, size, file.rpartition(".")[2], self._licence)

        def made(until: float) -> bytes:
            return draw() or self._in_turn(resize, until)

        return self._put(original, str(size), file, made)

    def read(self, kind: str, file: str) -> bytes | None:
        """Return a derivative that is kept, of another kind than a size; else None."""
        if self.note_use(kind, file):
            with suppress(OSError):
                return Path(self.folder, kind, file).read_bytes()
        return None

    def bytes_of(
        self, original: Path | None, kind: str, file: str, render: Callable[[], bytes]
    ) -> bytes:
        """Return a derivative of another kind than a size, kept or made by ``render``.

        ``file``: ``<short hash>-<which>.<extension>``. Raises what ``render`` does,
        `DerivativesBusy` and `NoDerivative`.
        """
        for _ in range(_TRIES):
            kept = self.read(kind, file)
            if kept is not None:
                return kept
            made = self._put(original, kind, file, lambda until: self._in_turn(render, until))
            if made is not None:
                return made
        raise DerivativesBusy(
            "there is too little room for derivatives", "raise NONESUCH_DERIVATIVES_MB"
        )

    def _put(
        self, original: Path | None, kind: str, file: str, make: Callable[[float], bytes]
    ) -> bytes | None:
        until = time.monotonic() + self._wait_s
        if not self._callers.acquire(blocking=False):
            raise _busy()
        try:
            with self._alone(f"{kind}-{file}", until) as locked:
                if locked and self.note_use(kind, file):
                    return None
                made = make(until)
                if locked:
                    self._keep(original, kind, file, made)
                return made
        finally:
            self._callers.release()

    def _in_turn(self, render: Callable[[], bytes], until: float) -> bytes:
        # Pillow: only in workers that make derivatives
        from store.formats.encoding import BadPicture

        if not self._makers.acquire(timeout=max(0.0, until - time.monotonic())):
            raise _busy()
        try:
            return render()
        except BadPicture as error:
            raise NoDerivative(
                "the picture's file cannot be read", "look for more with: flask verify"
            ) from error
        finally:
            self._makers.release()

    @contextmanager
    def _alone(self, name: str, until: float) -> Iterator[bool]:
        """Hold the lock of one derivative; False where the folder cannot be written."""
        path = Path(self.folder, "locks", name)
        with ExitStack() as held:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                locked = held.enter_context(removed_lock_file(path, until - time.monotonic()))
            except OSError as error:
                self._tell(error)
                yield False
                return
            if not locked:
                raise _busy()
            yield True

    def _keep(self, original: Path | None, kind: str, file: str, made: bytes) -> None:
        link = Path(self.folder) / "originals" / file[:12]
        taken = _on_disk(len(made))
        if taken + _BLOCK_BYTES > self._most_bytes:
            return
        try:
            with self._bytes() as count:
                if original is not None and not os.path.lexists(link):
                    taken += _BLOCK_BYTES  # a path of 60 bytes or more takes one
                # counted first: a crash in between counts too much, and the next sweep mends it
                if count.value + taken > self._most_bytes:
                    count.value = self._sweep(int(self._most_bytes * _LEAVE) - taken)
                count.value += taken
                count.write()
                folder = Path(self.folder) / kind
                folder.mkdir(exist_ok=True)
                if original is not None:
                    _link(original.absolute(), link)
                write_durably(folder / file, made)
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not self._told:  # a folder that cannot be written stays so
            log.warning("derivatives cannot be kept in %s (%s)", self.folder, error.strerror)
        self._told = True

    @contextmanager
    def _bytes(self) -> Iterator["_Count"]:
        with lock_file(Path(self.folder, "bytes"), 0o644) as handle:
            lock(handle, wait_s=FOREVER)
            known = os.pread(handle, 32, 0)
            yield _Count(handle, int(known) if known.isdigit() else self._sweep(None))

    def _sweep(self, most_bytes: int | None) -> int:
        """Count the derivatives; remove those used longest ago beyond ``most_bytes``.

        Also what is left of processes that died, and links of which nothing is kept.
        """
        kept: list[tuple[float, int, Path]] = []
        long_ago = time.time() - _LEFTOVER_S
        for path in self._kept_files():
            with suppress(OSError):
                status = path.stat()
                if not path.name.startswith(TEMPORARY_PREFIX):
                    kept.append((status.st_mtime, _on_disk(status.st_size), path))
                elif status.st_mtime < long_ago:
                    path.unlink()
        kept.sort(reverse=True)
        used = Counter(path.name[:12] for _, _, path in kept)
        links = {link.name: link for link in _files(Path(self.folder, "originals"))}
        for name in links.keys() - used.keys():
            links.pop(name).unlink(missing_ok=True)
        total = sum(size for _, size, _ in kept) + len(links) * _BLOCK_BYTES
        while most_bytes is not None and total > most_bytes and kept:
            _, size, path = kept.pop()
            path.unlink(missing_ok=True)
            total -= size
            used[path.name[:12]] -= 1
            if not used[path.name[:12]] and path.name[:12] in links:
                links.pop(path.name[:12]).unlink(missing_ok=True)
                total -= _BLOCK_BYTES
        return total

    def _kept_files(self) -> Iterator[Path]:
        for folder in _files(Path(self.folder)):
            if folder.name not in ("originals", "locks"):
                yield from _files(folder)


class _Count:
    """How many bytes the derivatives take, in a file that is locked."""

    def __init__(self, handle: int, value: int) -> None:
        self._handle = handle
        self.value = value

    def write(self) -> None:
        text = str(self.value).encode()
        os.pwrite(self._handle, text, 0)
        os.ftruncate(self._handle, len(text))


def _link(original: Path, link: Path) -> None:
    """Make a link, or lead one elsewhere."""
    with suppress(OSError):
        if link.readlink() == original:
            return
    link.parent.mkdir(exist_ok=True)
    temporary = link.parent / f"{TEMPORARY_PREFIX}{link.name}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(original)
    os.replace(temporary, link)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES


def _busy() -> DerivativesBusy:
    return DerivativesBusy("too many pictures are being made at the moment", "ask again")
