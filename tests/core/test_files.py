"""Files and folders appear whole or not at all."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import files
from core.files import TEMPORARY_PREFIX, copy_to_path, folder_written_whole, write_durably
from core.settings import PROJECT
from tests.programs import absent


def test_a_file_is_replaced_whole_and_readable_by_all(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"one")
    write_durably(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError):
        write_durably(tmp_path / "a", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("there_before", [True, False])
def test_a_folder_appears_whole_or_stays(tmp_path: Path, there_before: bool) -> None:
    folder = tmp_path / "deep" / "d"
    if there_before:
        folder.mkdir(parents=True)
        (folder / "old").write_text("")
    with pytest.raises(RuntimeError), folder_written_whole(folder) as temporary:
        (temporary / "half").write_text("")
        raise RuntimeError
    assert folder.exists() == there_before
    with folder_written_whole(folder) as temporary:
        (temporary / "new").write_text("")
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert [path.name for path in folder.parent.iterdir()] == ["d"]


def test_there_is_no_moment_without_the_folder(tmp_path: Path) -> None:
    folder, missed, done = tmp_path / "d", [], threading.Event()
    with folder_written_whole(folder) as temporary:
        (temporary / "x").write_text("0")

    def look() -> None:
        while not done.is_set():
            try:
                (folder / "x").read_text()
            except OSError as error:
                missed.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(30):
        with folder_written_whole(folder) as temporary:
            (temporary / "x").write_text(str(number))
    done.set()
    looking.join()
    assert not missed
    assert (folder / "x").read_text() == "29"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_it_is_replaced_where_folders_cannot_change_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    for text in ("one", "two"):
        with folder_written_whole(tmp_path / "d") as temporary:
            (temporary / "x").write_text(text)
    assert (tmp_path / "d" / "x").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_what_a_killed_process_left_is_removed_and_what_one_fills_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    filling = (
        "import sys, time; from pathlib import Path; from core.files import folder_written_whole\n"
        "with folder_written_whole(Path(sys.argv[1])) as temporary:\n"
        "    (temporary / 'half').write_text('')\n    print(flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", filling, str(folder)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        left = list(tmp_path.glob(f"{TEMPORARY_PREFIX}*"))
        assert len(left) == 1
        with folder_written_whole(folder) as temporary:
            (temporary / "x").write_text("")
        assert list(tmp_path.glob(f"{TEMPORARY_PREFIX}*")) == left
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    with folder_written_whole(folder) as temporary:
        (temporary / "y").write_text("")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
    assert [path.name for path in folder.iterdir()] == ["y"]


def test_a_copy_is_a_file_of_its_own(tmp_path: Path) -> None:
    data = os.urandom(3 * 2**18 + 5)
    (tmp_path / "a").write_bytes(data)
    with (tmp_path / "a").open("rb") as source:
        copy_to_path(source, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == data
    (tmp_path / "b").write_bytes(b"changed")
    assert (tmp_path / "a").read_bytes() == data
    with (tmp_path / "a").open("rb") as source, pytest.raises(FileExistsError):
        copy_to_path(source, tmp_path / "b")


@pytest.fixture
def btrfs(tmp_path: Path) -> Iterator[Path]:
    """A file system whose files can share their place on the disk."""
    program = shutil.which("mkfs.btrfs", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        absent("the tests need mkfs.btrfs (Debian: btrfs-progs)")
        return
    disk, folder = tmp_path / "disk", tmp_path / "mounted"
    with disk.open("wb") as file:
        file.truncate(128 * 2**20)
    folder.mkdir()
    made = subprocess.run([program, "-q", str(disk)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    done = subprocess.run(
        ["mount", "-o", "loop", str(disk), str(folder)], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"a Btrfs cannot be mounted here: {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_where_the_file_system_can_a_copy_takes_no_room(btrfs: Path) -> None:
    data = os.urandom(16 * 2**20)
    (btrfs / "a").write_bytes(data)
    os.sync()
    free = os.statvfs(btrfs).f_bfree * os.statvfs(btrfs).f_frsize
    with (btrfs / "a").open("rb") as source:
        copy_to_path(source, btrfs / "b")
    os.sync()
    taken = free - os.statvfs(btrfs).f_bfree * os.statvfs(btrfs).f_frsize
    assert taken < 2**20
    with (btrfs / "b").open("r+b") as copy:
        copy.write(b"changed")
    assert (btrfs / "a").read_bytes() == data
    assert (btrfs / "b").read_bytes() == b"changed" + data[7:]
