"""A picture as another machine makes it is the same picture; another one is not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from core.settings import PROJECT, Settings
from pregen.verifying.comparing import shows_the_same
from store.files.opening import open_pictures
from store.formats.encoding import encode_image, find_format

Flask = Callable[..., Result]


def png(picture: np.ndarray) -> bytes:
    return encode_image(Image.fromarray(picture), find_format("png"), b"")


@pytest.fixture
def picture() -> np.ndarray:
    y, x = np.mgrid[:512, :512]
    values = np.stack([x // 3, y // 3, (x + y) // 5, np.where(x > 60, 255, 0)], -1)
    return values.astype(np.uint8)


def test_rounding_is_no_difference(picture: np.ndarray) -> None:
    other = picture.copy()
    other[..., :3] += 1
    other[5, 100:300, 0] = 255  # 200 of 262,144 pixels
    assert shows_the_same(png(picture), png(other))


def test_what_nobody_sees_is_no_difference(picture: np.ndarray) -> None:
    other = picture.copy()
    other[picture[..., 3] == 0] = (9, 99, 199, 0)
    assert shows_the_same(png(picture), png(other))


def test_another_picture_is_one(picture: np.ndarray) -> None:
    changes: tuple[Callable[[np.ndarray], object], ...] = (
        lambda p: p[..., :3].__iadd__(2),  # mean
        lambda p: p[100:120, 100:120, :3].fill(0),  # 400 pixels
        lambda p: p[200:220, 200:220, 3].fill(0),
    )
    for change in changes:
        other = picture.copy()
        change(other)
        assert not shows_the_same(png(picture), png(other))
    assert not shows_the_same(png(picture), png(picture[:256, :256]))
    assert not shows_the_same(png(picture), b"no picture")


_ELSEWHERE = """
import json, sys
from app import create_app
from core.settings import read_settings
site = create_app(read_settings(json.loads(sys.argv[1])))
done = site.test_cli_runner().invoke(args=sys.argv[2:])
print(done.output)
sys.exit(done.exit_code)
"""


def test_a_store_made_on_another_processor_verifies(settings: Settings, tmp_path: Path) -> None:
    """Made with the instructions of NumPy and LiteRT's kernels that can be switched off, off."""
    names = {
        "NONESUCH_HOME": str(tmp_path / "home"),
        "NONESUCH_IMAGES_FOLDER": str(settings.images_folder),
        "NONESUCH_INSTANCE_FOLDER": str(settings.instance_folder),
        "SECRET_KEY": "test",
    }
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    other = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)}

    def run(environment: dict[str, str], *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _ELSEWHERE, json.dumps(names), *words],
            cwd=PROJECT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(other, "pregen", "--categories", "monster,bird", "--samples", "8", "--model", "emoji")
    said = run(dict(os.environ), "verify", "--rebuild", "16")
    assert "16 pictures generated anew" in said and "store and index agree" in said


def test_a_file_that_another_encoder_wrote_is_as_generated_elsewhere(
    settings: Settings, flask_command: Flask
) -> None:
    """The same picture, other bytes: known to the index, as if another Pillow had made it."""
    flask_command(
        "pregen", "--model", "tiny", "--categories", "hat", "--samples", "4", "--format", "png"
    )
    store = open_pictures(settings)
    name = store.files_of("hat")[0]
    data = store.read("hat", name)
    assert data is not None
    path = settings.images_folder / "hat" / name
    with Image.open(path) as image:
        packet = image.info["XML:com.adobe.xmp"].encode()
        levels = np.asarray(image).copy()
    levels[0, 0] ^= 1
    again = encode_image(Image.fromarray(levels), find_format("png"), packet)
    assert again != data
    path.write_bytes(again)
    flask_command("index")
    said = flask_command("verify", "--rebuild", "4")
    assert said.exit_code == 0, said.output
    assert "1 of them as generated elsewhere" in said.output
    levels[4:12, 4:12] ^= 255
    path.write_bytes(encode_image(Image.fromarray(levels), find_format("png"), packet))
    flask_command("index")
    said = flask_command("verify", "--rebuild", "4")
    assert said.exit_code == 1 and f"not as generated: hat/{name}" in said.output
