"""Files that are no model as they lie there: what each is, and the road that leads here from it."""

from pathlib import Path

from sources.spec.description import BadModel

_PYTORCH = (
    "load it with the program that it is of, then write an ONNX file with torch.onnx.export, or "
    "call it from a class of yours, --model python:module:Class: docs/models.md, From PyTorch"
)
_PICKLES = (".pkl", ".pickle", ".joblib")
_STYLEGAN = (b"torch_utils.persistence", b"dnnlib", b"training.networks")
_LOOKED_AT = 2**20  # bytes of a pickle, whose names come first

LITERT_ENDING, ONNX_ENDING = ".tflite", ".onnx"
KERAS_ENDINGS = (".h5", ".hdf5", ".keras")


def road_from(path: Path) -> BadModel | None:
    """Return what to say of a file that is not run here; None of any other.

    Of a pickle its first bytes are searched for names; nothing is unpickled.
    """
    ending = path.suffix.lower()
    if ending == ".pb" and path.name != "saved_model.pb":
        return BadModel(
            f"{path} is a frozen graph, which does not say what is its input and its output",
            "make an ONNX file of it: python -m tf2onnx.convert --graphdef "
            f"{path.name} --inputs z:0 --outputs images:0 --output {path.stem}.onnx",
        )
    if ending in _PICKLES:
        if is_stylegan(path):
            return BadModel(f"{path} is a StyleGAN's pickle, code for PyTorch", _PYTORCH)
        return BadModel(
            f"{path} is a pickle, which is code altogether",
            f"of a Keras model: flask models import {path}; of PyTorch: write an ONNX file with "
            "torch.onnx.export: docs/models.md, From PyTorch",
        )
    if ending == ".safetensors":
        return BadModel(f"{path} holds weights alone, without the network", _PYTORCH)
    if ending in (".pt", ".pth", ".ckpt"):
        return BadModel(f"{path} is a file of PyTorch, which is not run here", _PYTORCH)
    if ending in KERAS_ENDINGS:
        return BadModel(
            f"{path} is a Keras file, which is brought here first", f"flask models import {path}"
        )
    return None


def is_stylegan(path: Path) -> bool:
    """Say whether a pickle names the modules of StyleGAN2-ADA or StyleGAN3."""
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT)
    except OSError:
        return False
    return any(name in begin for name in _STYLEGAN)
