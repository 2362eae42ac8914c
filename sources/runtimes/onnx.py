"""Generators on ONNX Runtime: what PyTorch and others export, without TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sources.runtimes.checking import check_inputs
from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import BrokenModel, Converter
from sources.runtimes.source import padded_size
from sources.spec.description import BadModel, Model
from sources.spec.signatures import Signature, TensorInfo

METHOD = "ONNX"
_DTYPES = {"float": "float32", "double": "float64"}
_WARNINGS = 3  # of ONNX Runtime's levels: errors and worse are shown


class OnnxSource:
    """Runs an ONNX file; calls of few sizes, the rest of one filled with its last draw."""

    def __init__(self, model: Model, threads: int, *, check_range: bool = False) -> None:
        assert model.onnx is not None
        self.model = model
        self._path = model.folder / model.onnx.file
        self._session = open_onnx_file(self._path, threads)
        fixed = check_inputs(model, onnx_signature(self._session))
        self._fixed = fixed is not None
        self.batch = fixed or model.onnx.batch
        self._converter = Converter(model, check_range=check_range)

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4] for N ≤ `batch` draws of one category."""
        count = len(draws)
        size = self.batch if self._fixed else padded_size(count, self.batch)
        padded = [*draws, *[draws[-1]] * (size - count)]
        given = {name: _given(v) for name, v in inputs_for(self.model, label, padded).items()}
        try:
            (values,) = self._session.run([self.model.output.name], given)
        except Exception as error:  # the runtime's errors have no class of their own
            raise BrokenModel(
                f"{self._path} failed: {first_line(error)}",
                f"see its inputs: flask models inspect {self._path}",
            ) from error
        return self._converter.pictures(values, count)


def _given(values: np.ndarray) -> Any:
    if values.dtype != object:
        return values
    return np.vectorize(bytes.decode, otypes=[object])(values)


def open_onnx_file(path: Path, threads: int) -> Any:
    """Return a session of ONNX Runtime. Raises `BadModel`, or where that is missing ImportError."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _WARNINGS
    options.use_deterministic_compute = True
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors have no class of their own
        raise BadModel(
            f"{path} is no ONNX file that can be run: {first_line(error)}",
            "export it again, or install a newer onnxruntime",
        ) from error


def first_line(error: Exception) -> str:
    """Return the first line of what ONNX Runtime said."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
    return said.removeprefix("[ONNXRuntimeError] : ")[:300]


def onnx_signature(session: Any) -> Signature:
    """Return what the one function of a file takes and gives, in its own order."""
    return Signature(
        "main", METHOD, _tensors(session.get_inputs()), _tensors(session.get_outputs())
    )


def _tensors(found: Any) -> dict[str, TensorInfo]:
    return {each.name: _tensor(each) for each in found}


def _tensor(found: Any) -> TensorInfo:
    """Return a tensor; lengths that have a name, or none, are unknown."""
    kind = found.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(length if isinstance(length, int) else None for length in found.shape)
    return TensorInfo(found.name, _DTYPES.get(kind, kind), shape)
