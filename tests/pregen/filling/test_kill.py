"""SIGKILL at random moments, then the same command again: exactly the files of an undisturbed run.

`make test` kills a few times; `make test-long` 50 times.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from core.settings import Settings
from tests.scaled import scaled

KILLS = int(os.environ.get("KILLS", "3"))
WORDS = ["pregen", "--model", "tiny", "--categories", "5", "--samples", "60", "--threads", "1"]

# a command that writes files is killed; the like with a bucket is in test_bucket.py
pytestmark = pytest.mark.folder


def environment(settings: Settings, folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")}
    return kept | {
        "FLASK_APP": "app",
        "NONESUCH_HOME": str(folder / "home"),
        "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
        "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
        "NONESUCH_MODELS_FOLDER": str(settings.models_folder),
        "DATABASE_URL": database_of(settings, folder),
        "STORE_URL": settings.store_url if folder / "instance" == settings.instance_folder else "",
    }


def database_of(settings: Settings, folder: Path) -> str:
    """Return the database of a folder that is not the test's own."""
    if folder / "instance" == settings.instance_folder:
        return settings.database_url
    return _database_in(folder)


@cache
def _database_in(folder: Path) -> str:
    return scaled(Settings(instance_folder=folder / "instance")).database_url


def start(settings: Settings, folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *WORDS, *more],
        env=environment(settings, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def pictures(folder: Path) -> dict[str, bytes]:
    images = folder / "images"
    found = {str(p.relative_to(images)): p for p in images.rglob("*.webp")}
    return {name: path.read_bytes() for name, path in found.items()}


def test_killed_at_random_moments_and_continued(
    flask_command: Callable[..., Result], settings: Settings, tmp_path: Path
) -> None:
    assert flask_command(*WORDS).exit_code == 0
    undisturbed = pictures(tmp_path)
    assert len(undisturbed) == 300

    folder = tmp_path / "killed"
    folder.mkdir()
    started = time.monotonic()
    whole = start(settings, tmp_path / "timing")
    output, _ = whole.communicate(timeout=300)
    assert whole.returncode == 0, output
    length = time.monotonic() - started

    random.seed(0)
    interrupted = 0
    for _ in range(KILLS):
        process = start(settings, folder)
        began = time.monotonic()
        try:
            process.wait(timeout=random.uniform(0.3, 1.0) * length)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            interrupted += 1
        else:  # the machine was busier when the length was taken
            length = time.monotonic() - began
        process.stdout.close()  # type: ignore[union-attr]
        for name, data in pictures(folder).items():
            assert data == undisturbed[name], f"{name} is half written"
        if len(pictures(folder)) == 300:  # begin anew, so that every kill has something to hit
            for path in (folder / "images").rglob("*.webp"):
                path.unlink()
    assert interrupted > 0
    last = start(settings, folder)
    output, _ = last.communicate(timeout=300)
    assert last.returncode == 0, output
    assert pictures(folder) == undisturbed
    done = subprocess.run(
        [sys.executable, "-m", "flask", "verify", "--rebuild", "20"],
        env=environment(settings, folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in pictures(folder):
        with Image.open(folder / "images" / name) as opened:
            opened.load()


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_ctrl_c_ends_with_a_summary(settings: Settings, tmp_path: Path, number: int) -> None:
    folder = tmp_path / "stopped"
    process = start(settings, folder, "--samples", "5000")  # too many to be done before
    deadline = time.monotonic() + 120
    while not pictures(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "run the same command again to continue" in output
    assert "Traceback" not in output
