"""What a SavedModel says of itself: tag sets, signatures, types and shapes. Nothing is run.

The signatures of LiteRT and ONNX files are described by the same classes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.packages import import_tensorflow
from sources.spec.description import BadModel, saved_model_files

_OWN_PREFIX = "__saved_model_"  # of signatures that only the loader calls


@dataclass(frozen=True)
class Quantisation:
    """Whole numbers that stand for others: ``scale * (number - zero_point)``."""

    dtype: str
    scale: float
    zero_point: int

    @property
    def between(self) -> tuple[float, float]:
        """The lowest and the highest value that can be written so."""
        kind = np.iinfo(self.dtype)
        return (
            self.scale * (int(kind.min) - self.zero_point),
            self.scale * (int(kind.max) - self.zero_point),
        )

    def written(self, values: np.ndarray) -> np.ndarray:
        """Return values as whole numbers of `dtype`, of the same shape."""
        kind = np.iinfo(self.dtype)
        whole = np.rint(values / self.scale) + self.zero_point
        numbers: np.ndarray = np.clip(whole, kind.min, kind.max).astype(self.dtype)
        return numbers

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """Return what whole numbers stand for, float32 of the same shape."""
        values: np.ndarray = np.float32(self.scale) * (numbers.astype(np.float32) - self.zero_point)
        return values


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a signature."""

    key: str
    dtype: str
    shape: tuple[int | None, ...] | None  # None: of unknown rank, or in it of unknown length
    quantised: Quantisation | None = None  # how a runtime holds it

    def __str__(self) -> str:
        kept = f", held as {self.quantised.dtype}" if self.quantised else ""
        if self.shape is None:
            return f"{self.key}: {self.dtype}, any shape{kept}"
        shape = ", ".join("?" if length is None else str(length) for length in self.shape)
        return f"{self.key}: {self.dtype} [{shape}]{kept}"


@dataclass(frozen=True)
class Signature:
    """A function that a SavedModel offers."""

    name: str
    method: str
    inputs: dict[str, TensorInfo]
    outputs: dict[str, TensorInfo]


@dataclass(frozen=True)
class Graph:
    """A graph of a SavedModel by its tags, with its signatures."""

    tags: tuple[str, ...]
    signatures: dict[str, Signature]


def read_graphs(folder: Path) -> list[Graph]:
    """Return the graphs of a SavedModel, from saved_model.pb or .pbtxt. Raises `BadModel`."""
    import_tensorflow()
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    path = saved_model_files(folder)[0]
    found = SavedModel()
    try:
        if path.suffix == ".pbtxt":
            text_format.Parse(path.read_text(encoding="utf-8"), found)
        else:
            found.ParseFromString(path.read_bytes())
    except (DecodeError, text_format.ParseError, UnicodeDecodeError, OSError) as error:
        raise BadModel(f"{path} is no SavedModel: {error}", "fetch or export it again") from error
    if not found.meta_graphs:
        raise BadModel(f"{path} holds no graph", "fetch or export it again")
    return [_graph(graph) for graph in found.meta_graphs]


def _graph(graph: Any) -> Graph:
    signatures = {
        name: Signature(
            name, defined.method_name, _tensors(defined.inputs), _tensors(defined.outputs)
        )
        for name, defined in sorted(graph.signature_def.items())
        if not name.startswith(_OWN_PREFIX)
    }
    return Graph(tuple(sorted(graph.meta_info_def.tags)), signatures)


def _tensors(defined: Any) -> dict[str, TensorInfo]:
    return {key: _tensor(key, info) for key, info in sorted(defined.items())}


def _tensor(key: str, info: Any) -> TensorInfo:
    tf = import_tensorflow()
    shape = None
    if not info.tensor_shape.unknown_rank:
        shape = tuple(None if d.size < 0 else int(d.size) for d in info.tensor_shape.dim)
    return TensorInfo(key, tf.dtypes.as_dtype(info.dtype).name, shape)
