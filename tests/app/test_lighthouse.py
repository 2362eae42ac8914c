"""Lighthouse, at least 95 in all four: `make lighthouse`. Minutes, so not a part of every run."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app import browsing
from tests.app.export.exporting import export, plain_server
from tests.conftest import Filled
from tests.programs import absent
from tests.tiny_model import build_tiny_model

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


@pytest.fixture(scope="module")
def sites(
    shown_store: Filled, fetched_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of a site on its server, and of the same one as files below a sub-path."""
    models, above = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("exported")
    build_tiny_model(models)
    settings = replace(shown_store.settings, models_folder=models, home=fetched_home)
    result = export(settings, above / "deep", "--base-path", "/deep/")
    assert result.exit_code == 0, result.output
    variables = {"NONESUCH_MODELS_FOLDER": str(models), "NONESUCH_HOME": str(fetched_home)}
    for address in browsing.serving(shown_store.settings, None, **variables):
        with plain_server(above) as files:
            yield {"server": address, "files": f"{files}/deep"}


@pytest.mark.parametrize("path", ["/", "/gallery/", "/live/", "/play/", "/c/hat/"])
@pytest.mark.parametrize("kind", ["server", "files"])
def test_scores(
    lighthouse: Path, sites: dict[str, str], kind: str, path: str, tmp_path: Path
) -> None:
    address = sites[kind] + (path if kind == "files" or path == "/" else path.rstrip("/"))
    report = tmp_path / "report.json"
    done = subprocess.run(
        [str(lighthouse), address, "--quiet", "--output=json", f"--output-path={report}",
         "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"],
        env={**os.environ, "CHROME_PATH": str(shutil.which("chromium"))},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    categories = json.loads(report.read_text())["categories"]
    scores = {name: category["score"] for name, category in categories.items()}
    print(f"\n{kind} {path} {scores}")
    assert set(scores) == {"performance", "accessibility", "best-practices", "seo"}
    assert min(scores.values()) >= LEAST, scores
