"""Export of translators: files that give the generators' pictures, or no files."""

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from click.testing import Result
from PIL import Image

from core.model_kinds import is_translation
from gan.dataset.files import HELD_OUT, Dataset, write_dataset
from gan.dataset.two_domains import domain_indices
from gan.evaluation.spaces import random_space
from gan.export.check import BadExport
from gan.export.description import ModelAbout
from gan.export.translation import model as translation
from gan.export.translation.files import convert_litert
from gan.export.translation.model import check_files, checked_pictures, export_translators
from gan.methods.cyclegan import CycleGAN
from gan.methods.translators import Translators, read_translators
from gan.training.run import Run
from sources.spec.description import BadModel, read_model
from sources.translators.litert import LiteRTTranslator
from sources.translators.spec import read_translator
from tests.gan.conftest import make_dataset
from tests.gan.methods.test_cyclegan import TINY

ABOUT = ModelAbout("tiny", 1, 'A "tiny" translator', "MIT")


def data() -> Dataset:
    made = make_dataset(32)
    sets = [{**s, "domain": s["style"]} for s in made.notes["sets"]]
    # the last six are held out: three of each style, of the same three things
    records = [
        dataclasses.replace(r, style=("round", "flat")[i % 2], origin=f"file{i // 2}")
        for i, r in enumerate(made.records)
    ]
    return dataclasses.replace(
        made, records=records, notes={"sets": sets, "domains": ["round things", "flat things"]}
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a data set and a run whose weights are away from their start."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(data(), home / "datasets" / "tiny-32")
    run = Run(home / "runs" / "tiny", data(), dataclasses.replace(TINY, ema_kimg=0.01), print)
    random = np.random.RandomState(0)
    for variables in run.method.variables().values():
        for variable in variables:
            if variable.shape.rank == 4:
                variable.assign_add(random.normal(0, 0.1, variable.shape).astype(np.float32))
    run.save()
    return home


@pytest.fixture(scope="module")
def trained(home: Path) -> Translators:
    return read_translators(home / "runs" / "tiny", home, print)


@pytest.fixture(scope="module")
def exported(trained: Translators, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_translators(trained, ABOUT, tmp_path_factory.mktemp("models"), None, print)


def test_the_averages_are_exported(trained: Translators, home: Path) -> None:
    options = dataclasses.replace(TINY, ema_kimg=0.01)
    method = Run(home / "runs" / "tiny", data(), options, print).method
    assert isinstance(method, CycleGAN)
    for direction in ("a_to_b", "b_to_a"):
        found = trained.generators[direction].get_weights()
        for a, b in zip(found, method.averages[direction].get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(
        trained.generators["a_to_b"].get_weights()[0], trained.generators["b_to_a"].get_weights()[0]
    )


def test_both_files_give_kerass_pictures_in_both_directions(
    exported: Path, trained: Translators
) -> None:
    loaded = tf.saved_model.load(str(exported))
    runner = LiteRTTranslator(read_translator(exported))
    seen = {}
    for direction, pictures in checked_pictures(trained).items():
        expected = np.asarray(trained.generators[direction](pictures))
        served = loaded.signatures[direction](picture=tf.constant(pictures))["translation"]
        np.testing.assert_allclose(served, expected, atol=0.03)
        levels = np.rint((pictures + 1) * 127.5).astype(np.uint8)
        made = np.stack([runner.translate(direction, x) for x in levels])
        assert np.abs(made - (expected + 1) * 127.5).mean() < 1.5
        seen[direction] = made
    assert np.abs(seen["a_to_b"].astype(int) - seen["b_to_a"]).mean() > 5
    default = loaded.signatures["serving_default"](picture=tf.constant(pictures))["translation"]
    np.testing.assert_allclose(default, trained.generators["a_to_b"](pictures), atol=0.03)


def test_model_toml_names_directions_data_and_samples(exported: Path) -> None:
    about = read_translator(exported)
    assert about.title == 'A "tiny" translator'
    assert [(way.signature, way.source, way.target) for way in about.directions] == [
        ("a_to_b", "round things", "flat things"), ("b_to_a", "flat things", "round things"),
    ]  # fmt: skip
    assert about.trained_on == "12 pictures of round things and 12 of flat things"
    assert [s.signature for s in about.samples] == ["a_to_b"] * 3 + ["b_to_a"] * 3
    assert {s.credit for s in about.samples} == {"A. Painter, MIT"}
    held_out = {
        data().pictures[row].tobytes() for rows in domain_indices(data(), HELD_OUT) for row in rows
    }
    assert len(held_out) == 6
    for sample in about.samples:
        with Image.open(sample.path, formats=("WEBP",)) as image:
            assert (image.size, image.mode) == ((32, 32), "RGB")
    assert is_translation(str(exported.parent))
    assert tomllib.loads((exported / "model.toml").read_text())["kind"] == "translation"


def test_the_card_has_figures_samples_and_digests(exported: Path) -> None:
    card = (exported / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| round things | round | [@tiny/round 1.0.0](https://example.org/tiny)" in card
    assert "Not measured: `flask gan evaluate` was not run" in card
    assert "](samples.webp)" in card
    assert (exported / "samples.webp").is_file()
    assert hashlib.sha256((exported / "model.tflite").read_bytes()).hexdigest() in card
    assert str(exported.parent) not in card


def test_generators_commands_say_what_it_is(exported: Path) -> None:
    with pytest.raises(BadModel, match="redraws pictures and makes none"):
        read_model(exported)


def test_pictures_without_a_licence_are_not_shown(trained: Translators, tmp_path: Path) -> None:
    records = [dataclasses.replace(r, licence="not stated") for r in trained.dataset.records]
    own = dataclasses.replace(
        trained, dataset=dataclasses.replace(trained.dataset, records=records, notes={})
    )
    said: list[str] = []
    folder = export_translators(own, ABOUT, tmp_path, None, said.append)
    assert any(line.startswith("no samples") for line in said)
    assert not (folder / "samples").exists()
    assert not (folder / "samples.webp").exists()
    assert read_translator(folder).samples == ()


def test_a_mismatch_leaves_nothing(
    trained: Translators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The LiteRT file is written with both directions exchanged."""

    def exchanged(generators: dict[str, keras.Model], size_px: int, precision: str) -> bytes:
        return convert_litert(
            {"a_to_b": generators["b_to_a"], "b_to_a": generators["a_to_b"]}, size_px, precision
        )

    monkeypatch.setattr(translation, "convert_litert", exchanged)
    with pytest.raises(BadExport, match=r"LiteRT float16, a_to_b: mean difference .* allowed are"):
        export_translators(trained, ABOUT, tmp_path, None, print)
    assert not any((tmp_path / "tiny").iterdir())


def test_int8_is_half_as_large_and_measured(trained: Translators, tmp_path: Path) -> None:
    about = dataclasses.replace(ABOUT, precision="int8")
    try:
        folder = export_translators(trained, about, tmp_path, None, print)
    except BadExport as error:  # weights of chance may be further off than trained ones
        assert "int8" in error.message
        assert error.hint == "export with --precision float16"
        return
    assert len(check_files(folder, trained, "int8")) == 4


def test_the_command_exports(gan_command: Callable[..., Result], tmp_path: Path) -> None:
    done = gan_command("export", "--run", "tiny")
    assert done.exit_code == 0, done.output
    folder = tmp_path / "models" / "tiny" / "1"
    assert (folder / "saved_model.pb").is_file()
    again = gan_command("export", "--run", "tiny", "--version", "1")
    assert again.exit_code == 1
    assert "give another --version" in again.output
    wrong = gan_command("evaluate", "--run", "tiny", "--truncation", "1")
    assert wrong.exit_code == 2
    assert "--truncation says how to judge a generator" in wrong.output.splitlines()[-1]


def test_what_was_measured_before_the_export_is_in_the_card(
    gan_command: Callable[..., Result], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.evaluation.translating.pretrained_space", lambda *_: random_space(7))
    monkeypatch.setattr("gan.evaluation.translating.FEWEST", 3)
    judged = gan_command("evaluate", "--run", "tiny")
    assert judged.exit_code == 0, judged.output
    found = json.loads((home / "runs" / "tiny" / "evaluation.json").read_text())
    assert (found["kind"], found["pairs"]) == ("translation", 3)
    for way in found["directions"]:
        assert f"\n{way['from']} to {way['to']}\n" in judged.output
        assert [row["n"] for row in way["rows"]] == [3, 3, 3]
    assert gan_command("export", "--run", "tiny", "--version", "2").exit_code == 0
    card = (tmp_path / "models" / "tiny" / "2" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "### round things to flat things" in card
    made = found["directions"][0]["rows"][2]
    assert f"| translated | 3 | {made['kernel']:.3f} |" in card
    assert f"| {made['counterpart_difference']:.1f} | {made['back_difference']:.1f} |" in card
