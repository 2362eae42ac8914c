"""`flask gan dataset emoji` without npm, and without what draws its pictures."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result


def test_without_npm_the_command_says_so_in_one_line(
    gan_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    done = gan_command("dataset", "emoji")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("Error: npm is not installed")
    assert not (home / "datasets").exists()


def test_without_resvg_nothing_is_fetched(
    gan_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    done = gan_command("dataset", "emoji")
    assert done.exit_code == 1 and len(done.output.splitlines()) == 1
    assert "resvg_py, which is not installed" in done.output and not (home / "npm").exists()
