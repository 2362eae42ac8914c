"""`flask models inspect`: everything a SavedModel offers, and a model.toml that works."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.spec.model_toml import parse_contents
from sources.spec.proposal import propose
from sources.spec.signatures import Signature, TensorInfo, read_graphs

Flask = Callable[..., Result]


def test_lists_and_proposes(flask_command: Flask, stylegan: Path) -> None:
    result = flask_command("models", "inspect", str(stylegan))
    assert result.exit_code == 0, result.output
    for line in (
        "tags: serve",
        "signature serving_default (tensorflow/serving/predict)",
        "in  in1: float32 [?, 24]",
        "in  in2: float32 [?, 16, 16, 1]",
        "in  in3: float32 [?, 1]",
        "out out: float32 [?, 16, 16, 3]",
    ):
        assert line in result.output
    assert "__saved_model_init_op" not in result.output
    proposed = tomllib.loads(result.output.partition("for it, which --write")[2].partition("\n")[2])
    assert proposed["inputs"]["in1"] == {
        "kind": "latent", "width": 24, "distribution": "truncated_normal",
    }  # fmt: skip
    assert proposed["inputs"]["in2"]["kind"] == "noise"
    assert proposed["inputs"]["in3"] == {"kind": "constant", "value": 1.0, "shape": [1]}
    assert not (stylegan / "model.toml").exists()


@pytest.mark.parametrize("name", ["stylegan", "wgan", "conditional", "hub_module"])
def test_the_proposal_makes_pictures(
    flask_command: Flask, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    folder = Path(shutil.copytree(request.getfixturevalue(name), tmp_path / "my-model" / "7"))
    result = flask_command("models", "inspect", str(folder), "--write")
    assert result.exit_code == 0, result.output
    assert f"wrote {folder / 'model.toml'}" in result.output
    toml = folder / "model.toml"
    if name == "conditional":  # obvious: it knows four labels, and gives 0 to 255
        toml.write_text(toml.read_text().replace("[-1.0, 1.0]", "[0.0, 255.0]"))
    model = find_model(tmp_path, str(folder))
    assert model.label == "my_model/7"  # of the folders' names
    truncations = model.truncation.default[:1] * 2
    pictures = open_source(model, 1).generate(2, [draw(model, s, truncations) for s in range(3)])
    assert len({picture.tobytes() for picture in pictures}) == 3
    again = flask_command("models", "inspect", str(folder), "--write")
    assert again.exit_code == 1 and "is there already" in again.output


def test_of_a_biggan_it_proposes_what_is_known(
    flask_command: Flask, hub_module: Path, tmp_path: Path
) -> None:
    """A model.toml overrules recognition: pictures, and so the digest, must be the same with it."""
    folder = Path(shutil.copytree(hub_module, tmp_path / "biggan"))
    known = find_model(tmp_path, str(folder))
    assert flask_command("models", "inspect", str(folder), "--write").exit_code == 0
    written = find_model(tmp_path, str(folder))
    assert written.digest == known.digest and written.inputs == known.inputs
    assert (written.truncation, written.categories) == (known.truncation, known.categories)


def test_text_format(flask_command: Flask, wgan: Path, tmp_path: Path) -> None:
    """A .pbtxt of the same graph is read and run as the .pb is."""
    from google.protobuf import text_format
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    folder = Path(shutil.copytree(wgan, tmp_path / "wgan"))
    binary = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    (folder / "saved_model.pbtxt").write_text(text_format.MessageToString(binary))
    (folder / "saved_model.pb").unlink()
    assert read_graphs(folder) == read_graphs(wgan)
    assert flask_command("models", "inspect", str(folder), "--write").exit_code == 0
    model = find_model(tmp_path, str(folder))
    assert open_source(model, 1).generate(0, [draw(model, 0, (1, 1))]).shape == (1, 16, 16, 3)
    (folder / "saved_model.pbtxt").write_text("meta_graphs {")
    result = flask_command("models", "inspect", str(folder))
    assert result.exit_code == 1 and "is no SavedModel" in result.output


def test_several_tag_sets(flask_command: Flask, hub_module: Path, tmp_path: Path) -> None:
    """As TF1 Hub modules with a training graph have them: all are listed, the plain one taken."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    folder = Path(shutil.copytree(hub_module, tmp_path / "module"))
    found = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    training = found.meta_graphs.add()
    training.CopyFrom(found.meta_graphs[0])
    training.meta_info_def.tags.append("train")
    (folder / "saved_model.pb").write_bytes(found.SerializeToString())
    result = flask_command("models", "inspect", str(folder))
    assert "tags: none" in result.output and "tags: train" in result.output
    assert "tags = []" in result.output
    model = find_model(tmp_path, str(folder))
    assert open_source(model, 1).generate(0, [draw(model, 0, (0.5, 0.5))]).shape[0] == 1


def test_wrong_paths(flask_command: Flask, tmp_path: Path, stylegan: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        result = flask_command("models", "inspect", str(path))
        assert result.exit_code == 1
        assert f"Error: {path} is no SavedModel" in result.output
    result = flask_command("models", "inspect", str(stylegan), "--signature", "predict")
    assert result.exit_code == 1
    assert "no signature 'predict'; there are: serving_default" in result.output


def signature(*inputs: TensorInfo) -> Signature:
    output = TensorInfo("images", "float32", (None, None, None, 3))
    return Signature("f", "", {info.key: info for info in inputs}, {"images": output})


def test_guesses_by_name_and_shape() -> None:
    text = propose(
        signature(
            TensorInfo("z", "float32", (None, 140)),
            TensorInfo("y", "float32", (None, 12)),
            TensorInfo("truncation", "float32", (None, 1)),
            TensorInfo("is_training", "bool", ()),
        ),
        "My Model",
    )
    assert "size_px = 64  # guessed" in text
    contents = parse_contents(Path("model.toml"), text)
    kinds = {given.name: given.kind for given in contents.inputs}
    assert kinds == {
        "z": "latent", "y": "category", "truncation": "truncation", "is_training": "constant",
    }  # fmt: skip
    assert contents.name == "my_model" and len(contents.categories) == 12
    y = next(given for given in contents.inputs if given.name == "y")
    assert (y.encoding, y.width) == ("one_hot", 12)
