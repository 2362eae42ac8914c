"""TensorFlow Serving's REST face, from https://www.tensorflow.org/tfx/serving/api_rest.

JSON → request message → the same functions as behind gRPC → JSON. It shares no line with the
client that it is there to test.
"""

import base64
import binascii
import json
import math
import re
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

from tests.sources.serving.servables import Code, Fault, Servables

_CALLS = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?:(classify|regress|predict)", re.I)
_QUESTIONS = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(/metadata)?", re.I)
# net_http's choice for each status code
_HTTP = {
    Code.INVALID_ARGUMENT: 400, Code.FAILED_PRECONDITION: 400, Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401, Code.PERMISSION_DENIED: 403, Code.NOT_FOUND: 404,
    Code.RESOURCE_EXHAUSTED: 429, Code.UNIMPLEMENTED: 501, Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}  # fmt: skip
_WHOLE = (tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64)


def bad(message: str) -> Fault:
    return Fault(grpc.StatusCode.INVALID_ARGUMENT, message)


def answer_of(servables: Servables, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Return HTTP status and JSON."""
    try:
        return 200, json.dumps(_answer(servables, method, path, body), indent=4).encode()
    except Fault as fault:
        return _HTTP.get(fault.code, 500), json.dumps({"error": fault.message}).encode()


def _answer(servables: Servables, method: str, path: str, body: bytes) -> Any:
    if method == "POST" and (match := _CALLS.fullmatch(path)):
        values = _parse(body)
        spec = _spec(match[1], match[2], values.get("signature_name", ""))
        return {"predict": _predict, "classify": _classify, "regress": _regress}[match[3].lower()](
            servables, spec, values
        )
    if method == "GET" and (match := _QUESTIONS.fullmatch(path)):
        spec = _spec(match[1], match[2], "")
        return (_metadata if match[3] else _status)(servables, spec)
    raise bad(f"Malformed request: {method} {path}")


def _spec(name: str, version: str | None, signature: Any) -> model_pb2.ModelSpec:
    if not isinstance(signature, str):
        raise bad("'signature_name' key must be a string value.")
    spec = model_pb2.ModelSpec(name=name, signature_name=signature)
    if version is not None:
        spec.version.value = int(version)
    return spec


def _parse(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError as error:
        raise bad(f"JSON Parse error: {error}") from error
    if not isinstance(values, dict):
        raise bad("JSON Value: Is not object")
    return values


def _predict(servables: Servables, spec: model_pb2.ModelSpec, values: dict[str, Any]) -> Any:
    _, _, signature = servables.signature(spec)
    if ("instances" in values) == ("inputs" in values):
        raise bad("Missing 'inputs' or 'instances' key, or both of them")
    infos = dict(signature.inputs)
    by_rows = "instances" in values
    columns = _from_rows(values["instances"], infos) if by_rows else values["inputs"]
    if not isinstance(columns, dict) or _is_b64(columns):
        if len(infos) > 1:
            raise bad("inputs is a plain value/list, but expecting an object")
        columns = {next(iter(infos)): columns}
    request = predict_pb2.PredictRequest(model_spec=spec)
    for name, info in sorted(infos.items()):
        if name not in columns:
            raise bad(f"Missing named input: {name} in 'inputs' object.")
        request.inputs[name].CopyFrom(_tensor(columns[name], tf.dtypes.as_dtype(info.dtype)))
    outputs = servables.predict(request).outputs
    found = {name: _values(name, tensor) for name, tensor in sorted(outputs.items())}
    if by_rows:
        counts = {len(rows) if isinstance(rows, list) else -1 for rows in found.values()}
        if len(counts) != 1 or counts == {-1}:
            raise bad("Tensor has inconsistent batch size")
        rows = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        return {"predictions": rows if len(found) > 1 else next(iter(found.values()))}
    return {"outputs": found if len(found) > 1 else next(iter(found.values()))}


def _from_rows(rows: Any, infos: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(rows, list) or not rows:
        raise bad("Excepting 'instances' to be an list/array")
    if isinstance(rows[0], dict) and not _is_b64(rows[0]):
        for number, row in enumerate(rows):
            if not isinstance(row, dict) or set(row) != set(infos):
                raise bad(
                    f"Failed to process element: {number} of 'instances' list. keys must be equal "
                    f"to: {','.join(sorted(infos))}"
                )
        return {name: [row[name] for row in rows] for name in infos}
    if len(infos) > 1:
        raise bad("instances is a plain list, but expecting list of objects")
    return {next(iter(infos)): rows}


def _is_b64(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["b64"] and isinstance(value["b64"], str)


def _tensor(value: Any, dtype: tf.DType) -> Any:
    """Nested lists → TensorProto: the first element of each level says how long it is."""
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if dtype in _WHOLE and (whole := _whole(value, shape, dtype)) is not None:
        return tf.make_tensor_proto(whole, dtype=dtype, shape=shape)
    flat: list[Any] = []
    _fill(value, shape, 0, dtype, flat)
    array = np.array(flat, dtype=object if dtype == tf.string else dtype.as_numpy_dtype)
    return tf.make_tensor_proto(array.reshape(shape), dtype=dtype, shape=shape)


def _whole(value: Any, shape: list[int], dtype: tf.DType) -> np.ndarray | None:
    """Return whole numbers as an array at once, for pictures; None: look at each."""
    try:
        array = np.array(value)
    except ValueError:
        return None
    lowest, highest, _ = _limits(dtype)
    if array.dtype.kind != "i" or list(array.shape) != shape or not array.size:
        return None
    fits = array.min() >= lowest and array.max() <= highest
    return array.astype(dtype.as_numpy_dtype) if fits else None


def _fill(value: Any, shape: list[int], level: int, dtype: tf.DType, into: list[Any]) -> None:
    if isinstance(value, list):
        if level >= len(shape) or len(value) != shape[level]:
            raise bad(f"Encountered list at unexpected size: {len(value)} at level: {level}")
        for part in value:
            _fill(part, shape, level + 1, dtype, into)
        return
    if level != len(shape):
        raise bad(f"JSON Value: {value} found at incorrect level: {level + 1}")
    into.append(_scalar(value, dtype))


def _scalar(value: Any, dtype: tf.DType) -> Any:
    if dtype == tf.string:
        if _is_b64(value):
            try:
                return base64.b64decode(value["b64"], validate=True)
            except binascii.Error as error:
                raise bad("Unable to base64 decode") from error
        if isinstance(value, str):
            return value.encode()
    elif dtype == tf.bool:
        if isinstance(value, bool):
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        lowest, highest, is_whole = _limits(dtype)
        if not is_whole:
            if math.isfinite(value) and not lowest <= value <= highest:
                raise bad(f"Cannot convert JSON value: {value} without loss of precision.")
            return value
        if isinstance(value, int) and lowest <= value <= highest:
            return value
    raise bad(f"JSON Value: {value} is not of expected type: {dtype.name}")


@cache
def _limits(dtype: tf.DType) -> tuple[float, float, bool]:
    if dtype not in (*_WHOLE, tf.float32, tf.float64):
        raise Fault(Code.UNIMPLEMENTED, f"Conversion of JSON Value to type: {dtype.name}")
    return dtype.min, dtype.max, dtype in _WHOLE


def _values(name: str, tensor: Any) -> Any:
    array = tf.make_ndarray(tensor)
    dtype = tf.dtypes.as_dtype(tensor.dtype)
    if dtype == tf.string:
        if name.endswith("_bytes"):
            return _each(array.tolist(), lambda b: {"b64": base64.b64encode(b).decode()})
        return _each(array.tolist(), lambda b: b.decode("utf-8", "replace"))
    if dtype in (*_WHOLE, tf.bool, tf.float64):
        return array.tolist()
    if dtype == tf.float32:
        # the shortest decimal that is this float32, as the server writes it
        return array.astype(str).astype(np.float64).tolist()
    raise bad(f"Failed to write JSON value for tensor type: {dtype.name}")


def _each(value: Any, change: Any) -> Any:
    return [_each(part, change) for part in value] if isinstance(value, list) else change(value)


def _examples(values: dict[str, Any], request: Any) -> None:
    examples = values.get("examples")
    if not isinstance(examples, list) or not examples:
        raise bad("When method is classify, key 'examples' is expected and was not found")
    if "context" in values:
        kind = request.input.example_list_with_context
        kind.context.CopyFrom(_example(values["context"]))
        kind.examples.extend(map(_example, examples))
    else:
        request.input.example_list.examples.extend(map(_example, examples))


def _example(value: Any) -> tf.train.Example:
    if not isinstance(value, dict):
        raise bad(f"Example must be JSON object but got JSON {type(value).__name__}")
    example = tf.train.Example()
    for name, content in value.items():
        feature = example.features.feature[name]
        for part in content if isinstance(content, list) else [content]:
            kind, plain = _feature(name, part)
            if feature.WhichOneof("kind") not in (None, kind):
                raise bad(f"Unexpected element type in feature: {name}")
            getattr(feature, kind).value.append(plain)
    return example


def _feature(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, int):
        return "int64_list", value
    if isinstance(value, float):
        return "float_list", value
    if isinstance(value, str):
        return "bytes_list", value.encode()
    if _is_b64(value):
        return "bytes_list", base64.b64decode(value["b64"])
    raise bad(f"Feature: {name} has element with unexpected JSON type")


def _classify(servables: Servables, spec: model_pb2.ModelSpec, values: dict[str, Any]) -> Any:
    request = classification_pb2.ClassificationRequest(model_spec=spec)
    _examples(values, request)
    found = servables.classify(request).result.classifications
    return {"results": [[[c.label, c.score] for c in classes.classes] for classes in found]}


def _regress(servables: Servables, spec: model_pb2.ModelSpec, values: dict[str, Any]) -> Any:
    request = regression_pb2.RegressionRequest(model_spec=spec)
    _examples(values, request)
    return {"results": [found.value for found in servables.regress(request).result.regressions]}


def _status(servables: Servables, spec: model_pb2.ModelSpec) -> Any:
    answer = servables.status(get_model_status_pb2.GetModelStatusRequest(model_spec=spec))
    return _message(answer)


def _metadata(servables: Servables, spec: model_pb2.ModelSpec) -> Any:
    answer = servables.metadata(
        get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=spec, metadata_field=["signature_def"]
        )
    )
    defined = get_model_metadata_pb2.SignatureDefMap()
    answer.metadata["signature_def"].Unpack(defined)
    return {
        "model_spec": _message(answer.model_spec),
        "metadata": {"signature_def": _message(defined)},
    }


def _message(message: Any) -> Any:
    """Whole numbers of 64 bits are texts, and what is empty is there: protobuf's JSON."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


class Handler(BaseHTTPRequestHandler):
    """One connection; `servables` is set by the server that makes it."""

    servables: Servables
    protocol_version = "HTTP/1.1"

    def _reply(self, body: bytes) -> None:
        status, data = answer_of(self.servables, self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the caller may have given up
            self.wfile.write(data)

    def do_GET(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: Any) -> None:
        pass
