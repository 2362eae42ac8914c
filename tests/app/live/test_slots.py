"""Slots for making pictures: threads, processes, and what dies in between."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.http.errors import Busy
from app.live.slots import Slots
from core.settings import PROJECT


def slots_in(folder: Path, **changes: float) -> Slots:
    values = {"at_once": 1, "waiting": 2, "threads": 8, "wait_s": 5.0, **changes}
    return Slots(folder, **values)  # type: ignore[arg-type]


HOLD = """
import sys, time
from pathlib import Path
from app.live.slots import Slots
slots = Slots(Path(sys.argv[1]), at_once=1, waiting=2, threads=8, wait_s=5.0)
with slots.slot():
    print("held", flush=True)
    time.sleep(60)
"""
COUNT = """
import sys, threading, time
from pathlib import Path
from app.live.slots import Slots
slots = Slots(Path(sys.argv[1]), at_once=1, waiting=20, threads=8, wait_s=5.0)
until, made = time.monotonic() + 3, []
def work():
    while time.monotonic() < until:
        with slots.slot():
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
    both = [slots_in(tmp_path, at_once=at_once, waiting=40, threads=20) for _ in range(2)]
    inside, most, lock = 0, 0, threading.Lock()

    def work(slots: Slots) -> None:
        nonlocal inside, most
        for _ in range(5):
            with slots.slot():
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
    slots = slots_in(tmp_path, wait_s=20.0)
    placed, wait_for_turn = threading.Semaphore(0), slots._wait_for_slot

    def tell(until: float) -> int:
        placed.release()
        return wait_for_turn(until)

    with slots.slot():
        monkeypatch.setattr(slots, "_wait_for_slot", tell)
        waiting = [threading.Thread(target=lambda: slots.slot().__enter__()) for _ in range(2)]
        for thread in waiting:
            thread.daemon = True
            thread.start()
        assert all(placed.acquire(timeout=30) for _ in waiting)
        for other in (slots, slots_in(tmp_path, wait_s=20.0)):
            started = time.perf_counter()
            with pytest.raises(Busy), other.slot():
                pass
            assert time.perf_counter() - started < 1  # and not the 20 s of those who wait


def test_a_worker_keeps_threads_for_its_pages(tmp_path: Path) -> None:
    slots = slots_in(tmp_path, at_once=4, threads=2)
    with slots.slot(), slots.slot(), pytest.raises(Busy), slots.slot():
        pass
    with slots.slot(), slots.slot():  # what was refused took nothing with it
        pass


def test_the_longest_wait_ends(tmp_path: Path) -> None:
    slots = slots_in(tmp_path, wait_s=0.2)
    with slots.slot():
        started = time.monotonic()
        with pytest.raises(Busy), slots.slot():
            pass
        assert 0.15 < time.monotonic() - started < 5


def test_a_killed_worker_gives_its_slot_back(tmp_path: Path) -> None:
    holder = start(HOLD, tmp_path)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    slots = slots_in(tmp_path, wait_s=0.3)
    with pytest.raises(Busy), slots.slot():
        pass
    holder.kill()
    holder.wait()
    with slots.slot():
        pass


def test_no_worker_takes_all_the_slots(tmp_path: Path) -> None:
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
    slots = slots_in(tmp_path / "instance", wait_s=0.2)
    with slots.slot():
        pass
    shutil.rmtree(tmp_path / "instance")
    with slots.slot(), pytest.raises(Busy), slots.slot():
        pass


def test_an_instance_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file: no folder can be made below it")
    both = [slots_in(tmp_path / "instance", wait_s=0.2) for _ in range(2)]
    with both[0].slot(), pytest.raises(Busy), both[1].slot():
        pass
