"""Values that do not fit the range of model.toml stop a run before anything is stored."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from core.settings import Settings
from sources.registry import open_source
from sources.runtimes.latents import draw
from sources.runtimes.ranges import WrongRange, check_range
from sources.spec.description import read_model
from sources.spec.inputs import Output
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
NORMAL = np.random.RandomState(0).randn(4, 8, 8, 3).astype(np.float32)
TANH = np.tanh(NORMAL)
SIGMOID = (TANH + 1) / 2


@pytest.mark.parametrize(
    "values, between, better",
    [
        (SIGMOID, (-1.0, 1.0), "[0.0, 1.0]"),
        (SIGMOID, (0.0, 255.0), "[0.0, 1.0]"),
        (SIGMOID * 255, (-1.0, 1.0), "[0.0, 255.0]"),
        (SIGMOID * 255, (0.0, 1.0), "[0.0, 255.0]"),
        ((SIGMOID * 255).astype(np.uint8), (-1.0, 1.0), "[0.0, 255.0]"),
        (SIGMOID.round().astype(np.uint8) * 9, (0.0, 1.0), "[0.0, 255.0]"),  # whole: levels
        (TANH, (0.0, 1.0), "[-1.0, 1.0]"),
        (TANH, (0.0, 255.0), "[-1.0, 1.0]"),
        (TANH * 2.5, (-1.0, 1.0), "[-2.4"),
        (NORMAL * 127, (-1.0, 1.0), None),
    ],
)
def test_what_does_not_fit(
    values: np.ndarray, between: tuple[float, float], better: str | None
) -> None:
    with pytest.raises(WrongRange) as caught:
        check_range(values, Output("out", between), "model.toml")
    assert "model.toml says that out goes from" in caught.value.message
    assert f"write: [output] range = {better or '['}" in str(caught.value)


@pytest.mark.parametrize(
    "values, between",
    [
        (TANH, (-1.0, 1.0)),
        (SIGMOID, (0.0, 1.0)),
        (SIGMOID * 255, (0.0, 255.0)),
        (np.clip(NORMAL * 0.5, -1.4, 1.4), (-1.0, 1.0)),  # a generator without a tanh
        (np.where(NORMAL > 2.9, np.nan, TANH), (-1.0, 1.0)),
        (np.ones((2, 4, 4, 3)), (-1.0, 1.0)),  # refused as a picture of one colour
    ],
)
def test_what_fits(values: np.ndarray, between: tuple[float, float]) -> None:
    check_range(values, Output("out", between), "model.toml")


def foreign(folder: Path) -> Path:
    """A generator of which somebody took the tanh for a sigmoid."""
    target = build_tiny_model(folder)
    toml = target / "model.toml"
    text = toml.read_text()
    toml.write_text(text.replace("range = [-1.0, 1.0]", "range = [0.0, 1.0]"))
    return target


def test_what_was_exported_here_is_not_asked(tmp_path: Path) -> None:
    """Its range was compared with the training; light drawings have no dark point for a while."""
    for written in (False, True):
        folder = foreign(tmp_path / str(written))
        if written:
            toml, weights = folder / "model.toml", (folder / "model.tflite").read_bytes()
            text = toml.read_text()
            line = f'sha256 = "{hashlib.sha256(weights).hexdigest()}"\nsignatures'
            toml.write_text(text.replace("signatures", line, 1))
        model = read_model(folder)
        source = open_source(model, 1, check_range=True)
        draws = [draw(model, seed, (0.5, 0.5)) for seed in range(8)]
        if written:
            assert source.generate(0, draws).shape == (8, 16, 16, 3)
        else:
            with pytest.raises(WrongRange):
                source.generate(0, draws)


def test_pregen_stops_before_the_first_picture(flask_command: Flask, settings: Settings) -> None:
    toml = foreign(settings.models_folder) / "model.toml"
    words = ("pregen", "--model", "tiny", "--categories", "hat", "--samples", "9")
    for more in ((), ("--dry-run",)):
        result = flask_command(*words, *more)
        assert result.exit_code == 1, result.output
        assert f"{toml} says that picture goes from 0 to 1" in result.output
        assert "write: [output] range = [-1.0, 1.0]; or add --trust-range" in result.output
        assert not list(settings.images_folder.glob("*/*.*"))
    # nothing is left to be refilled by a model that is no more once its file is mended
    assert "no generated pictures are in the index" in flask_command("top-up").output
    trusted = flask_command(*words, "--trust-range", "--samples", "2")
    assert trusted.exit_code == 0 and len(list(settings.images_folder.glob("*/*.webp"))) == 2
    shutil.rmtree(settings.images_folder)
    toml.write_text(toml.read_text().replace("range = [0.0, 1.0]", "range = [-1.0, 1.0]"))
    assert flask_command(*words).exit_code == 0
