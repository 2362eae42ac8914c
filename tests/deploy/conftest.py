"""A clean clone of what would be committed, and a plain environment to run commands in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.settings import PROJECT
from tests.made_once import FOLDER, made_once

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment() -> dict[str, str]:
    """The variables of a machine without any setting; git has a name to commit under."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NONESUCH_", "PREGEN_", "GIT_", "MAKE", "MFLAGS"))
        and name not in ("DATABASE_URL", "SECRET_KEY", "PORT", "HOST", "PYTHON", "VENV", FOLDER)
    }
    who = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", "A Test"), ("EMAIL", "test@example.org"))
    }
    return {
        **kept,
        **who,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture
def clone(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A repository with what is tracked here or would be, and nothing else; spaces in its path."""
    made = made_once(tmp_path, "a clean clone", "clone", partial(_clone, environment=environment))
    # the copy's files are as old as it is: git looks at them once
    subprocess.run(["git", "status", "-s"], cwd=made, env=environment, check=True)
    return made


def _clone(folder: Path, environment: dict[str, str]) -> None:
    target = folder / "a clean clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, target / name)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=target, env=environment, check=True)


@pytest.fixture
def installed(clone: Path) -> None:
    """The clone's virtual environment: this Python and what is installed for it."""
    binaries = clone / ".venv" / "bin"
    binaries.mkdir(parents=True)
    python = binaries / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    pins = subprocess.run(
        ["cksum"], input=(clone / "requirements.txt").read_bytes(), capture_output=True, check=True
    )
    (clone / ".venv" / "installed-site").write_bytes(pins.stdout)


@pytest.fixture
def run(clone: Path, environment: dict[str, str]) -> Run:
    """Run a command in the clone, with more variables by keyword."""

    def run_command(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=clone,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run_command


@pytest.fixture
def shipped_model() -> None:
    """The generator that comes with the repository; CI must have it."""
    if not (PROJECT / "models" / "emoji").is_dir() and os.environ.get("CI") != "true":
        pytest.skip("models/emoji is not there")
