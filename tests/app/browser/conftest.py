"""A copy of the runtime from npm, and a small model."""

import shutil
from pathlib import Path

import pytest

from app.browser.runtime import runtime_folder
from tests.tiny_model import build_tiny_model


@pytest.fixture
def own_home(fetched_home: Path, tmp_path: Path) -> Path:
    """A copy of the runtime that a test may damage."""
    home = tmp_path / "own-home"
    shutil.copytree(runtime_folder(fetched_home), runtime_folder(home))
    return home


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder
