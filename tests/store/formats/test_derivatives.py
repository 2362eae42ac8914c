"""Derivatives on disk: made once whoever asks, within a bound, mended when something is missing."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.settings import PROJECT
from store.formats.derivatives import Derivatives, DerivativesBusy, NoDerivative
from tests.conftest import small_picture

DATA = small_picture(1)
HASH = "0f1e2d3c4b5a"


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "images" / "hat" / f"1-{HASH}.webp"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    return path


def derivatives_in(tmp_path: Path, most_mb: int = 8, waiting: int = 64) -> Derivatives:
    return Derivatives(tmp_path / "instance", most_mb, makers=2, waiting=waiting)


def kept(tmp_path: Path) -> list[str]:
    folder = tmp_path / "instance" / "derivatives"
    return sorted(
        str(path.relative_to(folder)) for path in folder.glob("[0-9]*/*") if path.is_file()
    )


def counted(tmp_path: Path) -> int:
    return int((tmp_path / "instance" / "derivatives" / "bytes").read_text())


def on_disk(tmp_path: Path) -> int:
    folder = tmp_path / "instance" / "derivatives"
    links = len(list((folder / "originals").iterdir()))
    sizes = [(folder / name).stat().st_size for name in kept(tmp_path)]
    return sum(-(-size // 4096) * 4096 for size in sizes) + 4096 * links


def test_made_once_and_then_kept(tmp_path: Path, original: Path) -> None:
    derivatives = derivatives_in(tmp_path)
    file = f"{HASH}.webp"
    assert not derivatives.note_use(256, file)
    made = derivatives.make(original, DATA, 256, file)
    assert derivatives.note_use(256, file)
    path = tmp_path / "instance" / "derivatives" / "256" / file
    assert made == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644
    assert derivatives.make(original, DATA, 256, file) is None
    assert kept(tmp_path) == [f"256/{file}"]
    assert not list((tmp_path / "instance" / "derivatives" / "locks").iterdir())
    link = 4096
    assert counted(tmp_path) == on_disk(tmp_path) == 4096 * -(-len(made) // 4096) + link


MANY = """
import sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from store.formats.derivatives import Derivatives
root, original = Path(sys.argv[1]), Path(sys.argv[2])
derivatives = Derivatives(root / "instance", 8, 2, 64, wait_s=60)
wishes = [(size, f"{digit:012x}.{ending}") for digit in range(3) for size in (64, 512)
          for ending in ("webp", "avif", "png", "jpg")] * 2
print("ready", flush=True)
sys.stdin.readline()
def make(wish):
    return derivatives.make(original, original.read_bytes(), *wish) is not None
with ThreadPoolExecutor(6) as pool:
    print(sum(pool.map(make, wishes)))
"""


def test_processes_and_threads_make_each_once(tmp_path: Path, original: Path) -> None:
    command = [sys.executable, "-c", MANY, str(tmp_path), str(original)]
    processes = [
        subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    made = [int(process.communicate("go\n", timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(made) == len(kept(tmp_path)) == 3 * 2 * 4
    assert counted(tmp_path) == on_disk(tmp_path)


@pytest.mark.slow
def test_the_bound_holds_and_what_was_used_longest_ago_goes(tmp_path: Path, original: Path) -> None:
    derivatives = derivatives_in(tmp_path, most_mb=1)
    folder = tmp_path / "instance" / "derivatives"
    for number in range(24):  # noise of 16 px in 512 is 120 kB or so as PNG
        file = f"{number:012x}.png"
        derivatives.make(original, DATA, 512, file)
        assert on_disk(tmp_path) <= 2**20
        assert counted(tmp_path) == on_disk(tmp_path)
        assert derivatives.note_use(512, file)
        # as if an hour had passed since
        for path in folder.glob("512/*"):
            os.utime(path, (path.stat().st_mtime - 3600,) * 2)
        derivatives.note_use(512, f"{0:012x}.png")  # the first stays in use
    files = [Path(name).name for name in kept(tmp_path)]
    assert 2 < len(files) < 20
    newest = [f"{number:012x}.png" for number in range(24 - len(files) + 1, 24)]
    assert files == [f"{0:012x}.png", *newest]
    links = sorted(path.name for path in (folder / "originals").iterdir())
    assert links == sorted(file[:12] for file in files)


@pytest.mark.slow
def test_the_disk_holds_no_more_than_the_bound_however_small_the_pictures(
    tmp_path: Path, original: Path
) -> None:
    derivatives = derivatives_in(tmp_path, most_mb=1)
    for number in range(400):  # a link of a path as long as this takes as much as such a picture
        derivatives.make(original, DATA, 64, f"{number:012x}.webp")
    everything = (tmp_path / "instance" / "derivatives").rglob("*")
    assert sum(path.lstat().st_blocks * 512 for path in everything) <= 2**20


def test_what_is_larger_than_the_bound_is_not_kept(tmp_path: Path, original: Path) -> None:
    derivatives = derivatives_in(tmp_path, most_mb=0)
    assert derivatives.make(original, DATA, 64, f"{HASH}.webp")
    assert kept(tmp_path) == []


def test_gone_with_its_original_and_back_with_it(tmp_path: Path, original: Path) -> None:
    derivatives = derivatives_in(tmp_path)
    file = f"{HASH}.webp"
    derivatives.make(original, DATA, 64, file)
    aside = original.rename(tmp_path / "rejected.webp")
    assert not derivatives.note_use(64, file)
    aside.rename(original)
    assert derivatives.note_use(64, file)
    moved = original.rename(original.with_name("elsewhere.webp"))
    assert not derivatives.note_use(64, file)
    derivatives.make(moved, DATA, 64, file)
    assert derivatives.note_use(64, file)


def test_a_lock_of_a_process_that_died_holds_nobody_up(tmp_path: Path, original: Path) -> None:
    locks = tmp_path / "instance" / "derivatives" / "locks"
    locks.mkdir(parents=True)
    (locks / f"64-{HASH}.webp").touch()
    assert derivatives_in(tmp_path).make(original, DATA, 64, f"{HASH}.webp")
    assert not list(locks.iterdir())


def test_who_waits_too_long_is_told(tmp_path: Path, original: Path) -> None:
    locks = tmp_path / "instance" / "derivatives" / "locks"
    locks.mkdir(parents=True)
    derivatives = Derivatives(tmp_path / "instance", 8, makers=1, waiting=1, wait_s=0.2)
    with (locks / f"64-{HASH}.webp").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DerivativesBusy):
            derivatives.make(original, DATA, 64, f"{HASH}.webp")
    assert derivatives.make(original, DATA, 64, f"{HASH}.webp")


def test_only_a_few_wait(tmp_path: Path, original: Path) -> None:
    locks = tmp_path / "instance" / "derivatives" / "locks"
    locks.mkdir(parents=True)
    derivatives = Derivatives(tmp_path / "instance", 8, makers=1, waiting=1, wait_s=30)
    with (locks / f"64-{HASH}.webp").open("w") as held, ThreadPoolExecutor(2) as pool:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = [
            pool.submit(derivatives.make, original, DATA, 64, f"{HASH}.webp") for _ in range(2)
        ]
        while derivatives._callers._value:  # until both have come
            time.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(DerivativesBusy):
            derivatives.make(original, DATA, 64, "111111111111.webp")
        assert time.monotonic() - started < 5
        fcntl.flock(held, fcntl.LOCK_UN)
        assert sorted(bool(future.result(30)) for future in waiting) == [False, True]


def test_no_more_than_the_makers_work_at_once(
    tmp_path: Path, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one stand-in: a slow maker that counts who is at work."""
    import store.formats.resizing

    at_work, most, counting = 0, 0, threading.Lock()

    def slow(data: bytes, size: int, extension: str, *_: object) -> bytes:
        nonlocal at_work, most
        with counting:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.05)
        with counting:
            at_work -= 1
        return data + f"{size}{extension}".encode()

    monkeypatch.setattr(store.formats.resizing, "resized", slow)
    derivatives = derivatives_in(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        files = [f"{number:012x}.webp" for number in range(8)]
        list(pool.map(lambda file: derivatives.make(original, DATA, 64, file), files))
    assert most == 2
    assert len(kept(tmp_path)) == 8


def test_a_file_that_is_no_picture_leaves_nothing(tmp_path: Path, original: Path) -> None:
    derivatives = derivatives_in(tmp_path)
    with pytest.raises(NoDerivative):
        derivatives.make(original, b"no picture", 64, f"{HASH}.webp")
    assert kept(tmp_path) == []
    assert derivatives.make(original, DATA, 64, f"{HASH}.webp")


def test_the_folder_may_be_deleted_at_any_time(tmp_path: Path, original: Path) -> None:
    import shutil

    derivatives = derivatives_in(tmp_path)
    for _ in range(2):
        assert derivatives.make(original, DATA, 64, f"{HASH}.webp")
        assert derivatives.note_use(64, f"{HASH}.webp")
        shutil.rmtree(tmp_path / "instance" / "derivatives")


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["", "x", "999999999999999", "5"])
def test_a_wrong_count_is_mended(tmp_path: Path, original: Path, wrong: str) -> None:
    derivatives = derivatives_in(tmp_path, most_mb=1)
    derivatives.make(original, DATA, 64, "111111111111.webp")
    (tmp_path / "instance" / "derivatives" / "bytes").write_text(wrong)
    for number in range(12):  # 120 kB each
        derivatives.make(original, DATA, 512, f"{number:012x}.png")
    assert on_disk(tmp_path) <= counted(tmp_path) + 2**15
    assert counted(tmp_path) <= 2**20


def test_where_nothing_can_be_written_it_is_made_all_the_same(
    tmp_path: Path, original: Path
) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "derivatives").write_text("a file where the folder should be")
    derivatives = derivatives_in(tmp_path)
    assert derivatives.make(original, DATA, 64, f"{HASH}.webp")
    assert not derivatives.note_use(64, f"{HASH}.webp")


KILLED = """
import sys, os
from pathlib import Path
from store.formats.derivatives import Derivatives
root, original = Path(sys.argv[1]), Path(sys.argv[2])
derivatives = Derivatives(root / "instance", 8, 1, 1)
for number in range(10_000):
    derivatives.make(original, original.read_bytes(), 64, f"{number:012x}.webp")
    print(number, flush=True)
"""


def test_a_killed_maker_leaves_whole_files(tmp_path: Path, original: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(original)]
    reference = derivatives_in(tmp_path / "reference").make(original, DATA, 64, f"{HASH}.webp")
    for delay in (0.3, 0.5):
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
    files = kept(tmp_path)
    assert files
    folder = tmp_path / "instance" / "derivatives"
    whole = [name for name in files if ".tmp-" not in name]
    assert all((folder / name).read_bytes() == reference for name in whole)
    assert len(files) - len(whole) <= 2
    assert counted(tmp_path) >= 4096 * len(whole)


def test_the_site_does_not_import_pillow_to_answer(tmp_path: Path) -> None:
    script = (
        "import sys, json, app.pictures.sized, store.formats.derivatives; "
        "print(json.dumps([m for m in ('PIL', 'numpy') if m in sys.modules]))"
    )
    environ = {"PATH": os.environ["PATH"], "NONESUCH_INSTANCE_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, check=True, env=environ
    )
    assert json.loads(done.stdout) == []
