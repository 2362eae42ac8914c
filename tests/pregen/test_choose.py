"""`flask models choose`: the same seeds every time, good and unlike ones first."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from app.walls.model_cards import read_card
from core.settings import PROJECT, Settings
from pregen.choosing import measuring
from pregen.choosing.measuring import CHUNK, FIRST, Measuring, range_of
from pregen.choosing.ordering import is_usable, near_any, put_in_order
from sources.curators.chosen_seeds import FILE, BadChosen, read_chosen
from sources.curators.curator import FITTED, FOLDER, read_curator
from sources.curators.quality import points_of, quality, scale_of
from sources.runtimes.latents import draw
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from tests.tiny_curator import build_tiny_curator
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
CHOOSE = ("models", "choose", "tiny", "--candidates", "250", "--keep", "40")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build_tiny_curator(build_tiny_model(folder), concepts=4)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where measurements lie: made by the first test, read by the others."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def models(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "own-models")
    return tmp_path / "own-models"


@pytest.fixture
def command(models: Path, settings: Settings, home: Path) -> Flask:
    from app import create_app

    application = create_app(replace(settings, models_folder=models, home=home))
    return lambda *words: application.test_cli_runner().invoke(args=list(words))


def test_the_same_seeds_every_time_whatever_was_measured_before(
    command: Flask, models: Path, home: Path
) -> None:
    done = command(*CHOOSE, "--verbose")
    assert done.exit_code == 0, done.output
    file = models / "tiny" / "1" / FILE
    first = file.read_bytes()
    assert "kept 200 of 1,250 candidates" in done.output
    assert done.output.count("40 of 250") == 5
    file.unlink()
    shutil.rmtree(home / measuring.KEPT)
    assert command(*CHOOSE).exit_code == 0
    assert file.read_bytes() == first
    again = command(*CHOOSE, "--dry-run")
    assert "0 are to be drawn" in again.output
    other = command(*CHOOSE[:3], "--candidates", "250", "--seed", "3", "--dry-run")
    assert "1,250 are to be drawn" in other.output


def test_what_is_measured_is_what_seed_and_truncation_draw(
    command: Flask, models: Path, home: Path
) -> None:
    assert command(*CHOOSE).exit_code == 0
    model = read_model(models / "tiny" / "1")
    measured = Measuring(model, home).read(2, 20)
    assert measured.seeds.tolist() == [2 * 1_000_000 + FIRST + k for k in range(20)]
    assert (measured.truncations >= 0.3 - 1e-6).all()
    assert range_of(model) == (0.3, 1.0)
    truncation = round(float(measured.truncations[7]), 2)
    drawn = draw(model, int(measured.seeds[7]), (truncation, truncation))
    picture = LiteRTSource(model, 1).generate(2, [drawn])
    features = read_curator(model).features.of(picture)
    np.testing.assert_allclose(measured.features[7], features[0], rtol=2e-3, atol=2e-3)


def test_the_file_says_seed_truncation_quality_and_concepts(
    command: Flask, models: Path, home: Path
) -> None:
    assert command(*CHOOSE).exit_code == 0
    model = read_model(models / "tiny" / "1")
    chosen = read_chosen(model)
    assert chosen is not None
    assert (chosen.digest, chosen.candidates) == (model.digest, 250)
    measured = Measuring(model, home).read(1, 250)
    known = dict(zip(measured.seeds.tolist(), measured.truncations.tolist(), strict=True))
    seeds = chosen.of(model.categories[1].slug)
    assert len({each.seed for each in seeds}) == len(seeds) == 40
    for each in seeds:
        assert each.truncation == pytest.approx(known[each.seed])
        assert 1 <= len(each.nearest) <= 2
        assert all(near.startswith("1f40") for near in each.nearest)
    # all four concepts come before the tenth picture, and early ones are better
    assert len({each.nearest[0] for each in seeds[:10]}) == 4
    assert np.mean([s.quality for s in seeds[:10]]) > np.mean([s.quality for s in seeds[-10:]])
    assert chosen.of("nothing") == ()


def test_the_best_half_alone_is_kept_and_nothing_twice(models: Path, home: Path) -> None:
    model = read_model(models / "tiny" / "1")
    curator = read_curator(model)
    measuring_ = Measuring(model, home)
    for _ in measuring_.measure(measuring_.missing([0], CHUNK), 1):
        pass
    measured = measuring_.read(0, CHUNK)
    points = points_of(
        measured.features, measured.flaws, "mammal", curator.fitted, curator.concepts
    )
    qualities = quality(points, scale_of(points))
    usable = is_usable(points, qualities, measured.hashes, curator.fitted.hashes)
    assert 20 < usable.sum() <= CHUNK / 2
    assert qualities[usable].min() >= np.median(qualities)
    copies = np.append(curator.fitted.hashes, measured.hashes[np.flatnonzero(usable)[:9]])
    assert is_usable(points, qualities, measured.hashes, copies).sum() <= usable.sum() - 9
    order = put_in_order(points, qualities, usable, measured, CHUNK)
    hashes = measured.hashes[order]
    for i in range(1, len(order)):
        assert not near_any(hashes[i : i + 1], hashes[:i]).any()
    assert order[:15] == put_in_order(points, qualities, usable, measured, 15)
    assert order[0] == np.flatnonzero(usable)[np.argmax(qualities[usable])]


def test_a_curator_without_concepts_chooses_by_its_reader(command: Flask, models: Path) -> None:
    (models / "tiny" / "1" / FOLDER / "concepts.npz").unlink()
    done = command(*CHOOSE)
    assert done.exit_code == 0, done.output
    chosen = read_chosen(read_model(models / "tiny" / "1"))
    assert chosen is not None
    assert {each.nearest for each in chosen.of("hat")} == {()}


def test_a_file_of_another_model_or_a_broken_one_is_one_line(command: Flask, models: Path) -> None:
    assert command(*CHOOSE).exit_code == 0
    folder = models / "tiny" / "1"
    model = read_model(folder)
    other = replace(model, digest="0" * 64)
    with pytest.raises(BadChosen, match=r"chosen for another model.*flask models choose tiny"):
        read_chosen(other)
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:300])
    with pytest.raises(BadChosen, match=r"cannot be read.*flask models choose tiny"):
        read_chosen(model)
    (folder / FILE).unlink()
    assert read_chosen(model) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--candidates", "0"), "0 is not in the range 1<=x<=500000"),
        (("--candidates", "1000000"), "1000000 is not in the range 1<=x<=500000"),
        (("--keep", "0"), "--keep"),
    ],
)
def test_numbers_out_of_range_are_refused(
    command: Flask, words: tuple[str, ...], said: str
) -> None:
    done = command("models", "choose", "tiny", *words)
    assert done.exit_code == 2
    assert said in done.output.splitlines()[-1]


def test_a_model_that_cannot_be_judged_is_one_line(command: Flask, models: Path) -> None:
    folder = models / "tiny" / "1" / FOLDER
    with np.load(folder / FITTED) as kept:
        values = dict(kept)
    np.savez_compressed(folder / FITTED, **{**values, "size_px": np.array(32)})
    done = command(*CHOOSE)
    assert done.exit_code == 1
    assert "does not know pictures of 16 px" in done.output
    assert len(done.output.splitlines()) == 1
    shutil.rmtree(folder)
    done = command(*CHOOSE)
    assert (done.exit_code, len(done.output.splitlines())) == (1, 1)
    assert "flask gan curator" in done.output
    assert (
        "there is no model 'tniy'; did you mean tiny?" in command("models", "choose", "tniy").output
    )


def test_a_full_disk_is_one_line_and_keeps_what_was_measured(
    command: Flask, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(*CHOOSE).exit_code == 0
    before = (models / "tiny" / "1" / FILE).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sources.curators.chosen_seeds.write_durably", full)
    done = command(*CHOOSE, "--seed", "0")
    assert done.exit_code == 1
    assert "o space left" in done.output
    assert len(done.output.splitlines()) == 1
    assert (models / "tiny" / "1" / FILE).read_bytes() == before


def test_a_killed_run_goes_on(models: Path, tmp_path: Path) -> None:
    """Killed while it measures; the next one measures the rest, and chooses the same."""
    home = tmp_path / "killed-home"
    words = [sys.executable, "-m", "flask", "models", "choose", "tiny", "--candidates", "750"]
    environment = {
        "PATH": "/usr/bin:/bin", "NONESUCH_MODELS_FOLDER": str(models),
        "NONESUCH_HOME": str(home), "NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance"),
        "NONESUCH_IMAGES_FOLDER": str(tmp_path / "images"),
    }  # fmt: skip
    run = subprocess.Popen(words, cwd=PROJECT, env=environment, start_new_session=True)
    chunks: list[Path] = []
    until = time.monotonic() + 120
    while len(chunks) < 3 and time.monotonic() < until and run.poll() is None:
        chunks = list(home.glob("*/*/*.npz"))
        time.sleep(0.02)
    assert run.poll() is None
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    left = len(list(home.glob("*/*/*.npz")))
    assert 3 <= left < 15
    done = subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"of {(15 - left) * CHUNK} candidates" in done.stdout
    resumed = (models / "tiny" / "1" / FILE).read_bytes()
    shutil.rmtree(home)
    whole = subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stderr
    assert (models / "tiny" / "1" / FILE).read_bytes() == resumed


def test_the_model_card_says_who_picked(command: Flask, models: Path) -> None:
    card = models / "tiny" / "1" / "MODEL_CARD.md"
    card.write_text("# Tiny\n\n## Data\n\nDrawn.\n\n## Use\n\nAs you like.\n")
    assert command(*CHOOSE).exit_code == 0
    once = card.read_text()
    said = "chosen out of 1,250 candidates, 250 in each of 5 categories."
    assert said in read_card(models, "tiny/1").chosen
    assert once.index("## Chosen seeds") < once.index("## Data")
    assert once.endswith("## Data\n\nDrawn.\n\n## Use\n\nAs you like.\n")
    assert command(*CHOOSE).exit_code == 0
    assert card.read_text() == once
