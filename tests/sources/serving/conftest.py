"""One stand-in server over real models, for all tests of this folder that leave it as it is."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from core.settings import Settings, read_settings
from tests.sources.serving.models import build_documented, build_generator, build_segmenter
from tests.sources.serving.standin import StandIn, standing_in


@pytest.fixture(scope="session")
def served_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    build_generator(folder)
    build_generator(folder, "scalar", scalar=True)
    build_segmenter(folder)
    build_documented(folder)
    return folder


@pytest.fixture(scope="session")
def standin(served_models: Path) -> Iterator[StandIn]:
    with standing_in(served_models) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, served_models: Path) -> Settings:
    return read_settings(
        {
            "NONESUCH_HOME": str(tmp_path / "home"),
            "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
            "NONESUCH_MODELS_FOLDER": str(served_models),
            "SECRET_KEY": "test",
        }
    )


@pytest.fixture
def flask_command(settings: Settings) -> Callable[..., Result]:
    """Run `flask <words>` in this process, over the test's own folders."""
    from app import create_app

    application = create_app(settings)

    def run(*words: str) -> Result:
        return application.test_cli_runner().invoke(args=list(words))

    return run
