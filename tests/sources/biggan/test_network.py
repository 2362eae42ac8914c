"""BigGAN itself, from the internet: by each documented road, and eight pictures of it.

    make test-network

No part of CI. Each road brings 280 MB. It writes biggan-128.webp, the eight pictures in a row, and
says how much they differ.
"""

import importlib.util
import tarfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from core.settings import PROJECT, Settings
from sources.biggan.handles import HANDLES, Caches
from sources.registry import find_model

Flask = Callable[..., Result]
HANDLE = HANDLES["biggan-128"]
SHEET = PROJECT / "biggan-128.webp"
LEAST_UNLIKE = 20.0  # levels of 255, of pixels of two pictures of eight flowers, on average
PACKAGES = ("tensorflow_hub", "kagglehub")

pytestmark = pytest.mark.internet


def bring(road: str, flask_command: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch the module by one road alone."""
    words = ["models", "fetch", HANDLE.name, "--yes"]
    if road == "archive":  # downloaded elsewhere and brought as a file
        archive = folder / "module.tar.gz"
        urllib.request.urlretrieve(f"{HANDLE.address}?tf-hub-format=compressed", archive)
        assert tarfile.is_tarfile(archive)
        words += ["--from", str(archive)]
    else:
        real = importlib.util.find_spec
        others = {package for package in PACKAGES if package != road}
        monkeypatch.setattr(
            "sources.biggan.fetching.importlib.util.find_spec",
            lambda name: None if name in others else real(name),
        )
    result = flask_command(*words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("road", [*PACKAGES, "archive"])
def test_eight_pictures_of_biggan(
    flask_command: Flask,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    road: str,
) -> None:
    bring(road, flask_command, tmp_path, monkeypatch)
    model = find_model(settings.models_folder, HANDLE.name, Caches.of(settings))
    words = ("--model", HANDLE.name, "--categories", "daisy", "--samples", "8", "--format", "png")
    result = flask_command("pregen", *words)
    assert result.exit_code == 0, result.output
    files = sorted(settings.images_folder.glob("daisy/*.png"))
    pictures = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in files])
    assert pictures.shape == (8, 128, 128, 3)
    pairs = [(i, j) for i in range(8) for j in range(i)]
    unlike = [np.abs(pictures[i].astype(int) - pictures[j]).mean() for i, j in pairs]
    print(f"\n{road}: digest {model.digest[:12]}, unlike by {np.mean(unlike):.1f} levels of 255")
    Image.fromarray(np.concatenate(list(pictures), axis=1)).save(SHEET, lossless=True)
    assert min(unlike) > LEAST_UNLIKE
