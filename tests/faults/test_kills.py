"""SIGKILL at random moments of every command that writes: nothing is lost, and it can be repeated.

`make test` kills once a command; `make test-faults` 200 times in all.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from core.files import TEMPORARY_PREFIX
from core.settings import PROJECT
from pregen.verifying.verify import REMEDIES, verify_store
from store.files.opening import open_pictures
from store.files.protocol import digest
from store.index.database import HEAD_REVISION, open_engine, revision
from store.index.migrating import downgrade
from store.index.tables import category, image
from tests.faults.filler import settings_in

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
KILLS = int(os.environ.get("COMMAND_KILLS", "5"))  # over all commands
REPORT = os.environ.get("FAULT_REPORT", "")  # a file that the counts are added to
PREGEN = ["pregen", "--model", "tiny", "--categories", "5", "--samples", "12", "--threads", "1"]
FIRST_REVISION = "0001"
# what may be found after a kill: each has a remedy, and the same command again is one
ALLOWED = {"orphaned"}


class Commander:
    """Runs commands, of which any may be killed."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.commander"],
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def learn(self, folder: Path, words: list[str]) -> None:
        self._order(folder, words, learn=True)
        assert self._line() == "ready"

    def run(self, folder: Path, words: list[str], kill_after_s: float | None = None) -> int:
        """Run a command over the site in a folder; return its status, negative for a signal."""
        self._order(folder, words, kill_after_s=kill_after_s)
        return int(self._line())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _order(self, folder: Path, words: list[str], **more: object) -> None:
        environ = {
            "NONESUCH_HOME": str(folder / "home"),
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
            "NONESUCH_MODELS_FOLDER": str(self._models),
        }
        words = [word.replace("{folder}", str(folder)) for word in words]
        order = {"environ": environ, "words": words, "log": str(folder / "log"), **more}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def commander(models: Path) -> Iterator[Commander]:
    commander = Commander(models)
    yield commander
    commander.end()


@dataclass(frozen=True)
class Site:
    """What a site in a folder holds."""

    files: dict[str, str]  # hash of each picture's bytes, by category/file, wherever it lies
    rows: dict[str, str]  # state by category/file; none without an index
    version: str | None
    exported: frozenset[str]  # paths

    @staticmethod
    def at(folder: Path, models: Path) -> "Site":
        settings = settings_in(folder, models)
        files = {
            "/".join(path.parts[-2:]): digest(path.read_bytes())
            for root in (settings.images_folder, settings.instance_folder)
            for path in root.rglob("*.webp")
        }
        public = folder / "public"
        exported = frozenset(str(p.relative_to(public)) for p in public.rglob("*") if p.is_file())
        if not (settings.instance_folder / "index.sqlite3").exists():
            return Site(files, {}, None, exported)
        engine = open_engine(settings)
        try:
            with engine.connect() as connection:
                version = revision(engine)
                found = connection.execute(
                    select(category.c.slug, image.c.file, image.c.state).join_from(image, category)
                ).all() if version else []  # fmt: skip
        finally:
            engine.dispose()
        return Site(files, {f"{s}/{f}": state for s, f, state in found}, version, exported)


def nothing_before(commander: Commander, folder: Path) -> None:  # noqa: ARG001
    (folder / "images").mkdir()


def filled_before(commander: Commander, folder: Path) -> None:
    assert commander.run(folder, PREGEN) == 0, (folder / "log").read_text()


def rejected_before(commander: Commander, folder: Path) -> None:
    filled_before(commander, folder)
    assert commander.run(folder, ["curate", "reject", *labels(folder)[::3]]) == 0


def old_before(commander: Commander, folder: Path) -> None:
    """A filled store whose index is that of the first version."""
    filled_before(commander, folder)
    engine = open_engine(settings_in(folder, folder), write=True)
    downgrade(engine, FIRST_REVISION)
    engine.dispose()


def exported_before(commander: Commander, folder: Path) -> None:
    """An export from when the site had a category less."""
    filled_before(commander, folder)
    assert commander.run(folder, ["curate", "category", "off", "hat"]) == 0
    assert commander.run(folder, EXPORT) == 0, (folder / "log").read_text()
    assert commander.run(folder, ["curate", "category", "on", "hat"]) == 0


def labels(folder: Path) -> list[str]:
    images = folder / "images"
    return sorted(str(path.relative_to(images)) for path in images.rglob("*.webp"))


EXPORT = ["export-site", "{folder}/public"]
# what is there before, what is killed and repeated; labels of a template are put in for LABELS
COMMANDS: dict[str, tuple[Callable[[Commander, Path], None], list[str]]] = {
    "pregen": (nothing_before, PREGEN),
    "top-up": (rejected_before, ["top-up", "--threads", "1"]),
    "curate": (filled_before, ["curate", "reject", "LABELS"]),
    "db upgrade": (old_before, ["db", "upgrade"]),
    "export-site": (exported_before, EXPORT),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_moment_and_repeated(
    name: str, commander: Commander, models: Path, tmp_path: Path
) -> None:
    prepare, words = COMMANDS[name]
    template = tmp_path / "template"
    template.mkdir()
    prepare(commander, template)
    if words[-1] == "LABELS":
        words = [*words[:-1], *labels(template)[1::2]]
    before = Site.at(template, models)

    learning, undisturbed = tmp_path / "learning", tmp_path / "undisturbed"
    shutil.copytree(template, learning)
    commander.learn(learning, words)
    shutil.copytree(template, undisturbed)
    started = time.monotonic()
    assert commander.run(undisturbed, words) == 0, (undisturbed / "log").read_text()
    length = time.monotonic() - started
    after = Site.at(undisturbed, models)
    assert after != before

    chosen = random.Random(name)
    counts: Counter[str] = Counter()
    for number in range(-(-KILLS // len(COMMANDS))):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        status = commander.run(folder, words, kill_after_s=chosen.uniform(0, 1.05) * length)
        told = f"{name}, kill {number}: status {status}"
        assert status in (0, -signal.SIGKILL), told + (folder / "log").read_text()
        counts["kills"] += 1
        counts["ended before" if status == 0 else "killed"] += 1
        left = Site.at(folder, models)
        _nothing_lost(left, before, after, told)
        if left.version == HEAD_REVISION:
            _verified(folder, models, told, counts)
        counts["left temporary files"] += _has_temporary(folder)
        assert commander.run(folder, words) == 0, told + (folder / "log").read_text()
        assert Site.at(folder, models) == after, told
        assert not _has_temporary(folder), told
        if after.version:
            _verified(folder, models, told, Counter(), whole=True)
        shutil.rmtree(folder)
    assert counts["kills"] > 0
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as report:
            report.write(json.dumps({"fault": f"killed in flask {name}", **counts}) + "\n")


def _nothing_lost(left: Site, before: Site, after: Site, told: str) -> None:
    """What was there is there, unchanged, and in the state that it had or was to get."""
    assert before.files.items() <= left.files.items(), told
    assert left.files.items() <= after.files.items(), told
    assert left.version in (before.version, after.version), told
    assert before.rows.keys() <= left.rows.keys(), told
    for label, state in left.rows.items():
        assert state in (before.rows.get(label), after.rows[label]), f"{told}: {label}"
    assert left.exported in (before.exported, after.exported), told


def _verified(
    folder: Path, models: Path, told: str, counts: Counter[str], *, whole: bool = False
) -> None:
    """`flask verify` finds nothing, or, after a kill, what it has a remedy for."""
    settings = settings_in(folder, models)
    engine = open_engine(settings)
    try:
        report = verify_store(engine, open_pictures(settings), settings.instance_folder)
    finally:
        engine.dispose()
    problems = {kind for kind, lines in report.problems.items() if lines}
    assert problems <= (set() if whole else ALLOWED & set(REMEDIES)), f"{told}: {problems}"
    counts["left files without a row"] += bool(problems)


def _has_temporary(folder: Path) -> bool:
    return any(folder.rglob(f"{TEMPORARY_PREFIX}*"))
