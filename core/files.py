"""Writing files so that a crash leaves the old one or the new one, never half of one."""

import errno
import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import NonesuchError
from core.locks import lock

TEMPORARY_PREFIX = ".tmp-"


class NoHome(NonesuchError):
    """A path that begins with ~, of a user who has no home folder."""


def expanded(path: str | Path) -> Path:
    """Return a path with ``~`` replaced by the home folder. Raises `NoHome`."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # no HOME, and a user id that the system does not know
        raise NoHome(
            f"{path}: this user has no home folder", "write the whole path, or set HOME"
        ) from error


def fsync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes | memoryview, mode: int = 0o644) -> None:
    """Write ``data`` to ``path``: temporary file → fsync → rename → fsync of the folder.

    The parent folder must exist. Raises OSError; then ``path`` is as it was before.
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


_FICLONE = 0x40049409  # ioctl_ficlone(2)


def copy_to_path(source: BinaryIO, target: Path) -> None:
    """Write what an opened file holds to a new file of its own.

    Where the file system can (Btrfs, XFS, bcachefs), the two share their place on the disk until
    one of them is changed. Raises OSError.
    """
    with target.open("xb") as written:
        try:
            fcntl.ioctl(written, _FICLONE, source.fileno())
        except OSError:  # another file system, or one that cannot
            shutil.copyfileobj(source, written, 2**18)


@contextmanager
def folder_written_whole(folder: Path) -> Iterator[Path]:
    """Yield a temporary sibling to fill; on success it takes the place of ``folder``.

    On Linux at once, elsewhere there is a moment without one. What is in it is on the disk by
    then. What a killed process left half filled beside ``folder`` is removed first.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{TEMPORARY_PREFIX}{folder.name}-"
    _remove_left(folder.parent, prefix)
    temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    temporary.chmod(0o755)
    handle = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock(handle, unsupported=False)  # without locks, nothing is ever removed: see below
        yield temporary
        _sync_file_system(handle)
        if not folder.exists():
            os.replace(temporary, folder)
        elif not _exchange(temporary, folder):
            retired = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
            os.replace(folder, retired / "old")
            os.replace(temporary, folder)
            shutil.rmtree(retired)
        fsync_folder(folder.parent)
    finally:
        os.close(handle)
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_left(parent: Path, prefix: str) -> None:
    """Remove folders of which no process holds the lock."""
    for path in parent.glob(f"{glob.escape(prefix)}*"):
        with suppress(OSError):  # removed by another
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                if lock(handle, unsupported=False):
                    shutil.rmtree(path)
            finally:
                os.close(handle)


def rename_to_free(source: Path, target: Path) -> None:
    """Rename a file on one file system; raise FileExistsError where ``target`` exists already.

    In one step on Linux; elsewhere, and on file systems that cannot do that, by a hard link or,
    without those, after a look.
    """
    failed = _renameat2(source, target, _RENAME_NOREPLACE)
    if failed is None:
        return
    if failed not in _NO_FLAGS:
        raise OSError(failed, os.strerror(failed), str(source), None, str(target))
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        os.rename(source, target)  # noqa: PTH104
        return
    os.unlink(source)  # noqa: PTH108


# where a file system, or what lies between two, has no hard links
NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP)
_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCHANGE = -100, 1, 2
_NO_FLAGS = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places at once; False where that cannot be done."""
    return _renameat2(one, other, _RENAME_EXCHANGE) is None


def _renameat2(source: Path, target: Path, flags: int) -> int | None:
    """Call Linux's renameat2; return None when it was done, else its errno."""
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return errno.ENOSYS
    if rename(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), flags) == 0:
        return None
    return ctypes.get_errno()


def _sync_file_system(handle: int) -> None:
    """Write what a file system holds in memory to its disk, by one call for thousands of files."""
    import ctypes

    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError):
        os.sync()
        return
    if syncfs(handle):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
