"""Locks on files, over all processes of a machine; the kernel drops them with a process that dies.

`lock` is `flock`: it belongs to an opened file, so two threads that open a file each exclude each
other as two processes do, and closing the handle lets go. A lock file is never read.
"""

import fcntl
import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOREVER = math.inf
_LOOK_AGAIN_S = 0.005
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def lock(
    handle: int, *, wait_s: float = 0.0, shared: bool = False, unsupported: bool | None = None
) -> bool:
    """Lock an opened file or folder; return False where another process held it until the end.

    Who holds a lock may call again to change it from exclusive to shared or back. ``wait_s``:
    seconds, or `FOREVER`. ``unsupported``: what to return where the file system has
    no locks; None raises its OSError.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    until = time.monotonic() + wait_s
    try:
        if wait_s == FOREVER:
            fcntl.flock(handle, kind)
            return True
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_AGAIN_S)
    except OSError:  # also EBADF: NFS wants a handle that may write, which a folder's never is
        if unsupported is None:
            raise
        return unsupported


def lock_byte(handle: int, number: int) -> bool:
    """Lock one byte of an opened file for this process; False where that cannot be done.

    A record lock, unlike the others: of the process, whatever handle it has, and closing any
    handle of the file lets all of them go.
    """
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except OSError:
        return False
    return True


def open_lock_file(path: str | Path, mode: int = 0o600) -> int:
    """Return a handle of a file to lock, made where there is none; a link is refused: OSError."""
    return os.open(path, _OPEN, mode)


@contextmanager
def lock_file(path: Path, mode: int = 0o600) -> Iterator[int]:
    """Yield the handle of a file to lock; what was locked with it ends with the block."""
    handle = open_lock_file(path, mode)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def removed_lock_file(path: Path, wait_s: float) -> Iterator[bool]:
    """Hold the lock of a file that is removed with it; yield False where it was held too long.

    Raises OSError where the file cannot be made, before the block begins.
    """
    handle = _lock_by_name(path, time.monotonic() + wait_s)
    if handle is None:
        yield False
        return
    try:
        yield True
    finally:
        with suppress(OSError):
            path.unlink()  # before the lock goes: who waited for it sees that it is another
        os.close(handle)


def _lock_by_name(path: Path, until: float) -> int | None:
    """Return a locked handle of the file that has this name now."""
    while True:
        handle = open_lock_file(path)
        try:
            if not lock(handle, wait_s=until - time.monotonic()):
                os.close(handle)
                return None
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(handle)):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # removed by who held it


def own_temporary_folder(name: str = "") -> Path:
    """Return this user's folder of a name where temporary files lie. Raises PermissionError.

    Others may write there too: a folder that somebody else has made in its place is refused.
    """
    parts = ("nonesuch", str(os.getuid()), *([name] if name else []))
    folder = Path(tempfile.gettempdir()) / "-".join(parts)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder
