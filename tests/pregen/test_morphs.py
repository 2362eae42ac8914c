"""`flask morphs`: loops are there, once, they move, close, and say where they come from."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image, ImageSequence

from core.settings import Settings
from pregen.planning.batches import seed_of
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from store.files.morphs import MorphFolder
from store.formats.metadata import read_provenance

Flask = Callable[..., Result]
SHORT = ("--stops", "2", "--frames", "5", "--ms", "60")


def frames_of(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.stack([np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(image)])


def test_walks_within_and_between(flask_command: Flask, settings: Settings) -> None:
    words = (
        "morphs",
        "--model",
        "tiny",
        "--categories",
        "hat,drink,bird",
        "--between",
        "2",
        *SHORT,
    )
    result = flask_command(*words)
    assert result.exit_code == 0, result.output
    assert "made 5 walks with tiny/1, 0 were there" in result.output
    found = MorphFolder(settings.instance_folder).all()
    assert [m.categories for m in found] == [
        ("hat",), ("drink",), ("bird",), ("hat", "drink"), ("drink", "bird"),
    ]  # fmt: skip
    folder = settings.instance_folder / "morphs"
    for morph in found:
        data = (folder / morph.file).read_bytes()
        assert len(data) == morph.bytes
        with Image.open(folder / morph.file) as image:
            image.load()
            assert image.info["loop"] == 0 and image.n_frames == 10 == morph.frames  # type: ignore[attr-defined]
            assert image.info["duration"] == 60
            origin = read_provenance(image)
        assert origin is not None and (origin.model, origin.seed) == ("tiny/1", morph.seeds[0])
        frames = frames_of(data).astype(int)
        assert (np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)) > 0).all()
        with Image.open(folder / morph.still) as still:
            assert np.abs(np.asarray(still).astype(int) - frames[0]).mean() < 12  # both are lossy
    again = flask_command(*words)
    assert "made 0 walks with tiny/1, 5 were there" in again.output
    assert len(list(folder.glob("*.webp"))) == 10


def test_a_walk_comes_through_the_categorys_first_pictures(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    flask_command("morphs", "--model", "tiny", "--categories", "hat", "--between", "0",
                  "--truncation", "0.5", *SHORT)  # fmt: skip
    (morph,) = MorphFolder(settings.instance_folder).all()
    model = find_model(models, "tiny")
    assert morph.seeds == (seed_of(0, 2, 0), seed_of(0, 2, 1)) and morph.truncation == 0.5
    # of the stops those with the first one's style: choices stay on a walk
    first = draw(model, morph.seeds[0], (0.5, 0.5))
    still = open_source(model, 1).generate(2, [first] * 8)[0]
    frames = frames_of((settings.instance_folder / "morphs" / morph.file).read_bytes())
    near = np.abs(frames.astype(int) - still).mean(axis=(1, 2, 3))
    assert near.argmin() == 0


def test_dry_run_and_replace(flask_command: Flask, settings: Settings) -> None:
    words = ("morphs", "--model", "tiny", "--between", "0", *SHORT)
    result = flask_command(*words, "--categories", "2", "--dry-run")
    assert "would make 2 walks of 20 frames with tiny/1; 0 are there" in result.output
    assert not settings.instance_folder.exists()
    flask_command(*words, "--categories", "hat")
    result = flask_command(*words, "--categories", "bird", "--replace", "--dry-run")
    assert "would delete 1 walks that are not of this run" in result.output
    assert len(MorphFolder(settings.instance_folder).all()) == 1
    result = flask_command(*words, "--categories", "bird", "--replace")
    assert "made 1 walks with tiny/1, 0 were there, 1 deleted" in result.output
    names = [m.categories for m in MorphFolder(settings.instance_folder).all()]
    assert names == [("bird",)]
    assert len(list((settings.instance_folder / "morphs").glob("*.webp"))) == 2


@pytest.mark.parametrize(
    "words, message",
    [
        (["--stops", "1"], "a loop needs 2 stops"),
        (["--ms", "20000000"], "--ms 20000000 is more than 10,000"),
        (["--ms", "-80"], "20 ms a frame at least"),
        (["--seed", "99999999999999"], "is not between 0 and"),
        (["--truncation", "nan"], "is no range of numbers"),
        (["--between", "-1"], "is not in the range"),
        (["--frames", "500"], "are more than 600"),
        (["--categories", "hatt"], "did you mean hat?"),
        (["--categories", "hat", "--between", "1"], "write --between 0"),
        (["--truncation", "7"], "out of range"),
        (["--model", "tinny"], "did you mean tiny?"),
        (["--path", "curved"], "'curved' is not one of"),
        (["--seed", "x"], "not a valid integer"),
    ],
)
def test_bad_input(
    flask_command: Flask, settings: Settings, words: list[str], message: str
) -> None:
    given = words if "--model" in words else ["--model", "tiny", *words]
    given = given if "--categories" in words else [*given, "--categories", "2"]
    result = flask_command("morphs", *given)
    assert result.exit_code != 0 and message in result.output
    assert "Traceback" not in result.output
    assert not settings.instance_folder.exists()


def test_a_damaged_list_is_named(flask_command: Flask, settings: Settings) -> None:
    words = ("morphs", "--model", "tiny", "--categories", "hat", "--between", "0", *SHORT)
    assert flask_command(*words).exit_code == 0
    listed = settings.instance_folder / "morphs" / "morphs.json"
    assert len(json.loads(listed.read_text())["morphs"]) == 1
    listed.write_text("{")
    result = flask_command(*words)
    assert (
        result.exit_code == 1
        and "morphs.json in the instance folder cannot be read" in result.output
    )
