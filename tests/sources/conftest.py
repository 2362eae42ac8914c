"""Models that take a second each, made once; tests copy what they change."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.settings import Settings, read_settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def hub_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """biggan-128 in miniature, in the TF1 Hub format."""
    from tests.hub_module import build_hub_module

    return build_hub_module(tmp_path_factory.mktemp("hub") / "module")


@pytest.fixture(scope="session")
def stylegan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.sources.builders import save_stylegan

    return save_stylegan(tmp_path_factory.mktemp("stylegan") / "1")


@pytest.fixture(scope="session")
def wgan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.sources.builders import save_wgan

    return save_wgan(tmp_path_factory.mktemp("wgan") / "1")


@pytest.fixture(scope="session")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.sources.builders import save_conditional

    return save_conditional(tmp_path_factory.mktemp("conditional") / "1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(
        {
            "NONESUCH_HOME": str(tmp_path / "home"),
            "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
            "NONESUCH_MODELS_FOLDER": str(tmp_path / "models"),
            "KAGGLEHUB_CACHE": str(tmp_path / "kagglehub"),
            "SECRET_KEY": "test",
        }
    )


@pytest.fixture
def flask_command(settings: Settings) -> Callable[..., Result]:
    """Run `flask <words>` in this process, over the test's own folders."""
    from app import create_app

    application = create_app(settings)

    def run(*words: str) -> Result:
        runner = application.test_cli_runner()
        assert isinstance(runner, CliRunner)
        return runner.invoke(args=list(words))

    return run
