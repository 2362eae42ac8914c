"""A tiny model, a fresh store and index, and the real command line over them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from core.settings import Settings, read_settings
from tests.scaled import drop, scaled
from tests.tiny_model import build_tiny_model


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


@pytest.fixture
def settings(tmp_path: Path, models: Path) -> Iterator[Settings]:
    settings = scaled(
        read_settings(
            {
                "NONESUCH_HOME": str(tmp_path / "home"),
                "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
                "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
                "NONESUCH_MODELS_FOLDER": str(models),
                "SECRET_KEY": "test",
            }
        )
    )
    yield settings
    drop(settings)


@pytest.fixture
def flask_command(settings: Settings) -> Callable[..., Result]:
    """Run `flask <words>` in this process, over the test's own folders."""
    from app import create_app

    application: Flask = create_app(settings)

    def run(*words: str) -> Result:
        runner = application.test_cli_runner()
        assert isinstance(runner, CliRunner)
        return runner.invoke(args=list(words))

    return run
