"""A fault at every system call of a batch: killed, disk full, disk broken. Nothing is lost.

`make test` takes a sample; `make test-faults` all of them, and writes how many of each there were.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.files import TEMPORARY_PREFIX
from pregen.verifying.verify import REMEDIES, verify_store
from store.files.opening import open_pictures
from store.index.database import open_engine
from tests.faults.filler import fill, settings_in
from tests.faults.tracing import CALLS, Point, attach, need_strace, points_in, role

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
SAMPLE = int(os.environ.get("FAULT_POINTS", "4"))  # of each fault; 0: all
REPORT = os.environ.get("FAULT_REPORT", "")  # a file that the counts are added to
FAULTS = {"killed": "signal=KILL", "disk full": "error=ENOSPC", "disk broken": "error=EIO"}
# a killed process may leave files that no row names: they are taken in by the same command again
ALLOWED_AFTER = {"orphaned"}
MISSING = 6  # files that an index names and that the batch brings back


class Filler:
    """The program that fills, once started."""

    def __init__(self, models: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.filler", str(models)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self, folder: Path, log: Path, *options: str) -> int:
        """Fill a folder under strace; return the exit status, negative for a signal."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        pid = int(self.line())
        while " T " not in Path(f"/proc/{pid}/stat").read_text():
            time.sleep(0.002)
        tracer = attach(pid, log, *options)
        os.kill(pid, signal.SIGCONT)
        status = int(self.line())
        tracer.wait(20)
        return status


@pytest.fixture(scope="module")
def filler(models: Path) -> Iterator[Filler]:
    need_strace()
    filler = Filler(models)
    yield filler
    assert filler.process.stdin is not None
    filler.process.stdin.close()
    filler.process.wait(20)


@pytest.fixture(scope="module")
def template(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which some files are gone: the batch brings them back beside the others."""
    folder = tmp_path_factory.mktemp("template")
    fill(folder, models)
    for path in sorted((folder / "images" / "hat").iterdir())[:MISSING]:
        path.unlink()  # the batch makes these again
    return folder


@pytest.fixture(scope="module")
def whole(models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    fill(folder, models)
    return files(folder)


def files(folder: Path) -> dict[str, bytes]:
    images = folder / "images"
    return {str(p.relative_to(images)): p.read_bytes() for p in images.rglob("*.webp")}


@pytest.fixture(scope="module")
def points(
    filler: Filler, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, list[Point]]:
    """The calls of an undisturbed batch: into an empty folder, and into the template."""
    found = {}
    for into_template in (False, True):
        folder = tmp_path_factory.mktemp("traced") / "site"
        prepare(folder, template if into_template else None)
        log = folder.parent / "log"
        assert filler.run(folder, log, "-e", f"trace={','.join(CALLS)}") == 0
        found[into_template] = points_in(log, folder)
    return found


def prepare(folder: Path, template: Path | None) -> None:
    if template is None:
        folder.mkdir()
    else:
        shutil.copytree(template, folder)


def test_the_trace_shows_the_order_that_makes_it_durable(filler: Filler, tmp_path: Path) -> None:
    """Written and synced, then renamed, then the folder synced, then the index's commit."""
    folder, log = tmp_path / "site", tmp_path / "log"
    folder.mkdir()
    traced = "trace=write,fsync,fdatasync,rename,unlink,pwrite64"
    assert filler.run(folder, log, "-e", traced) == 0
    lines = [line for line in log.read_text().splitlines() if str(folder) in line]
    about = [f"{line.split(None, 1)[1].partition('(')[0]} {role(line)}" for line in lines]
    renames = [i for i, what in enumerate(about) if what == "rename temporary"]
    assert len(renames) == 8
    before = about[: renames[0]]
    assert before.count("fsync temporary") == 8
    assert before.count("write temporary") >= 8
    folder_synced = about.index("fsync folder", renames[-1])
    commits = [i for i, what in enumerate(about) if what == "unlink journal"]
    assert any(i > folder_synced for i in commits)
    # no row of a picture is written to the index before its file is in place
    rows = [i for i, what in enumerate(about) if what.endswith("index") and i > renames[0]]
    assert min(rows) > folder_synced
    committed = max(i for i in commits if i > folder_synced)
    synced = [i for i, what in enumerate(about) if what in ("fsync index", "fdatasync index")]
    assert any(folder_synced < i < committed for i in synced)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_anywhere_loses_nothing(
    fault: str, filler: Filler, points: dict[bool, list[Point]], template: Path,
    whole: dict[str, bytes], models: Path, tmp_path: Path,
) -> None:  # fmt: skip
    everywhere = [(into, point) for into, found in points.items() for point in found]
    chosen = everywhere
    if SAMPLE:
        chosen = random.Random(f"{fault} {len(everywhere)}").sample(everywhere, SAMPLE)
    counts: Counter[str] = Counter()
    for number, (into_template, point) in enumerate(chosen):
        folder = tmp_path / str(number) / "site"
        folder.parent.mkdir()
        prepare(folder, template if into_template else None)
        status = filler.run(
            folder, folder.parent / "log",
            "-e", f"trace={point.name}",
            "-e", f"inject={point.name}:{FAULTS[fault]}:when={point.number}",
        )  # fmt: skip
        told = f"{fault} at {point}, {'refilled' if into_template else 'new'}: status {status}"
        assert status in ((-signal.SIGKILL, 0) if fault == "killed" else (0, 1)), told
        counts["points"] += 1
        counts["ended well" if status == 0 else "ended"] += 1
        left = list((folder / "images").rglob(f"{TEMPORARY_PREFIX}*"))
        counts["left temporary files"] += bool(left)
        if status == 0:
            assert not left, told
        missing = MISSING if into_template else 0
        _check(folder, models, told, counts, missing=None if status == 0 else missing)
        made = fill(folder, models)
        counts["continued with work to do"] += bool(made)
        assert files(folder) == whole, told
        assert not list((folder / "images").rglob(f"{TEMPORARY_PREFIX}*")), told
        _check(folder, models, told, counts)
        shutil.rmtree(folder.parent)
    assert counts["points"] == len(chosen) > 0
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as report:
            report.write(json.dumps({"fault": f"{fault} in a batch", **counts}) + "\n")


def _check(
    folder: Path, models: Path, told: str, counts: Counter[str], missing: int | None = None
) -> None:
    """Every row has its file, unchanged, but for ``missing``; else verify names a remedy.

    None: the store is whole.
    """
    settings = settings_in(folder, models)
    database = settings.instance_folder / "index.sqlite3"
    if not database.exists():
        return
    engine = open_engine(settings)
    try:
        report = verify_store(engine, open_pictures(settings), settings.instance_folder)
    finally:
        engine.dispose()
    problems = {kind: lines for kind, lines in report.problems.items() if lines}
    if missing is None:
        assert not problems, f"{told}: {problems}"
        return
    assert len(problems.pop("missing", [])) <= missing, told
    assert set(problems) <= ALLOWED_AFTER & set(REMEDIES), f"{told}: {problems}"
    counts["left files without a row"] += "orphaned" in problems
