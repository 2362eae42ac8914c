"""A tiny data set, a recipe that trains on it in seconds, and the real command line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from flask import Flask

from gan.dataset.files import HELD_OUT, TRAIN, Dataset, Label, Record

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def make_dataset(size_px: int = 8) -> Dataset:
    """30 pictures of 3 categories in 2 styles: squares of a colour per category."""
    random = np.random.RandomState(1)
    pictures, records = [], []
    for i in range(30):
        category = (0, 0, 0, 1, 1, 2)[i % 6]
        picture = np.zeros((size_px, size_px, 4), np.uint8)
        left = random.randint(0, size_px // 2)
        picture[1:-2, left : left + size_px // 2, category] = 200
        picture[1:-2, left : left + size_px // 2, 3] = 255
        pictures.append(picture)
        split = HELD_OUT if i >= 24 else TRAIN
        style = ("round", "flat")[i // 6 % 2]
        records.append(Record(f"c{category}", style, f"concept{i}", f"file{i}", "MIT", split))
    return Dataset(
        name="tiny",
        size_px=size_px,
        categories=[Label(f"c{i}", f"thing {i}") for i in range(3)],
        styles=["round", "flat"],
        pictures=np.stack(pictures),
        records=records,
        notes={"sets": [_set("round"), _set("flat")]},
    )


def _set(style: str) -> dict[str, object]:
    return {
        "style": style, "package": f"@tiny/{style}", "version": "1.0.0", "licence": "CC-BY-4.0",
        "credit": "A. Painter", "url": "https://example.org/tiny", "pictures": 15,
    }  # fmt: skip


def _seed() -> None:
    """Make fresh weights the same in every run, so that a bound holds always or never.

    Another seed shows whether a bound holds by luck: ``TEST_SEED=2 pytest tests/gan``.
    """
    import keras

    keras.utils.set_random_seed(int(os.environ.get("TEST_SEED", "1")))


@pytest.fixture(scope="module", autouse=True)
def same_weights_in_a_module() -> None:
    _seed()


@pytest.fixture(autouse=True)
def same_weights() -> None:
    _seed()


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Nothing is compiled: tracing a step takes as long as ten steps of a test's size."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def tiny_dataset() -> Dataset:
    return make_dataset()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def gan_command(tmp_path: Path, home: Path) -> Callable[..., Result]:
    """Run `flask gan <words>` in this process over the test's own folders."""
    from gan.commands.cli import gan

    app = Flask("test")
    app.extensions["settings"] = SimpleNamespace(home=home, models_folder=tmp_path / "models")
    app.cli.add_command(gan)

    def run(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=["gan", *words])

    return run


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Let few channels and tiles be enough, whatever the machine; return what was convolved so."""
    from gan.networks.fast import lean, winograd

    monkeypatch.setattr(winograd, "FEWEST_CHANNELS", {"float32": 2, "bfloat16": 2})
    monkeypatch.setattr(winograd, "CHANNELS_PER_PX", 0)
    monkeypatch.setattr(winograd, "FEWEST_TILES", 1)
    monkeypatch.setattr(lean, "lean_products", lambda: True)
    seen: list[tuple[int, ...]] = []
    convolve_by = winograd.convolve_by

    def told(factors: Any, x: Any, edges: str) -> Any:
        seen.append(tuple(x.shape))
        return convolve_by(factors, x, edges)

    monkeypatch.setattr(winograd, "convolve_by", told)
    return seen


@pytest.fixture
def transformed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return the shapes of kernels that are transformed for fewer products, as they are."""
    from gan.networks.fast import winograd

    seen: list[tuple[int, ...]] = []
    transform = winograd.transform_kernel

    def told(kernel: Any) -> Any:
        seen.append(tuple(kernel.shape))
        return transform(kernel)

    monkeypatch.setattr(winograd, "transform_kernel", told)
    return seen
