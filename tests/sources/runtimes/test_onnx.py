"""ONNX files that PyTorch wrote: inspected, and drawn as PyTorch draws them, to a grey level."""

import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from app import create_app
from core.errors import NonesuchError
from core.settings import Settings
from pregen.engines.ray_maker import pack, unpack
from sources.registry import find_model, open_source
from sources.runtimes.latents import Draw
from sources.spec.description import ONNX, Model, read_model
from sources.spec.onnx_file import draws_itself, weight_files

pytest.importorskip("onnxruntime")
Flask = Callable[..., Result]
HERE = Path(__file__).parent
FILES = HERE / "onnx"
NAMES = ("dcgan", "stylegan2")


def copied(folder: Path, name: str, files: Path = FILES) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(files / f"{name}.onnx", folder))


def described(flask_command: Flask, path: Path) -> Model:
    result = flask_command("models", "inspect", str(path), "--write")
    assert result.exit_code == 0, result.output
    return find_model(path.parent, str(path))


def check_like_pytorch(model: Model, name: str, files: Path) -> None:
    """Assert that a model draws what PyTorch drew of the same inputs."""
    with np.load(files / "drawn.npz") as kept:
        drawn = {key.partition(".")[2]: kept[key] for key in kept.files if key.startswith(name)}
    images = drawn.pop("images").transpose(0, 2, 3, 1)
    labels = drawn["labels"] if name == "dcgan" else drawn["label"].argmax(1)
    psi = float(drawn.get("psi", 1.0))
    draws = [
        Draw(i, psi, {}, {key: drawn[key][i] for key in drawn if key[0] in "zn"})
        for i in range(len(images))
    ]
    source = open_source(model, 1)
    batches = [draws[i : i + source.batch] for i in range(0, len(draws), source.batch)]
    found = np.concatenate([source.generate(int(labels[0]), batch) for batch in batches])
    expected = np.rint(np.clip((images + 1) / 2, 0, 1) * 255)
    assert np.abs(found - expected).max() <= 1
    assert len({picture.tobytes() for picture in found}) == len(images)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described_and_drawn_as_pytorch_draws_it(
    flask_command: Flask, tmp_path: Path, name: str
) -> None:
    model = described(flask_command, copied(tmp_path / "m", name))
    kinds = {given.name: given.kind for given in model.inputs}
    expected = {
        "dcgan": {"z": "latent", "labels": "category"},
        "stylegan2": {
            "z": "latent", "label": "category", "psi": "truncation",
            "noise_4": "noise", "noise_8": "noise", "noise_16": "noise",
        },
    }[name]  # fmt: skip
    assert kinds == expected and model.output.layout == "NCHW"
    assert model.runtime == ONNX and model.size_px == 16
    check_like_pytorch(model, name, FILES)


def test_sixty_pictures_on_a_live_page(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    path = copied(tmp_path / "m", "stylegan2")
    described(flask_command, path)
    words = ("pregen", "--model", str(path), "--categories", "3", "--samples", "20")
    result = flask_command(*words)
    assert result.exit_code == 0, result.output
    assert "made 60 pictures with stylegan2/1" in result.output
    assert len(list(settings.images_folder.glob("category_*/*.webp"))) == 60
    assert "nothing to do" in flask_command(*words).output
    client = create_app(settings).test_client()
    page = client.get("/")
    assert page.status_code == 200 and b"This category" in page.data
    shown = re.search(rb'"(/images/category_\d+/[^"]+\.webp)"', page.data)
    assert shown is not None
    picture = client.get(shown[1].decode())
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert opened.size == (16, 16)


def test_other_machines_get_the_file_and_nothing_beside_it(
    flask_command: Flask, tmp_path: Path
) -> None:
    """The folder may be anybody's folder of downloads."""
    path = copied(tmp_path / "m", "dcgan")
    model = described(flask_command, path)
    (path.parent / "holiday.mov").write_bytes(b"0" * 1000)
    parcel = pack(model)
    assert set(parcel.files) == {"dcgan.onnx"}
    (tmp_path / "there").mkdir()
    check_like_pytorch(unpack(parcel, tmp_path / "there"), "dcgan", FILES)


def test_the_digest_follows_weights_beside_the_file(flask_command: Flask, tmp_path: Path) -> None:
    """As PyTorch writes large networks: the file names others, which are part of the model."""
    path = copied(tmp_path / "m", "dcgan")
    model = described(flask_command, path)
    assert weight_files(path) == [path] and not draws_itself(path)
    # one more initializer, of which the bytes lie elsewhere
    path.write_bytes(path.read_bytes() + field(7, field(5, field(8, b"far") + external("w.bin"))))
    with pytest.raises(NonesuchError, match=r"has its weights in w.bin, which is not beside it"):
        read_model(path.parent)
    (path.parent / "w.bin").write_bytes(b"1")
    one = read_model(path.parent)
    (path.parent / "w.bin").write_bytes(b"2")
    assert len({model.digest, one.digest, read_model(path.parent).digest}) == 3
    path.write_bytes(field(7, field(5, external("../w.bin"))))
    with pytest.raises(NonesuchError, match=r"names weights outside of its folder: ../w.bin"):
        weight_files(path)
    path.write_bytes(field(7, field(1, field(4, b"RandomNormalLike"))))
    assert draws_itself(path)


def field(number: int, content: bytes) -> bytes:
    """A field of protocol buffers that has a length."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def external(name: str) -> bytes:
    return field(13, field(1, b"location") + field(2, name.encode()))


@pytest.mark.parametrize(
    "content", [b"", b"no", b"\x3a\xff", b"\x3a\x02\x0a", b"\x08" + b"\xff" * 12]
)
def test_what_is_no_onnx_file(flask_command: Flask, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gan.onnx"
    path.write_bytes(content)
    result = flask_command("models", "inspect", str(path))
    assert result.exit_code == 1 and f"{path} is no ONNX file" in result.output
    assert len(result.output.splitlines()) == 1
    with pytest.raises(NonesuchError, match="is no ONNX file"):
        weight_files(path)


def test_what_does_not_fit_is_one_line(flask_command: Flask, tmp_path: Path) -> None:
    path = copied(tmp_path / "m", "dcgan")
    model = described(flask_command, path)
    toml = path.parent / "model.toml"
    text = toml.read_text()
    for old, new, message in (
        ("width = 24", "width = 25", r"\['N', 25\]; write: \[inputs.z\] width = 24"),
        ('dtype = "int64"', 'dtype = "int32"', r'write: \[inputs.labels\] dtype = "int64"'),
        (
            '"images"',
            '"image"',
            r'no output .image., but images; write: \[output\] name = "images"',
        ),
        ("batch = 8", "batch = 0", "onnx.batch is below 1"),
        ('"dcgan.onnx"', '"other.onnx"', "onnx.file is 'other.onnx', but there is no such file"),
    ):
        assert old in text
        toml.write_text(text.replace(old, new))
        with pytest.raises(NonesuchError, match=message):
            open_source(read_model(path.parent), 1)
    toml.write_text(text)
    (path.parent / "second.onnx").write_bytes(path.read_bytes())
    with pytest.raises(NonesuchError, match=r"is about dcgan.onnx, not about second.onnx"):
        find_model(tmp_path, str(path.parent / "second.onnx"))
    # a label that the network does not have: what it says is one line, and nothing is stored
    with pytest.raises(NonesuchError, match="failed: "):
        open_source(model, 1).generate(99, [Draw(0, 1.0, {}, {"z": np.zeros(24, np.float32)})])


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES.glob("*.onnx")) <= 300_000


@pytest.mark.torch
def test_made_anew_by_pytorch(flask_command: Flask, tmp_path: Path) -> None:
    """60 pictures of each network, exported by the PyTorch at hand; weights are as they were."""
    files = tmp_path / "made"
    files.mkdir()
    script = [os.environ["TORCH_PYTHON"], str(HERE / "torch_models.py"), str(files), "60"]
    subprocess.run(script, check=True)
    for name in NAMES:
        model = described(flask_command, copied(tmp_path / name, name, files))
        check_like_pytorch(model, name, files)
        kept = described(flask_command, copied(tmp_path / f"kept-{name}", name))
        check_like_pytorch(kept, name, files)
