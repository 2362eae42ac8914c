"""Locks on files: between handles, between processes, and where there are none."""

import errno
import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.files import folder_written_whole
from core.locks import (
    FOREVER,
    lock,
    lock_byte,
    lock_file,
    own_temporary_folder,
    removed_lock_file,
)
from core.settings import PROJECT
from store.files.folder_lock import Presence

HOLD = """
import sys, time
from pathlib import Path
from core.locks import lock, lock_byte, lock_file
with lock_file(Path(sys.argv[1])) as handle:
    print(lock(handle), lock_byte(handle, 3), flush=True)
    time.sleep(60)
"""


@contextmanager
def held_by_another(path: Path) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "True True\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_two_handles_exclude_each_other_until_one_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock_file(path) as second:
        with lock_file(path) as first:
            assert lock(first) and lock(first)
            assert not lock(second)
        assert lock(second)
    assert path.stat().st_mode & 0o777 == 0o600 and path.stat().st_size == 0


def test_readers_share_and_a_writer_is_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock_file(path) as one, lock_file(path) as other:
        assert lock(one, shared=True) and lock(other, shared=True)
        assert not lock(one), "another reads"
        with lock_file(path) as third:
            assert lock(third, shared=True), "what failed to become exclusive let go or shares"
    with lock_file(path) as one, lock_file(path) as other:
        assert lock(one)
        assert not lock(other, shared=True)
        assert lock(one, shared=True), "from exclusive to shared"
        assert lock(other, shared=True)


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    with held_by_another(tmp_path / "lock") as holder, lock_file(tmp_path / "lock") as handle:
        assert not lock(handle)
        assert not lock_byte(handle, 3)
        assert lock_byte(handle, 4), "the byte beside it"
        holder.kill()
        holder.wait()
        assert lock(handle) and lock_byte(handle, 3)


def test_a_wait_ends_at_its_bound_or_with_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock_file(path) as holder, lock_file(path) as waiting:
        assert lock(holder)
        started = time.monotonic()
        assert not lock(waiting, wait_s=0.2)
        assert 0.19 < time.monotonic() - started < 5
        for wait_s in (30.0, FOREVER):
            timer = threading.Timer(0.1, fcntl.flock, (holder, fcntl.LOCK_UN))
            timer.start()
            started = time.monotonic()
            assert lock(waiting, wait_s=wait_s)
            assert 0.05 < time.monotonic() - started < 10
            timer.join()
            fcntl.flock(waiting, fcntl.LOCK_UN)
            assert lock(holder)


def test_a_lock_file_goes_with_its_lock(tmp_path: Path) -> None:
    """Who waits for a file that was removed meanwhile holds the next of that name, alone."""
    path = tmp_path / "lock"
    inside, most, counting = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with removed_lock_file(path, 30) as locked:
            assert locked
            with counting:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with counting:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert most == 1
    assert not path.exists()
    with removed_lock_file(path, 0), removed_lock_file(path, 0.05) as second:
        assert not second
    with pytest.raises(FileNotFoundError), removed_lock_file(tmp_path / "no" / "lock", 0):
        pytest.fail("the block began")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF])
def test_a_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(_handle: int, _kind: int) -> None:
        raise OSError(code, "no locks")

    left = tmp_path / ".tmp-there-left"
    left.mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock_file(tmp_path / "lock") as handle:
        assert lock(handle, unsupported=True) is True
        assert lock(handle, unsupported=False) is False
        for wait_s in (0.0, FOREVER):
            with pytest.raises(OSError, match="no locks"):
                lock(handle, wait_s=wait_s)
    with folder_written_whole(tmp_path / "there") as folder:
        (folder / "a").write_text("whole")
    assert (tmp_path / "there" / "a").read_text() == "whole"
    assert left.is_dir(), "nobody can say whether another process still fills it"
    presence = Presence(tmp_path)
    assert not presence.alone()
    presence.share()


def test_a_link_is_no_lock_file(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), lock_file(tmp_path / "lock"):
        pytest.fail("the block began")
    assert not (tmp_path / "elsewhere").exists()


def test_the_temporary_folder_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = own_temporary_folder("site")
    assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
    assert own_temporary_folder("site") == folder != own_temporary_folder()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        own_temporary_folder("site")
