"""Files of other programs are refused in one line, with the road that leads here."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Flask = Callable[..., Result]
PYTORCH = "torch.onnx.export"


@pytest.mark.parametrize(
    "name, data, what, road",
    [
        ("frozen.pb", b"\n", "is a frozen graph", "tf2onnx.convert --graphdef frozen.pb"),
        ("ffhq.pkl", b"\x80\x04 training.networks Generator", "is a StyleGAN's pickle", PYTORCH),
        ("other.pkl", pickle.dumps({}), "is a pickle", "flask models import"),
        ("sd.safetensors", b"\0" * 9, "holds weights alone", "python:module:Class"),
        ("gan.pt", b"PK", "is a file of PyTorch", PYTORCH),
        ("gan.ckpt", b"PK", "is a file of PyTorch", PYTORCH),
        ("gan.h5", b"\x89HDF", "is a Keras file", "flask models import"),
        ("gan.txt", b"", "", ""),
    ],
)
def test_the_road_from_each(
    flask_command: Flask, tmp_path: Path, name: str, data: bytes, what: str, road: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for words in (("models", "inspect"), ("pregen", "--samples", "1", "--model")):
        result = flask_command(*words, str(path))
        assert result.exit_code == 1 and len(result.output.splitlines()) == 1
        if road:
            assert f"{path} {what}" in result.output and road in result.output
        else:
            assert "is no model by its name" in result.output or "is no SavedModel" in result.output


@pytest.mark.parametrize("name", ["gan.pt", "sd.safetensors", "ffhq.pkl"])
def test_import_says_the_same(flask_command: Flask, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"training.networks")
    result = flask_command("models", "import", str(path), "--trust")
    assert result.exit_code == 1 and PYTORCH in result.output
    assert len(result.output.splitlines()) == 1
