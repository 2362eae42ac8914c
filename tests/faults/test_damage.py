"""Damaged files: pictures, models, the index. It is told, in one line, and what to do mends it.

`make test` takes a sample; `make test-faults` 300 damaged indexes and 60 models.
"""

import json
import os
import random
import shutil
import threading
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import psutil
import pytest
from click.testing import Result

from app import create_app
from core.settings import Settings
from pregen.verifying.verify import REMEDIES
from tests.faults.filler import settings_in
from tests.servers.ports import free_port
from tests.servers.site import SiteServer
from tests.tiny_model import build_tiny_model

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
SAMPLE = int(os.environ.get("DAMAGES", "12"))  # indexes; a fifth as many models
REPORT = os.environ.get("FAULT_REPORT", "")  # a file that the counts are added to
PAGE_BYTES = 4096
PREGEN = ["pregen", "--model", "tiny", "--categories", "5", "--samples", "12"]
COMMANDS = [
    ["index"], ["top-up"], ["top-up", "--dry-run"], ["curate", "list"], ["models", "report"],
    ["db", "upgrade"], ["curate", "category", "off", "hat"], ["export-site", "{out}"],
    PREGEN,
]  # fmt: skip
ADDRESSES = ["/", "/categories", "/gallery", "/random.webp", "/api/v1/random"]


@pytest.fixture(scope="module")
def site(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a filled store and its index."""
    folder = tmp_path_factory.mktemp("site")
    assert run(settings_in(folder, models), *PREGEN).exit_code == 0
    return folder


@pytest.fixture
def settings(site: Path, models: Path, tmp_path: Path) -> Settings:
    """A copy of it, to be damaged."""
    shutil.copytree(site, tmp_path / "site")
    return settings_in(tmp_path / "site", models)


def run(settings: Settings, *words: str) -> Result:
    """Run a command; it must end in words, not in a traceback."""
    result = create_app(settings).test_cli_runner().invoke(args=list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        words, result.exception)  # fmt: skip
    return result


def damaged(data: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Return a kind of damage and what it leaves of a file."""
    kind = chance.choice(["a flipped bit", "twenty flipped bits", "cut short", "a lost page"])
    left = bytearray(data)
    if kind == "cut short":
        return kind, bytes(left[: chance.randrange(len(left))])
    if kind == "a lost page":
        first = chance.randrange(len(left) // PAGE_BYTES) * PAGE_BYTES
        left[first : first + PAGE_BYTES] = chance.choice(
            [bytes(PAGE_BYTES), chance.randbytes(PAGE_BYTES)]
        )
        return kind, bytes(left)
    for _ in range(20 if "twenty" in kind else 1):
        left[chance.randrange(len(left))] ^= 1 << chance.randrange(8)
    return kind, bytes(left)


def files_of(settings: Settings) -> dict[str, bytes]:
    folder = settings.images_folder
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.webp"))}


def tell(**counts: object) -> None:
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(counts) + "\n")


def test_damaged_pictures_are_named_and_made_again(settings: Settings) -> None:
    pictures = files_of(settings)
    chance = random.Random(1)
    hurt = chance.sample(sorted(pictures), 12)
    for name in hurt:
        data = pictures[name]
        at = chance.randrange(len(data))
        flipped = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        (settings.images_folder / name).write_bytes(chance.choice([flipped, data[:at]]))
    found = run(settings, "verify")
    assert found.exit_code == 1
    for name in pictures:
        kinds = (f"changed: {name}", f"unreadable: {name}")
        assert any(kind in found.output for kind in kinds) == (name in hurt), name
    assert REMEDIES["changed"] in found.output and REMEDIES["unreadable"] in found.output
    for name in hurt:
        (settings.images_folder / name).unlink()
    assert run(settings, *PREGEN).exit_code == 0
    assert files_of(settings) == pictures
    assert run(settings, "verify").exit_code == 0


def test_a_damaged_index_is_told_of_and_can_be_rebuilt(settings: Settings, tmp_path: Path) -> None:
    """Whatever is damaged, no command and no page ends in a traceback, and no picture is lost."""
    path = settings.sqlite_path
    assert path is not None
    whole, pictures = path.read_bytes(), files_of(settings)
    counts: Counter[str] = Counter()
    for seed in range(SAMPLE):
        chance = random.Random(seed)
        kind, data = damaged(whole, chance)
        path.write_bytes(data)
        found = run(settings, "verify")
        counts[kind] += 1
        counts["found by verify"] += found.exit_code
        client = create_app(settings).test_client()
        for address in ADDRESSES:
            status = client.get(address).status_code
            # a flipped bit may make a text a number: then it is the last resort's page
            assert status in (200, 302, 404, 503) or (status == 500 and found.exit_code), (
                seed, kind, address, status)  # fmt: skip
            counts[f"pages {status}"] += 1
        for words in chance.sample(COMMANDS, 2):
            path.write_bytes(data)
            out = str(tmp_path / f"out-{seed}")
            counts["commands that refused"] += run(
                settings, *(word.format(out=out) for word in words)
            ).exit_code
            restore(settings, pictures)
        path.unlink()  # "move it away and rebuild it with: flask index"
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        rebuilt = run(settings, "index")
        assert rebuilt.exit_code == 0, rebuilt.output
        agreed = run(settings, "verify")
        assert agreed.exit_code == 0, agreed.output
        assert f"{len(pictures):,} pictures checked" in agreed.output
    tell(fault="damaged index", indexes=SAMPLE, **counts)


def restore(settings: Settings, pictures: dict[str, bytes]) -> None:
    """Take back what a command did with the pictures: each damage is of the same store."""
    shutil.rmtree(settings.images_folder)
    # where a command could still switch a category off
    shutil.rmtree(settings.instance_folder / "off", ignore_errors=True)
    for name, data in pictures.items():
        path = settings.images_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_damaged_model_is_refused(settings: Settings, tmp_path: Path) -> None:
    """A bit is enough: its hash stands in model.toml, as every export writes it."""
    from sources.spec.litert_file import sha256_of

    folder = tmp_path / "models"
    shutil.copytree(settings.models_folder, folder)
    weights, described = folder / "tiny/1/model.tflite", folder / "tiny/1/model.toml"
    whole = weights.read_bytes()
    described.write_text(
        described.read_text().replace("[litert]", f'[litert]\nsha256 = "{sha256_of(whole)}"')
    )
    here = settings_in(settings.images_folder.parent, folder)
    assert run(here, *PREGEN).exit_code == 0
    pictures = files_of(here)
    for seed in range(max(3, SAMPLE // 5)):
        weights.write_bytes(damaged(whole, random.Random(seed))[1])
        refused = run(here, *PREGEN, "--replace")
        assert refused.exit_code == 1
        assert "model.tflite is damaged" in refused.output
        assert len(refused.output.strip().splitlines()) == 1
        assert files_of(here) == pictures
    weights.write_bytes(whole)
    assert run(here, "verify").exit_code == 0
    tell(fault="damaged model", models=max(3, SAMPLE // 5), refused=max(3, SAMPLE // 5))


def test_a_model_may_be_replaced_while_it_is_served(settings: Settings, tmp_path: Path) -> None:
    """Renamed over, written over in place, cut to nothing: no answer fails, no worker ends."""
    folder = tmp_path / "models"
    shutil.copytree(settings.models_folder, folder)
    other = build_tiny_model(tmp_path / "other", weights=1) / "model.tflite"
    weights = folder / "tiny/1/model.tflite"
    contents = [weights.read_bytes(), other.read_bytes(), b""]
    server = SiteServer(
        settings_in(settings.images_folder.parent, folder), free_port(),
        NONESUCH_MODELS_FOLDER=str(folder), NONESUCH_API_CALLS_PER_MINUTE="0",
    )  # fmt: skip
    server.start()
    assert server.process is not None
    statuses: Counter[int] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                with urllib.request.urlopen(f"{server.url}/live/tiny.webp", timeout=20) as answer:
                    answer.read()
                    statuses[answer.status] += 1
            except urllib.error.HTTPError as error:
                statuses[error.code] += 1

    try:
        workers = {child.pid for child in psutil.Process(server.process.pid).children()}
        urllib.request.urlopen(f"{server.url}/live/tiny.webp", timeout=60).close()  # is loaded
        asking = threading.Thread(target=ask)
        asking.start()
        for number in range(40):
            content = contents[number % len(contents)]
            if number % 2:
                beside = weights.with_suffix(".new")
                beside.write_bytes(content)
                beside.replace(weights)
            else:
                weights.write_bytes(content)  # in place: cut first, as cp does
            over.wait(0.05)
        over.set()
        asking.join(60)
        assert {child.pid for child in psutil.Process(server.process.pid).children()} == workers
        assert set(statuses) == {200}, statuses
    finally:
        over.set()
        server.stop()
    tell(fault="model replaced while serving", replaced=40, answers=dict(statuses))
