"""`flask pregen --dry-run`: what it tells of time and size is what the run then takes."""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import pregen.engines.local
from core.cpu import usable_cores
from core.settings import Settings
from pregen.engines.chooser import Chooser
from pregen.engines.making import make
from store.index.database import open_engine
from store.index.tables import image
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

WORDS = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--samples", "40")
SLEEP_S = 0.1


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a curator; in the place of the session's."""
    folder = tmp_path_factory.mktemp("models")
    build_tiny_curator(build_tiny_model(folder))
    return folder


def told(result: Result) -> tuple[float, float]:
    """Return megabytes and seconds."""
    assert result.exit_code == 0, result.output
    match = re.search(r"about ([\d.]+) MB in .*, about (\d+) (seconds|minutes)", result.output)
    assert match is not None, result.output
    return float(match[1]), int(match[2]) * {"seconds": 1, "minutes": 60}[match[3]]


def test_encoding_counts(
    flask_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All that a picture goes through: here an encoder that takes a tenth of a second."""

    def slow(*args: Any) -> Any:
        time.sleep(SLEEP_S)
        return make(*args)

    monkeypatch.setattr(pregen.engines.local, "make", slow)
    left = tmp_path / "temporary"
    left.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    _, seconds = told(flask_command(*WORDS, "--dry-run"))
    # 80 pictures, a thread per core encodes
    threads = max(usable_cores(), 1 + pregen.engines.local.ENCODERS)
    assert seconds >= int(80 * SLEEP_S / threads) - 1
    assert list(left.iterdir()) == []


def test_choosing_counts(
    flask_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = Chooser.choose

    def slow(self: Chooser, *args: Any) -> Any:
        time.sleep(SLEEP_S)
        return choose(self, *args)

    monkeypatch.setattr(Chooser, "choose", slow)
    _, seconds = told(flask_command(*WORDS, "--oversample", "4", "--dry-run"))
    assert seconds >= 1  # ten groups, one after the other


def test_the_size_is_that_of_the_files(
    flask_command: Callable[..., Result], settings: Settings
) -> None:
    words = (*WORDS, "--format", "png", "--samples", "300")
    megabytes, _ = told(flask_command(*words, "--dry-run"))
    assert flask_command(*words).exit_code == 0
    with open_engine(settings).connect() as connection:
        real = sum(connection.execute(image.select().with_only_columns(image.c.bytes)).scalars())
    assert megabytes == pytest.approx(real / 2**20, abs=0.1 + 0.1 * real / 2**20)
