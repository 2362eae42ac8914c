"""Pictures become the tensors that a signature takes, and outputs have a range each."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sources.serving.call_cli import _ranges
from sources.serving.call_inputs import BadCall, Given, tensors_of
from sources.spec.signatures import Signature, TensorInfo


def given_photo(path: Path, *shape: int | None, dtype: str = "uint8") -> np.ndarray:
    info = TensorInfo("image", dtype, shape)
    signature = Signature("f", "", {"image": info}, {})
    return tensors_of(Given({"image": f"@{path}"}, 1), signature, (-1.0, 1.0))["image"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """30 by 20 pixels: red on the left, blue on the right."""
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:, :15], pixels[:, 15:] = (255, 0, 0), (0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_a_picture_gets_the_size_that_the_signature_takes(photo: Path) -> None:
    assert given_photo(photo, None, None, None, 3).shape == (1, 20, 30, 3)
    found = given_photo(photo, 1, 64, 48, 3)
    assert found.shape == (1, 64, 48, 3)
    assert found[0, 32, 4].tolist() == [255, 0, 0] and found[0, 32, 44].tolist() == [0, 0, 255]
    assert given_photo(photo, None, 16, None, 1).shape == (1, 16, 30, 1)
    planes = given_photo(photo, None, 3, 8, 16, dtype="float32")
    assert planes.shape == (1, 3, 8, 16)
    assert planes[0, :, 4, 1].tolist() == [1.0, -1.0, -1.0]


def test_a_range_for_each_output() -> None:
    outputs = ["depth", "image"]
    assert _ranges((), outputs) == {"depth": (-1.0, 1.0), "image": (-1.0, 1.0)}
    assert _ranges(("depth=0:10", "0:1"), outputs) == {"depth": (0.0, 10.0), "image": (0.0, 1.0)}
    with pytest.raises(BadCall, match="there is no output 'mask'; there are: depth, image"):
        _ranges(("mask=0:1",), outputs)
    with pytest.raises(BadCall, match="depth= 1:0 is empty"):
        _ranges(("depth=1:0",), outputs)
