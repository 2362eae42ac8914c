"""TensorFlow Serving's JSON: tensors in the columnar form, metadata, results.

As https://www.tensorflow.org/tfx/serving/api_rest has it. Requests are columnar throughout: a
scalar can only be sent so, and it is the shorter one. Answers are read in either form.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np

from sources.serving.errors import BadAnswer, CallRefused
from sources.serving.server import Feature
from sources.spec.signatures import Signature, TensorInfo

DTYPES = {
    "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_BFLOAT16": "bfloat16",
    "DT_INT8": "int8", "DT_INT16": "int16", "DT_INT32": "int32", "DT_INT64": "int64",
    "DT_UINT8": "uint8", "DT_UINT16": "uint16", "DT_UINT32": "uint32", "DT_UINT64": "uint64",
    "DT_BOOL": "bool", "DT_STRING": "string",
}  # fmt: skip


def to_json(values: np.ndarray) -> Any:
    """Return an array as nested lists; bytes as ``{"b64": …}``, a scalar as itself."""
    if values.dtype == object or values.dtype.kind in "SU":
        return _texts_to_json(values.tolist())
    return values.tolist()


def _texts_to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_texts_to_json(part) for part in value]
    data = value.encode() if isinstance(value, str) else value
    return {"b64": base64.b64encode(data).decode()}


def from_json(value: Any, info: TensorInfo) -> np.ndarray:
    """Return the array that a JSON value stands for; of texts, an array of bytes objects.

    Raises `BadAnswer`.
    """
    try:
        if info.dtype == "string":
            return _texts(value)
        dtype = "float32" if info.dtype == "bfloat16" else info.dtype  # NumPy has none
        return np.array(value, dtype=dtype)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise BadAnswer(f"the answer's {info.key} is no {info.dtype} ({error})") from error


def _texts(value: Any) -> np.ndarray:
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    found = np.empty(shape, dtype=object)
    flat: list[bytes] = []
    _flatten_texts(value, flat)
    if len(flat) != found.size:
        raise ValueError("lists of different lengths")
    for number, index in enumerate(np.ndindex(*shape)):
        found[index] = flat[number]
    return found


def _flatten_texts(value: Any, into: list[bytes]) -> None:
    if isinstance(value, list):
        for part in value:
            _flatten_texts(part, into)
    elif isinstance(value, dict) and set(value) == {"b64"}:
        into.append(base64.b64decode(value["b64"], validate=True))
    elif isinstance(value, str):
        into.append(value.encode())
    else:
        raise ValueError(f"{type(value).__name__} instead of a text")


def request_of(signature: Signature, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the body of a predict request, columnar."""
    return {
        "signature_name": signature.name,
        "inputs": {name: to_json(values) for name, values in inputs.items()},
    }


def outputs_of(answer: Any, signature: Signature) -> dict[str, np.ndarray]:
    """Return the outputs in a predict answer, columnar or by rows. Raises `BadAnswer`.

    Where there is one output only, its name is left out.
    """
    single = len(signature.outputs) == 1
    if isinstance(answer, dict) and "outputs" in answer:
        columns = answer["outputs"]
        if single:
            columns = {next(iter(signature.outputs)): columns}
    elif isinstance(answer, dict) and isinstance(answer.get("predictions"), list):
        rows = answer["predictions"]
        if single:
            columns = {next(iter(signature.outputs)): rows}
        elif all(isinstance(row, dict) and set(signature.outputs) <= set(row) for row in rows):
            columns = {name: [row[name] for row in rows] for name in signature.outputs}
        else:
            raise BadAnswer("the answer's predictions lack outputs of the signature")
    else:
        raise BadAnswer("the answer holds neither outputs nor predictions")
    if not isinstance(columns, dict) or not set(signature.outputs) <= set(columns):
        raise BadAnswer(f"the answer lacks outputs of {', '.join(signature.outputs)}")
    return {name: from_json(columns[name], info) for name, info in signature.outputs.items()}


def examples_of(signature: str, examples: list[dict[str, Feature]]) -> dict[str, Any]:
    """Return the body of a classify or regress request."""
    found = [
        {name: _feature(name, value) for name, value in example.items()} for example in examples
    ]
    return {"signature_name": signature, "examples": found}


def _feature(name: str, value: Feature) -> Any:
    if isinstance(value, list):
        return [_feature(name, part) for part in value]
    if isinstance(value, bytes | str):
        return _texts_to_json(value)
    if isinstance(value, int | float):
        return value  # a float keeps its point, by which the server knows its type
    raise CallRefused(f"{name} is no number, text or list of them")


def results_of(answer: Any) -> list[Any]:
    """Return the results of classify or regress. Raises `BadAnswer`.

    The documentation calls them ``result`` where it describes them and ``results`` in its example;
    the server sends ``results``.
    """
    for key in ("results", "result"):
        if isinstance(answer, dict) and isinstance(answer.get(key), list):
            found: list[Any] = answer[key]
            return found
    raise BadAnswer("the answer holds no results")


def read_metadata(answer: Any) -> tuple[int, dict[str, Signature]]:
    """Return version and signatures from the answer to ``GET …/metadata``. Raises `BadAnswer`."""
    try:
        version = int(answer["model_spec"]["version"])
        defined = answer["metadata"]["signature_def"]["signature_def"]
        signatures = {
            name: Signature(
                name,
                spec.get("method_name", ""),
                _tensors(spec.get("inputs", {})),
                _tensors(spec.get("outputs", {})),
            )
            for name, spec in sorted(defined.items())
            if not name.startswith("__saved_model_")
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswer(f"the server's metadata lack {error}") from error
    return version, signatures


def _tensors(specs: Mapping[str, Any]) -> dict[str, TensorInfo]:
    return {key: _tensor(key, spec) for key, spec in sorted(specs.items())}


def _tensor(key: str, spec: Mapping[str, Any]) -> TensorInfo:
    shape: tuple[int | None, ...] | None = None
    given = spec["tensor_shape"]
    if not given.get("unknown_rank", False):
        lengths = [int(dim["size"]) for dim in given.get("dim", [])]
        shape = tuple(None if length < 0 else length for length in lengths)
    return TensorInfo(key, DTYPES.get(spec["dtype"], spec["dtype"]), shape)
