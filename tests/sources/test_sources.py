"""Models and sources: what is wrong is named with the line to change; broken ones refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.settings import PROJECT
from sources.registry import UnknownModel, display_names, find_model, model_names
from sources.runtimes.latents import draw, inputs_for
from sources.runtimes.litert import LiteRTSource
from sources.runtimes.pixels import BrokenModel, to_uint8
from sources.spec.description import BadModel, Output, read_model
from sources.translators.spec import read_translator
from tests.tiny_model import SLUGS, build_tiny_model

FLAT_3D = PROJECT / "models" / "flat_3d" / "1"

# of emoji/1, and of its model.toml with the weights b"weights"
SHIPPED_DIGEST = "8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e"
PINNED_DIGEST = "0427ff12db2bc12c252d1a0c982e028d487383269a91430b534d596805da3316"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


def edited(models: Path, tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(models / "tiny" / "1", folder)
    path = folder / "model.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return folder


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "/etc/passwd", "a/../../model.tflite", "linked", "a\\u0000b", ".."],
)
def test_a_file_is_in_the_folder_of_its_model(models: Path, tmp_path: Path, name: str) -> None:
    folder = edited(models, tmp_path, 'file = "model.tflite"', f'file = "{name}"')
    (folder / "linked").symlink_to(models / "tiny" / "1" / "model.tflite")
    with pytest.raises(BadModel, match=r"line \d+: litert.file is .* not a file in the model"):
        read_model(folder)
    shutil.copytree(FLAT_3D, tmp_path / "translator")
    toml = tmp_path / "translator" / "model.toml"
    toml.write_text(toml.read_text().replace('file = "model.tflite"', f'file = "{name}"'))
    (tmp_path / "translator" / "linked").symlink_to(FLAT_3D / "model.tflite")
    with pytest.raises(BadModel, match=r"line \d+: litert.file is .* not a file in the model"):
        read_translator(tmp_path / "translator")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('file = "model.tflite"', 'file = "other.tflite"', "there is no such file"),
        ("[output]\n", "[exit]\n", "lacks output"),
        ('kind = "latent"', 'kind = "noize"', "inputs.latent.kind is 'noize'"),
        ("size_px = 16", "size_px = ", "is no TOML"),
        ('encoding = "one_hot"', 'encodin = "one_hot"', "encodin"),
    ],
)
def test_wrong_model_toml(models: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(BadModel, match=message):
        read_model(edited(models, tmp_path, old, new))


def test_weights_that_are_no_litert_file(models: Path, tmp_path: Path) -> None:
    folder = edited(models, tmp_path, "version = 1", "version = 1")
    (folder / "model.tflite").write_bytes(b"TFL3 but not really")
    with pytest.raises(BadModel, match="is no LiteRT file"):
        LiteRTSource(read_model(folder), 1)


def test_digest_follows_weights_and_the_way_of_calling(models: Path, tmp_path: Path) -> None:
    model = read_model(models / "tiny" / "1")
    title = read_model(edited(models, tmp_path / "a", "A tiny", "A small"))
    rounding = read_model(edited(models, tmp_path / "b", '"nearest"', '"floor_256"'))
    assert title.digest == model.digest
    assert rounding.digest != model.digest


def test_digest_of_the_first_generator_stays(tmp_path: Path) -> None:
    """Stores hold pictures under this digest: nothing that is added to model.toml may change it."""
    text = """
name = "emoji"
version = 1
title = "t"
licence = "MIT"
size_px = 64
channels = 3
[litert]
file = "model.tflite"
signatures = { 1 = "serve_1", 8 = "serve_8" }
[inputs.latent]
kind = "latent"
width = 128
distribution = "truncated_normal"
[inputs.category]
kind = "category"
encoding = "one_hot"
width = 74
[inputs.style]
kind = "choice"
encoding = "one_hot"
width = 9
among = [0, 1, 2, 3, 4, 5, 6, 8]
[inputs.truncation]
kind = "truncation"
shape = "per_picture"
[output]
name = "picture"
layout = "NHWC"
range = [-1.0, 1.0]
rounding = "nearest"
[truncation]
lowest = 0.02
highest = 1.0
default = [0.5, 0.8]
[[categories]]
label = 0
slug = "smiling_face"
name = "smiling face"
"""
    (tmp_path / "model.toml").write_text(text)
    (tmp_path / "model.tflite").write_bytes(b"weights")
    model = read_model(tmp_path)
    assert model.digest == PINNED_DIGEST
    shipped = PROJECT / "models" / "emoji" / "1"
    if shipped.is_dir():
        assert read_model(shipped).digest == SHIPPED_DIGEST


def test_find_model(models: Path, tmp_path: Path) -> None:
    assert model_names(models) == ["tiny"]
    assert model_names(tmp_path / "none") == []
    assert find_model(models, "tiny").label == find_model(models, "tiny/1").label == "tiny/1"
    with pytest.raises(UnknownModel, match="did you mean tiny"):
        find_model(models, "tyni")
    with pytest.raises(UnknownModel, match="there are: none"):
        find_model(tmp_path / "none", "emoji")
    with pytest.raises(UnknownModel, match=r"no kind of address http://; write tfserving://"):
        find_model(models, "http://localhost:8501/tiny")
    with pytest.raises(UnknownModel, match=r"there is no folder .*absent"):
        find_model(models, "./absent")
    names = display_names(models)
    assert names["carpenter_s_kit"] == "carpenter's kit"  # of BigGAN, whose module need not be here
    assert names["mammal"] == "mammal"
    assert "big_dog" not in names


def test_inputs_of_a_batch(models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    draws = [draw(model, seed, (0.5, 0.5)) for seed in range(40)]
    batch = inputs_for(model, 3, draws)
    assert batch["latent"].shape == (40, 12) and batch["latent"].dtype == np.float32
    assert (batch["category"].argmax(1) == 3).all() and (batch["category"].sum(1) == 1).all()
    assert set(batch["style"].argmax(1)) == {0, 2}  # model.toml's `among`
    assert batch["truncation"].tolist() == [0.5] * 40


def test_pictures_differ_by_seed_and_by_category(models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    source = LiteRTSource(model, 2)
    pictures = source.generate(0, [draw(model, seed, (0.5, 0.5)) for seed in range(5)])
    assert pictures.shape == (5, 16, 16, 3) and pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) == 5
    other = source.generate(len(SLUGS) - 1, [draw(model, 0, (0.5, 0.5))])
    assert (other[0] != pictures[0]).any()
    again = LiteRTSource(model, 1).generate(0, [draw(model, 0, (0.5, 0.5))] * 5)
    assert (again == pictures[0]).all()  # threads change nothing


NEAREST = Output("picture", (-1.0, 1.0))


def test_rounding() -> None:
    values = np.array([[[[-1.0], [1.0], [0.0], [-1.5], [2.0]]]])
    assert to_uint8(values, NEAREST)[..., 0].ravel().tolist() == [0, 255, 128, 0, 255]
    unit = Output("picture", (0.0, 1.0), "floor_256")
    assert to_uint8(np.array([[[[0.999], [0.25]]]]), unit)[..., 0].ravel().tolist() == [255, 64]
    floor_256 = Output("picture", (-1.0, 1.0), "floor_256")
    assert to_uint8(values, floor_256)[..., 0].ravel().tolist() == [0, 255, 128, 0, 255]


def test_layouts_and_channels() -> None:
    planes = np.random.RandomState(0).rand(2, 3, 5, 4) * 2 - 1
    turned = to_uint8(planes, Output("picture", (-1.0, 1.0), layout="NCHW"))
    assert turned.shape == (2, 5, 4, 3)
    assert (turned == to_uint8(planes.transpose(0, 2, 3, 1), NEAREST)).all()
    with pytest.raises(BrokenModel, match=r'5 channels as NCHW; .* layout = "NHWC"'):
        to_uint8(planes.transpose(0, 2, 3, 1), Output("picture", (-1.0, 1.0), layout="NCHW"))
    grey = to_uint8(planes[:, :1].transpose(0, 2, 3, 1), NEAREST)
    assert grey.shape == (2, 5, 4, 3) and (grey[..., 0] == grey[..., 2]).all()
    with pytest.raises(BrokenModel, match="no batch of pictures"):
        to_uint8(planes[0], NEAREST)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pictures_that_are_not_finite_are_refused(value: float) -> None:
    values = np.zeros((2, 4, 4, 3))
    values[1, 0, 0, 0] = value
    with pytest.raises(BrokenModel, match="not finite"):
        to_uint8(values, NEAREST)


def test_pictures_of_one_colour_are_refused() -> None:
    values = np.random.RandomState(0).rand(2, 4, 4, 3)
    values[1] = 0.3
    with pytest.raises(BrokenModel, match="one colour"):
        to_uint8(values, NEAREST)
