"""Lighthouse, at least 95 in all four: `make lighthouse`. Minutes, so not a part of every run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs import absent

VERSION = "12.8.2"
FOLDER = Path(f"~/.cache/nonesuch/npm/lighthouse-{VERSION}").expanduser()
LEAST = 0.95

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("LIGHTHOUSE" not in os.environ, reason="takes minutes: make lighthouse"),
]


@pytest.fixture(scope="module")
def lighthouse() -> Path:
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    npm = shutil.which("npm")
    if npm is None or shutil.which("chromium") is None:
        absent("needs npm and Chromium (Debian: apt-get install npm chromium)")
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        words = [str(npm), "install", "--no-audit", "--no-fund", f"lighthouse@{VERSION}"]
        done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, timeout=600)
        if done.returncode:
            absent(f"needs lighthouse from npm: {done.stderr.splitlines()[-1:]}")
    return program


@pytest.mark.parametrize("path", ["/", "/gallery", "/c/hat"])
def test_scores(lighthouse: Path, site: str, path: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [str(lighthouse), site + path, "--quiet", "--output=json", f"--output-path={report}",
         "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"],
        env={**os.environ, "CHROME_PATH": str(shutil.which("chromium"))},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    categories = json.loads(report.read_text())["categories"]
    scores = {name: category["score"] for name, category in categories.items()}
    assert set(scores) == {"performance", "accessibility", "best-practices", "seo"}
    assert min(scores.values()) >= LEAST, scores
