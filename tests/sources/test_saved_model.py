"""Any SavedModel by its model.toml: every kind of input, and what is wrong named with its line."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.packages import NotInstalled
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw, inputs_for
from sources.runtimes.pixels import BrokenModel
from sources.spec.description import BadModel, read_model
from tests.sources.builders import save_conditional

STYLEGAN = """\
name = "faces"
version = 1
size_px = 16

[inputs.in1]
kind = "latent"
width = 24
distribution = "normal"

[inputs.in2]
kind = "noise"
shape = [16, 16, 1]
distribution = "uniform"
range = [0.0, 1.0]

[inputs.in3]
kind = "constant"
value = 1.0
shape = [1]

[output]
name = "out"
range = [0.0, 1.0]
"""

WGAN = """\
name = "blobs"
version = 1
size_px = 16

[saved_model]
signature = "generate"
tags = ["serve"]

[inputs.z]
kind = "latent"
shape = [1, 1, 100]
distribution = "normal"

[output]
name = "images"
range = [-1.0, 1.0]
layout = "NCHW"
"""

CONDITIONAL = """\
name = "things"
version = 3
size_px = 12

[inputs.latent]
kind = "latent"
width = 8
scaled = false

[inputs.label]
kind = "category"
encoding = "index"
dtype = "int64"

[inputs.training]
kind = "constant"
value = 0
shape = "scalar"
dtype = "bool"

[inputs.truncation_psi]
kind = "truncation"
shape = "scalar"

[output]
name = "image"
range = [0.0, 255.0]

[truncation]
lowest = 0.1
highest = 1.0
default = [0.4, 0.7]

[[categories]]
label = 1
slug = "cup"
[[categories]]
label = 3
slug = "red_hat"
"""


def described(folder: Path, target: Path, toml: str) -> Path:
    copy = Path(shutil.copytree(folder, target / "model"))
    (copy / "model.toml").write_text(toml)
    return copy


def test_stylegan_with_noise_and_ones(stylegan: Path, tmp_path: Path) -> None:
    model = read_model(described(stylegan, tmp_path, STYLEGAN))
    assert model.label == "faces/1" and model.runtime == "savedmodel"
    assert [(c.slug, c.name) for c in model.categories] == [("faces", "faces")]
    draws = [draw(model, seed, (1, 1)) for seed in range(8)]
    given = inputs_for(model, 0, draws)
    assert {name: v.shape for name, v in given.items()} == {
        "in1": (8, 24),
        "in2": (8, 16, 16, 1),
        "in3": (8, 1),
    }
    assert given["in2"].min() >= 0 and given["in2"].max() < 1 and (given["in3"] == 1).all()
    source = open_source(model, 1)
    pictures = source.generate(0, draws)
    assert pictures.shape == (8, 16, 16, 3)
    assert len({picture.tobytes() for picture in pictures}) == 8
    np.testing.assert_array_equal(source.generate(0, draws[2:3]), pictures[2:3])


def test_unconditional_wgan(wgan: Path, tmp_path: Path) -> None:
    import tensorflow as tf

    model = read_model(described(wgan, tmp_path, WGAN))
    draws = [draw(model, seed, (1, 1)) for seed in range(3)]
    z = inputs_for(model, 0, draws)["z"]
    assert z.shape == (3, 1, 1, 100)
    pictures = open_source(model, 1).generate(0, draws)
    assert pictures.shape == (3, 16, 16, 3)
    floats = tf.saved_model.load(str(wgan)).signatures["generate"](z=tf.constant(z))["images"]
    expected = np.rint((floats.numpy().transpose(0, 2, 3, 1) + 1) / 2 * 255)
    np.testing.assert_array_equal(pictures, expected)


@pytest.mark.parametrize("batch", [None, 4])
def test_indexed_labels_constants_and_a_fixed_batch(
    conditional: Path, tmp_path: Path, batch: int | None
) -> None:
    folder = conditional if batch is None else save_conditional(tmp_path / "fixed", batch)
    model = read_model(described(folder, tmp_path, CONDITIONAL))
    assert model.label == "things/3" and model.is_scalar
    assert [c.name for c in model.categories] == ["cup", "red hat"]
    source = open_source(model, 1)
    assert source.batch == (batch or 8)
    draws = [draw(model, seed, (0.5, 0.5)) for seed in range(3)]
    cups, hats = source.generate(1, draws), source.generate(3, draws)
    assert cups.shape == hats.shape == (3, 12, 12, 3)
    assert (cups != hats).mean() > 0.5
    assert inputs_for(model, 3, draws)["label"].tolist() == [3, 3, 3]
    assert inputs_for(model, 3, draws)["label"].dtype == np.int64
    assert inputs_for(model, 3, draws)["training"].shape == ()


def test_scaled_latents(stylegan: Path, tmp_path: Path) -> None:
    toml = STYLEGAN.replace('kind = "latent"', 'kind = "latent"\nscaled = true')
    toml += "[truncation]\nlowest = 0.1\nhighest = 1.0\ndefault = [0.4, 0.7]\n"
    model = read_model(described(stylegan, tmp_path, toml))
    whole, half = draw(model, 5, (1.0, 1.0)), draw(model, 5, (0.5, 0.5))
    given = inputs_for(model, 0, [whole, half])
    np.testing.assert_allclose(given["in1"][0], 2 * given["in1"][1], rtol=1e-6)
    np.testing.assert_array_equal(given["in2"][0], given["in2"][1])  # noise is not


def test_the_digest_follows_weights_and_call(stylegan: Path, tmp_path: Path) -> None:
    model = read_model(described(stylegan, tmp_path / "a", STYLEGAN))
    other = read_model(
        described(stylegan, tmp_path / "b", STYLEGAN.replace("0.0, 1.0", "0.0, 2.0"))
    )
    titled = read_model(described(stylegan, tmp_path / "c", 'title = "t"\n' + STYLEGAN))
    assert titled.digest == model.digest != other.digest
    variables = model.folder / "variables" / "variables.data-00000-of-00001"
    variables.write_bytes(variables.read_bytes()[:-1] + b"x")
    assert read_model(model.folder).digest != model.digest


def test_a_folder_above_versions(stylegan: Path, tmp_path: Path) -> None:
    for version in ("2", "10"):
        toml = STYLEGAN.replace("version = 1", f"version = {version}")
        described(stylegan, tmp_path / version, toml)
        (tmp_path / "faces").mkdir(exist_ok=True)
        (tmp_path / version / "model").rename(tmp_path / "faces" / version)
    assert find_model(tmp_path / "none", str(tmp_path / "faces")).label == "faces/10"


# what is written wrongly, what it should say, and the line to write
WRONG_TOML = [
    ('kind = "noise"', 'kind = "nois"', r"line 11: inputs.in2.kind is 'nois'.* kind = \"noise\""),
    ("width = 24", "", r"line 5: in1 has no size; .*width = 128"),
    ("width = 24", "width = true", "line 7: inputs.in1.width is True, not a whole number"),
    (
        "shape = [16, 16, 1]",
        'shape = "16"',
        r"line 12: inputs.in2.shape is '16', not .*\[1, 1, 100\]",
    ),
    (
        "range = [0.0, 1.0]\n\n[inputs.in3]",
        "range = [1.0]\n\n[inputs.in3]",
        "line 14: .* not 2 numbers",
    ),
    ("value = 1.0", "", r"line 16: it lacks inputs.in3.value; add, in \[inputs.in3\].*value = 1.0"),
    ("size_px = 16", "", "it lacks size_px; add, for example: size_px = 64"),
    ("[output]", "[exit]", r"it lacks output; add a table: \[output\]"),
    (
        'name = "out"\n',
        "",
        r"line 21: it lacks output.name; add, in \[output\].*name = \"picture\"",
    ),
    ('distribution = "uniform"', 'distribution = "flat"', "line 13: .*not one of truncated_normal"),
    ("value = 1.0", "valu = 1.0", "it lacks inputs.in3.value"),
    (
        "value = 1.0",
        "value = 1.0\nvalues = 2",
        "line 19: inputs.in3.values means nothing; did you mean value",
    ),
    ('kind = "latent"', 'kind = "noise"', "no input is a latent"),
    ("range = [0.0, 1.0]\n", "range = [1.0, 0.0]\n", "range"),
    ("size_px = 16", "size_px = 16\nchannels = 2", "line 4: channels is 2; write 1, 3 or 4"),
    (
        "size_px = 16",
        "size_px = 16\n[truncation]\nlowest = 0\nhighest = 1\ndefault = [0.5, 2]",
        r"line 7: truncation.default is \[0.5, 2\], not within 0.0 to 1.0",
    ),
    (
        "size_px = 16",
        "size_px = 16\n[[categories]]\nlabel = 0\nslug = 'A B'",
        "line 6: 'A B' is no slug; .*\"a_b\"",
    ),
    (
        "size_px = 16",
        "size_px = 16" + 2 * "\n[[categories]]\nlabel = 0\nslug = 'a'",
        "line 9: 'a' stands there twice",
    ),
]


@pytest.mark.parametrize(
    "old, new, message", WRONG_TOML, ids=[new[:30] for _, new, _ in WRONG_TOML]
)
def test_wrong_entries_name_the_line(
    stylegan: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in STYLEGAN
    folder = described(stylegan, tmp_path, STYLEGAN.replace(old, new, 1))
    with pytest.raises(BadModel, match=message):
        read_model(folder)


# what does not fit the graph, and the line to write
WRONG_CALL = [
    ("[inputs.in3]", "[inputs.in4]", r"no input 'in4', but in1, in2, in3; write: \[inputs.in3\]"),
    (
        'name = "out"',
        'name = "picture"',
        r"no output 'picture', but out; write: \[output\] name = \"out\"",
    ),
    (
        "width = 24",
        "width = 25",
        r"takes in1: float32 \[\?, 24\].* write: \[inputs.in1\] width = 24",
    ),
    ("shape = [16, 16, 1]", "shape = [8, 8, 1]", r"write: \[inputs.in2\] shape = \[16, 16, 1\]"),
    ("shape = [1]", 'dtype = "int32"\nshape = [1]', r"write: \[inputs.in3\] dtype = \"float32\""),
    ("shape = [1]\n", 'shape = "scalar"\n', r"write: \[inputs.in3\] shape = \[1\]"),
    (
        "size_px = 16",
        'size_px = 16\n[saved_model]\nsignature = "serve"',
        r"no signature 'serve', but serving_default; write: .*\"serving_default\"",
    ),
    (
        "size_px = 16",
        'size_px = 16\n[saved_model]\ntags = ["train"]',
        r"no graph with tags \['train'\], but \['serve'\]; write: .*tags = \[\"serve\"\]",
    ),
]


@pytest.mark.parametrize(
    "old, new, message", WRONG_CALL, ids=[new[-30:] for _, new, _ in WRONG_CALL]
)
def test_what_does_not_fit_the_graph(
    stylegan: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in STYLEGAN
    model = read_model(described(stylegan, tmp_path, STYLEGAN.replace(old, new, 1)))
    with pytest.raises(BadModel, match=message):
        open_source(model, 1)


def test_a_missing_input_and_another_size(stylegan: Path, tmp_path: Path) -> None:
    cut = STYLEGAN[: STYLEGAN.index("[inputs.in3]")] + STYLEGAN[STYLEGAN.index("[output]") :]
    with pytest.raises(BadModel, match=r"lacks an input .*in3: float32 \[\?, 1\]; add a table"):
        open_source(read_model(described(stylegan, tmp_path / "a", cut)), 1)
    larger = STYLEGAN.replace("size_px = 16", "size_px = 32")
    model = read_model(described(stylegan, tmp_path / "b", larger))
    with pytest.raises(BrokenModel, match=r"16 px high, .* says 32; change it: size_px = 16"):
        open_source(model, 1).generate(0, [draw(model, 0, (1, 1))])
    wrong_layout = STYLEGAN.replace("[output]\n", '[output]\nlayout = "NCHW"\n')
    model = read_model(described(stylegan, tmp_path / "c", wrong_layout))
    with pytest.raises(BrokenModel, match='layout = "NHWC"'):
        open_source(model, 1).generate(0, [draw(model, 0, (1, 1))])


def test_folders_that_are_no_saved_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadModel, match=r"holds no model.toml; .*flask models inspect"):
        find_model(tmp_path, str(tmp_path / "empty"))
    (tmp_path / "empty" / "model.toml").write_text(STYLEGAN)
    with pytest.raises(BadModel, match="is no SavedModel: it holds neither"):
        find_model(tmp_path, str(tmp_path / "empty"))
    (tmp_path / "empty" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(BadModel, match="holds no graph"):
        open_source(find_model(tmp_path, str(tmp_path / "empty")), 1)


def test_both_runtimes_of_one_model(tmp_path: Path) -> None:
    """The SavedModel beside a LiteRT file gives the same pictures, to a grey level."""
    from tests.tiny_model import build_tiny_model

    folder = build_tiny_model(tmp_path)
    toml = folder / "model.toml"
    toml.write_text(
        toml.read_text().replace("[output]", '[saved_model]\nsignature = "serve_8"\n[output]')
    )
    light = find_model(tmp_path, "tiny")
    heavy = find_model(tmp_path, "tiny:savedmodel")
    assert (light.label, heavy.label) == ("tiny/1", "tiny/1:savedmodel")
    assert find_model(tmp_path, heavy.label).digest == heavy.digest != light.digest
    draws = [draw(light, seed, (0.4, 0.7)) for seed in range(8)]
    pictures = [open_source(m, 1).generate(2, draws).astype(int) for m in (light, heavy)]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    with pytest.raises(Exception, match="names no ONNX file; leave :onnx out"):
        find_model(tmp_path, "tiny:onnx")
    with pytest.raises(Exception, match="no runtime 'torch'; write tiny, or tiny:onnx"):
        find_model(tmp_path, "tiny:torch")


def test_without_tensorflow_one_line_says_so(
    stylegan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    model = read_model(described(stylegan, tmp_path, STYLEGAN))  # needs none
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(NotInstalled, match=r"pip install -r requirements-tensorflow.txt"):
        open_source(model, 1)
