"""What a LiteRT file says of itself: signatures, types, shapes, quantisation. Nothing is run."""

from typing import Any

import numpy as np

from sources.spec.signatures import Quantisation, Signature, TensorInfo

METHOD = "LiteRT"


def litert_signatures(interpreter: Any) -> dict[str, Signature]:
    """Return the signatures of an `ai_edge_litert` interpreter by name.

    A tensor of whole numbers with a scale is float32 here: the runtime turns one into the other.
    """
    found = {}
    for name in sorted(interpreter.get_signature_list()):
        runner = interpreter.get_signature_runner(name)
        found[name] = Signature(
            name, METHOD, _tensors(runner.get_input_details()),
            _tensors(runner.get_output_details()),
        )  # fmt: skip
    return found


def _tensors(details: dict[str, Any]) -> dict[str, TensorInfo]:
    return {key: _tensor(key, about) for key, about in sorted(details.items())}


def _tensor(key: str, about: dict[str, Any]) -> TensorInfo:
    dtype = np.dtype(about["dtype"]).name
    declared = about.get("shape_signature")
    if declared is None or not len(declared):
        declared = about["shape"]
    shape = tuple(None if length < 0 else int(length) for length in declared)
    scale, zero_point = about["quantization"]
    if scale and dtype in ("int8", "uint8", "int16"):
        return TensorInfo(key, "float32", shape, Quantisation(dtype, float(scale), int(zero_point)))
    return TensorInfo(key, "string" if dtype.startswith(("bytes", "str")) else dtype, shape)
