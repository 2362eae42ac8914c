"""Export: files that give the generator's pictures, or no files."""

import hashlib
import io
import tomllib
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from click.testing import Result
from PIL import Image

from gan.dataset.files import write_dataset
from gan.evaluation.metrics import FORMAT
from gan.evaluation.report import EVALUATION_FILE, write_evaluation
from gan.export import model as model_module
from gan.export.check import BadExport, compare, fixed_inputs, run_litert
from gan.export.description import ModelAbout, describe
from gan.export.litert import write_litert
from gan.export.model import export_model, next_version
from gan.methods.trained import Trained, read_trained
from gan.networks.generator import GeneratorSpec
from gan.pixels import to_uint8
from gan.training.run import Run
from sources.spec.model_toml import parse_contents
from tests.gan.conftest import make_dataset
from tests.gan.tiny import TINY

ABOUT = ModelAbout("tiny", 1, 'A "tiny" model', "MIT")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a data set and a run whose weights are all away from zero."""
    home = tmp_path_factory.mktemp("home")
    write_dataset(make_dataset(), home / "datasets" / "tiny-8")
    run = Run(home / "runs" / "tiny", make_dataset(), TINY, print)
    random = np.random.RandomState(0)
    for variable in run.method.ema.variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.1)
    run.progress.step = 6
    run.save()
    return home


@pytest.fixture(scope="module")
def trained(home: Path) -> Trained:
    return read_trained(home / "runs" / "tiny", home / "datasets", print)


@pytest.fixture(scope="module")
def exported(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_model(trained, ABOUT, tmp_path_factory.mktemp("models"), None, print)


def test_the_average_weights_are_exported_and_not_the_last(trained: Trained, home: Path) -> None:
    fresh = Run(home / "runs" / "tiny", make_dataset(), TINY, print)
    for found, ema, last in zip(
        trained.generator.variables,
        fresh.method.ema.variables,
        fresh.method.generator.variables,
        strict=True,
    ):
        np.testing.assert_array_equal(found, ema)
        assert not np.array_equal(found, last)


def test_the_saved_model_takes_any_batch_and_gives_kerass_pictures(
    exported: Path, trained: Trained
) -> None:
    loaded = tf.saved_model.load(str(exported))
    given = {n: v[:5] for n, v in fixed_inputs(trained.networks, trained.styles).items()}
    tensors = {name: tf.constant(value) for name, value in given.items()}
    pictures = loaded.signatures["serving_default"](**tensors)["picture"].numpy()
    scaled = given["latent"] * given["truncation"][:, None]
    expected = trained.generator([scaled, given["category"], given["style"]]).numpy()
    assert pictures.shape == (5, 8, 8, 3)
    np.testing.assert_allclose(pictures, expected, atol=0.01)
    files = loaded.signatures["png"](**tensors)["image_bytes"].numpy()
    for file, picture in zip(files, to_uint8(pictures), strict=True):
        with Image.open(io.BytesIO(file), formats=("PNG",)) as image:
            np.testing.assert_array_equal(np.asarray(image), picture)
    # half precision on disk: the weights' file holds two bytes a number
    size = (exported / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert size < 2.5 * trained.generator.count_params()


def test_both_signatures_of_the_litert_file_agree_with_keras(
    exported: Path, trained: Trained
) -> None:
    given = fixed_inputs(trained.networks, trained.styles)
    scaled = given["latent"] * given["truncation"][:, None]
    expected = trained.generator([scaled, given["category"], given["style"]]).numpy()
    made = run_litert(exported / "model.tflite", given)
    assert set(made) == {1, 8}
    for pictures in made.values():
        np.testing.assert_allclose(pictures, expected, atol=0.01)
    np.testing.assert_allclose(made[1], made[8], atol=1e-5)
    # the signatures share their weights
    assert (exported / "model.tflite").stat().st_size < 2 * 2 * trained.generator.count_params()


def test_the_sources_make_pictures_of_what_was_exported(exported: Path) -> None:
    from sources.runtimes.latents import draw
    from sources.runtimes.litert import LiteRTSource
    from sources.spec.description import read_model

    model = read_model(exported)
    assert [category.name for category in model.categories] == ["thing 0", "thing 1", "thing 2"]
    draws = [draw(model, seed, model.truncation.default) for seed in range(3)]
    pictures = LiteRTSource(model, threads=1).generate(1, draws)
    assert pictures.shape == (3, 8, 8, 3)
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_model_toml_says_how_to_call_it(exported: Path, trained: Trained) -> None:
    values = tomllib.loads((exported / "model.toml").read_text(encoding="utf-8"))
    assert values["title"] == 'A "tiny" model'
    assert values["litert"]["signatures"] == {"1": "serve_1", "8": "serve_8"}
    weights = (exported / "model.tflite").read_bytes()
    assert values["litert"]["sha256"] == hashlib.sha256(weights).hexdigest()
    assert values["inputs"]["latent"]["width"] == 128
    assert values["inputs"]["style"] == {
        "kind": "choice", "encoding": "one_hot", "width": 2, "among": [0, 1],
    }  # fmt: skip
    assert values["categories"][2] == {"label": 2, "slug": "c2", "name": "thing 2"}
    odd = ModelAbout("x", 2, 'quote " backslash \\ ümlaut \x7f', "MIT")
    assert tomllib.loads(describe(trained, odd, "0" * 64))["title"] == odd.title


def of_size(trained: Trained, size_px: int) -> Trained:
    """Return the trained generator as if its pictures were so large."""
    networks = copy(trained.networks)
    object.__setattr__(networks, "size_px", size_px)
    return replace(trained, networks=networks)


def test_a_finish_is_written_where_it_is_asked_for(trained: Trained) -> None:
    large = of_size(trained, 64)
    toml = Path("models/tiny/1/model.toml")
    plain = parse_contents(toml, describe(large, ABOUT, "0" * 64))
    finished = parse_contents(toml, describe(large, replace(ABOUT, finish_px=512), "0" * 64))
    assert plain.finish is None and finished.finish is not None
    assert (finished.finish.size_px, finished.finish.channels) == (512, 4)


@pytest.mark.parametrize(
    ("size_px", "finish_px", "complaint"),
    [
        (8, 512, "for pictures of 3 channels and 32 to 256 px, not of 3 and 8"),
        (64, 32, "--finish 32 is not between 64 and 2048"),
        (64, 4096, "--finish 4096 is not between 64 and 2048"),
        (64, -1, "--finish -1 is not between"),
    ],
)
def test_a_finish_that_does_not_fit_leaves_nothing(
    trained: Trained, tmp_path: Path, size_px: int, finish_px: int, complaint: str
) -> None:
    with pytest.raises(BadExport, match=complaint):
        export_model(
            of_size(trained, size_px), replace(ABOUT, finish_px=finish_px), tmp_path, None, print
        )
    assert list(tmp_path.iterdir()) == []


def test_the_card_names_sources_licences_and_digests(exported: Path) -> None:
    card = (exported / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "[@tiny/round 1.0.0](https://example.org/tiny) | CC-BY-4.0 | A. Painter" in card
    assert "48 pictures seen in 6 steps" in card
    assert "Not measured" in card
    digest = hashlib.sha256((exported / "model.tflite").read_bytes()).hexdigest()
    assert f"`{digest}`" in card
    assert str(exported.parent) not in card


def test_a_mismatch_leaves_nothing(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The LiteRT file is written from a generator with one weight changed."""

    def write_another(
        generator: keras.Model, networks: GeneratorSpec, precision: str, path: Path
    ) -> None:
        weight = generator.variables[-1]
        kept = weight.numpy()
        weight.assign(kept + 0.5)
        write_litert(generator, networks, precision, path)
        weight.assign(kept)

    monkeypatch.setattr(model_module, "write_litert", write_another)
    with pytest.raises(BadExport, match=r"LiteRT float16, batch 1.*allowed are"):
        export_model(trained, ABOUT, tmp_path, None, print)
    assert not any((tmp_path / "tiny").iterdir())


def test_what_does_not_bear_rounding_is_exported_in_float32(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound that no rounding keeps stands for a network that enlarges it."""
    monkeypatch.setattr("gan.export.check.AGAINST_KERAS", (1e-9, 1e-9))
    with pytest.raises(BadExport, match="export with --precision float32"):
        export_model(trained, ABOUT, tmp_path, None, print)
    exact = replace(ABOUT, precision="float32")
    folder = export_model(trained, exact, tmp_path, None, print)
    given = fixed_inputs(trained.networks, trained.styles)
    scaled = given["latent"] * given["truncation"][:, None]
    expected = trained.generator([scaled, given["category"], given["style"]]).numpy()
    for pictures in run_litert(folder / "model.tflite", given).values():
        np.testing.assert_allclose(pictures, expected, atol=1e-5)
    size = (folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert size > 3.5 * trained.generator.count_params()


def test_weights_that_are_not_finite_leave_nothing(home: Path, tmp_path: Path) -> None:
    broken = read_trained(home / "runs" / "tiny", home / "datasets", print)
    weight = broken.generator.variables[0]
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(BadExport, match="not finite"):
        export_model(broken, ABOUT, tmp_path, None, print)
    assert not (tmp_path / "tiny").exists()


def test_compare_sees_the_mean_and_the_greatest() -> None:
    base = np.zeros((2, 4, 4, 3))
    compare("a", base + 0.001, base, (0.01, 0.1))
    one = base.copy()
    one[0, 0, 0, 0] = 0.2
    for found in (base + 0.02, one, base * np.nan, base[:1]):
        with pytest.raises(BadExport):
            compare("a", found, base, (0.01, 0.1))


def test_the_command_counts_versions_and_shows_figures(
    gan_command: Callable[..., Result], home: Path, tmp_path: Path
) -> None:
    told = {"pictures": "generated", "from": "held-out", "n": 12, "read": 11, "by_features": 0.5,
            "by_pixels": None}  # fmt: skip
    near = {"generated": 0.2, "generated_n": 40, "held_out": 0.1, "held_out_n": 6, "control": 0.3,
            "near": 0.0}  # fmt: skip
    evaluation = {
        "format": FORMAT, "pictures_seen": 48, "truncation": [0.5, 0.8], "generated": 40,
        "data_set": "tiny-8", "training_pictures": 18, "held_out_pictures": 6, "judge": "none",
        "distances": [], "real_or_generated": [told],
        "copying": {"features": near, "pixels": near, "copies": False},
    }  # fmt: skip
    write_evaluation(home / "runs" / "tiny", evaluation)
    models = tmp_path / "models"
    first = gan_command("export", "--run", "tiny", "--name", "mine", "--precision", "int8")
    assert first.exit_code == 0, first.output
    assert next_version(models, "mine") == 2
    card = (models / "mine" / "1" / "MODEL_CARD.md").read_text()
    assert "| generated | held-out pictures | 12 | 11 | 50.0% | too few |" in card
    assert "LiteRT int8" in card
    again = gan_command("export", "--run", "tiny", "--name", "mine", "--version", "1")
    assert again.exit_code == 1
    assert again.output.splitlines()[-1].endswith("or --replace if nobody serves it")
    odd = gan_command("export", "--run", "tiny", "--name", "../x")
    assert (odd.exit_code, odd.output.splitlines()[-1]) == (
        1, "Error: '../x' cannot name a model; try x",
    )  # fmt: skip
    (home / "runs" / "tiny" / EVALUATION_FILE).unlink()
