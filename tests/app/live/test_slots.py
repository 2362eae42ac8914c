"""Whose turn it is to make a picture: threads, processes, and what dies in between."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.http.errors import Busy
from app.live.slots import Turns
from core.settings import PROJECT


def turns_in(folder: Path, **changes: float) -> Turns:
    values = {"at_once": 1, "waiting": 2, "threads": 8, "wait_s": 5.0, **changes}
    return Turns(folder, **values)  # type: ignore[arg-type]


HOLD = """
import sys, time
from pathlib import Path
from app.live.slots import Turns
turns = Turns(Path(sys.argv[1]), at_once=1, waiting=2, threads=8, wait_s=5.0)
with turns.turn():
    print("held", flush=True)
    time.sleep(60)
"""
COUNT = """
import sys, threading, time
from pathlib import Path
from app.live.slots import Turns
turns = Turns(Path(sys.argv[1]), at_once=1, waiting=20, threads=8, wait_s=5.0)
until, made = time.monotonic() + 3, []
def work():
    while time.monotonic() < until:
        with turns.turn():
            time.sleep(0.004)
            made.append(1)
print("ready", flush=True)
sys.stdin.readline()
until = time.monotonic() + 3
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(made))
"""


def start(script: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_than_the_cap_at_once(tmp_path: Path, at_once: int) -> None:
    # two of them stand for two workers: what they share are the files
    both = [turns_in(tmp_path, at_once=at_once, waiting=40, threads=20) for _ in range(2)]
    inside, most, lock = 0, 0, threading.Lock()

    def work(turns: Turns) -> None:
        nonlocal inside, most
        for _ in range(5):
            with turns.turn():
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.003)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work, args=(both[i % 2],)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == at_once and inside == 0


def test_past_the_queue_the_answer_comes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = turns_in(tmp_path, wait_s=20.0)
    placed, wait_for_turn = threading.Semaphore(0), turns._wait_for_turn

    def tell(until: float) -> int:
        placed.release()
        return wait_for_turn(until)

    with turns.turn():
        monkeypatch.setattr(turns, "_wait_for_turn", tell)
        waiting = [threading.Thread(target=lambda: turns.turn().__enter__()) for _ in range(2)]
        for thread in waiting:
            thread.daemon = True
            thread.start()
        assert all(placed.acquire(timeout=30) for _ in waiting)
        for other in (turns, turns_in(tmp_path, wait_s=20.0)):
            started = time.perf_counter()
            with pytest.raises(Busy), other.turn():
                pass
            assert time.perf_counter() - started < 1  # and not the 20 s of those who wait


def test_a_worker_keeps_threads_for_its_pages(tmp_path: Path) -> None:
    turns = turns_in(tmp_path, at_once=4, threads=2)
    with turns.turn(), turns.turn(), pytest.raises(Busy), turns.turn():
        pass
    with turns.turn(), turns.turn():  # what was refused took nothing with it
        pass


def test_the_longest_wait_ends(tmp_path: Path) -> None:
    turns = turns_in(tmp_path, wait_s=0.2)
    with turns.turn():
        started = time.monotonic()
        with pytest.raises(Busy), turns.turn():
            pass
        assert 0.15 < time.monotonic() - started < 5


def test_a_killed_worker_gives_its_turn_back(tmp_path: Path) -> None:
    holder = start(HOLD, tmp_path)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    turns = turns_in(tmp_path, wait_s=0.3)
    with pytest.raises(Busy), turns.turn():
        pass
    holder.kill()
    holder.wait()
    with turns.turn():
        pass


def test_no_worker_takes_all_the_turns(tmp_path: Path) -> None:
    """None has an advantage; how large their shares are is for the system to decide."""
    workers = [start(COUNT, tmp_path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    made = sorted(int(worker.communicate(timeout=60)[0]) for worker in workers)
    assert made[0] > 20 and made[0] > made[1] / 5, made


def test_a_queue_that_was_tidied_up(tmp_path: Path) -> None:
    turns = turns_in(tmp_path / "instance", wait_s=0.2)
    with turns.turn():
        pass
    shutil.rmtree(tmp_path / "instance")
    with turns.turn(), pytest.raises(Busy), turns.turn():
        pass


def test_an_instance_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file: no folder can be made below it")
    both = [turns_in(tmp_path / "instance", wait_s=0.2) for _ in range(2)]
    with both[0].turn(), pytest.raises(Busy), both[1].turn():
        pass
