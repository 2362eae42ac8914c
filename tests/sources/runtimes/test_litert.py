"""LiteRT files by hand: inspected, and every line of a model.toml that does not fit is named."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from core.errors import NonesuchError
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw, inputs_for
from sources.runtimes.litert import LiteRTSource
from sources.spec.description import read_model
from tests.sources.runtimes.corners import check_corners
from tests.sources.runtimes.test_odd_saved_models import LATENT, built, pictures

Flask = Callable[..., Result]


@pytest.fixture(scope="module")
def float_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """z [4, 24] → picture [4, 16, 16, 3] in [-1, 1]."""
    import tensorflow as tf

    folder = built(
        tmp_path_factory.mktemp("litert") / "m", lambda made: {"picture": made * 2 - 1}, batch=4
    )
    content: bytes = tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert()
    return content


def written(folder: Path, content: bytes) -> Path:
    folder.mkdir()
    (folder / "gan.tflite").write_bytes(content)
    return folder / "gan.tflite"


def test_it_is_inspected_and_runs_as_proposed(
    flask_command: Flask, float_file: bytes, tmp_path: Path
) -> None:
    path = written(tmp_path / "m", float_file)
    with pytest.raises(NonesuchError, match=r"no model.toml beside .*inspect .*gan.tflite --write"):
        find_model(tmp_path, str(path))
    result = flask_command("models", "inspect", str(path), "--write")
    assert result.exit_code == 0, result.output
    assert "in  z: float32 [4, 24]" in result.output
    assert "out picture: float32 [4, 16, 16, 3]" in result.output
    assert 'signatures = { 4 = "serving_default" }' in (tmp_path / "m" / "model.toml").read_text()
    model = find_model(tmp_path, str(path))
    assert find_model(tmp_path, str(path.parent)) == model
    assert flask_command("models", "inspect", str(path.parent)).output.startswith(
        "tags: gan.tflite"
    )
    source = open_source(model, 1, check_range=True)
    assert source.batch == 4
    check_corners(source.generate(0, [draw(model, seed, (1, 1)) for seed in range(3)]))


def test_whole_numbers_with_a_scale(flask_command: Flask, tmp_path: Path) -> None:
    """A network of int8, as a converter makes it of float32: what goes in and out is turned."""
    import tensorflow as tf

    folder = built(tmp_path / "m", lambda made: {"picture": made * 2 - 1}, batch=1)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    random = np.random.RandomState(0)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [random.randn(1, LATENT).astype(np.float32)] for _ in range(16)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    path = written(tmp_path / "lite", converter.convert())
    result = flask_command("models", "inspect", str(path), "--write")
    assert "in  z: float32 [1, 24], held as int8" in result.output
    assert "range = [-1.0, 1.0]\n" in (tmp_path / "lite" / "model.toml").read_text()
    model = find_model(tmp_path, str(path))
    draws = [draw(model, seed, (1, 1)) for seed in range(3)]
    found = np.concatenate([open_source(model, 1).generate(0, [each]) for each in draws])
    check_corners(found)
    z = inputs_for(model, 0, draws)["z"]
    floats = pictures(tf.constant(z)).numpy()
    assert np.abs(found - floats * 255).mean() < 3  # what eight bits leave of the middles


PROPOSED = """\
name = "m"
version = 1
size_px = 16

[litert]
file = "gan.tflite"
signatures = { 4 = "serving_default" }

[inputs.z]
kind = "latent"
width = 24

[output]
name = "picture"
range = [-1.0, 1.0]
"""


@pytest.mark.parametrize(
    "old, new, message",
    [
        (
            '4 = "serving_default"',
            '4 = "serve"',
            "has no signature 'serve', but serving_default; write: [litert] signatures = { 4 = \"s",
        ),
        (
            '4 = "serving_default"',
            '8 = "serving_default"',
            "makes 4 at a time, [litert] signatures says 8; write: [litert] signatures = { 4 = ",
        ),
        ("[inputs.z]", "[inputs.latent]", "has no input 'latent', but z; write: [inputs.z]"),
        ("width = 24", "width = 25", "model.toml gives ['N', 25]; write: [inputs.z] width = 24"),
        ("width = 24", 'width = 24\ndtype = "int32"', '[inputs.z] dtype = "float32"'),
        ('"picture"', '"images"', "has no output 'images', but picture; write: [output] name = "),
        ("size_px = 16", "size_px = 32", "are 16 px high, "),
    ],
)
def test_what_does_not_fit_is_one_line(
    float_file: bytes, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = written(tmp_path / "m", float_file)
    assert old in PROPOSED
    (path.parent / "model.toml").write_text(PROPOSED.replace(old, new))
    with pytest.raises(NonesuchError, match=re.escape(message)):
        model = read_model(path.parent)
        LiteRTSource(model, 1).generate(0, [draw(model, 0, (1, 1))])


def test_a_file_without_signatures(flask_command: Flask, tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([1, LATENT])])
    def serve(z: Any) -> Any:
        return pictures(z)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve.get_concrete_function()])
    path = written(tmp_path / "m", converter.convert())
    result = flask_command("models", "inspect", str(path))
    if "has no signatures" not in result.output:  # newer converters write one
        assert result.exit_code == 0 and "tags: gan.tflite" in result.output
        return
    assert result.exit_code == 1 and "convert it again from a SavedModel" in result.output
