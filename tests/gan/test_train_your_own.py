"""docs/train-your-own.md: its four commands, run as they stand there but for their size."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.servers.ports import free_port

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs" / "train-your-own.md"
# what makes an hour a minute; appended to the command that begins so
SMALLER = {
    "flask gan dataset folder": "--size 16",
    "flask gan train": "--minutes 0.02 --set batch=8 --set generator_channels=16,16 "
    "--set discriminator_channels=16,16",
    "flask pregen": "--samples 3",
}


def commands() -> list[list[str]]:
    """Return the words of the four commands of the document, made smaller."""
    text = DOCUMENT.read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- executed by .*? -->\n```sh\n(.*?)```", text, re.DOTALL)
    found = []
    for line in block.splitlines():
        small = next((more for start, more in SMALLER.items() if line.startswith(start)), "")
        found.append([word.replace("monster-64", "monster-16") for word in line.split()])
        found[-1] += small.split()
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with 24 drawings that are no emoji, and places of its own for everything."""
    folder = tmp_path / "monsters"
    folder.mkdir()
    random = np.random.RandomState(0)
    for i in range(24):
        mode = ("RGB", "RGBA", "L", "CMYK")[i % 4]
        image = Image.new("RGB", (40 + i, 60 - i), "white")
        left, top = random.randint(0, 15, 2)
        colour = tuple(int(c) for c in random.randint(0, 200, 3))
        ImageDraw.Draw(image).ellipse((left, top, left + 20, top + 20), fill=colour)
        ending = "jpg" if mode == "CMYK" else "png"
        image.convert(mode).save(folder / f"{i}.{ending}")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")}
    return {
        **kept,
        "HOME": str(tmp_path),
        "NONESUCH_HOME": str(tmp_path / "cache"),
        "NONESUCH_MODELS_FOLDER": str(tmp_path / "models"),
        "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
        "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
        "SECRET_KEY": "of a test",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def flask(words: list[str], environment: dict[str, str]) -> str:
    """Run one command of the document in a real process; return what it wrote."""
    words = [word.replace("~", environment["HOME"]) for word in words[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def address(environment: dict[str, str]) -> Iterator[str]:
    """The site, on a free port, over what the commands have made."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "run", "--port", str(port)],
        cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def fetch(address: str, tries: int = 100) -> tuple[bytes, str]:
    for _ in range(tries):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.read(), answer.headers["Content-Type"]
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


def test_the_document_names_four_commands() -> None:
    found = [" ".join(words[:3]) for words in commands()]
    assert found == [
        "flask gan dataset", "flask gan train", "flask gan export", "flask pregen --model",
    ]  # fmt: skip


def test_four_commands_lead_to_a_page_and_a_live_picture(
    environment: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    flask(["flask", "db", "upgrade"], environment)
    said = [flask(words, environment) for words in commands()]
    assert "written to" in said[0]
    assert "the run is in" in said[1]
    assert (tmp_path / "models" / "monster" / "1" / "model.tflite").is_file()
    assert len(list((tmp_path / "images" / "monster").iterdir())) == 3
    site = request.getfixturevalue("address")
    page, kind = fetch(f"{site}/")
    assert kind.startswith("text/html")
    assert "This monster does not exist" in page.decode()
    pictures = []
    for _ in range(2):
        data, kind = fetch(f"{site}/live/monster.webp")
        assert kind == "image/webp"
        with Image.open(BytesIO(data), formats=("WEBP",)) as image:
            assert image.size == (16, 16)
        pictures.append(data)
    assert pictures[0] != pictures[1]
