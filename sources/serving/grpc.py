"""TensorFlow Serving by gRPC: shorter messages than REST, but imports TensorFlow.

The generated classes are those of the package tensorflow-serving-api, whose messages hold
TensorFlow's own, hence the import.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.packages import NotInstalled
from sources.serving.address import Address
from sources.serving.errors import (
    ServingError,
    not_served,
    refused,
    shortened,
    too_slow,
    unreachable,
)
from sources.serving.server import Feature, patiently
from sources.spec.signatures import Signature, TensorInfo

try:
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        model_pb2,
        predict_pb2,
        prediction_service_pb2_grpc,
        regression_pb2,
    )
except ImportError as error:
    raise NotInstalled(
        f"grpc:// needs the package {error.name}, which is not installed",
        "install it with: pip install -r requirements-tensorflow.txt, or use tfserving:// (REST)",
    ) from error

_OPTIONS = [
    # the default, 4 MiB, is less than one picture of 1,024 px
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),  # patience is ours, the same as by REST
]


class GrpcServer:
    """A model on a server, by gRPC."""

    def __init__(self, address: Address) -> None:
        self.address = address
        target = f"{address.host}:{address.port}"
        if address.tls:
            channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(), _OPTIONS)
        else:
            channel = grpc.insecure_channel(target, _OPTIONS)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def signatures(self) -> tuple[int, dict[str, Signature]]:
        """Return the version that answers, and its signatures by name."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec(""), metadata_field=["signature_def"]
        )
        answer = self._call(self._stub.GetModelMetadata, request)
        defined = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(defined)
        signatures = {
            name: Signature(name, spec.method_name, _tensors(spec.inputs), _tensors(spec.outputs))
            for name, spec in sorted(defined.signature_def.items())
            if not name.startswith("__saved_model_")
        }
        return answer.model_spec.version.value, signatures

    def predict(
        self, signature: Signature, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the outputs by name; texts are arrays of bytes objects."""
        request = predict_pb2.PredictRequest(model_spec=self._spec(signature.name))
        for name, values in inputs.items():
            info = signature.inputs.get(name)
            request.inputs[name].CopyFrom(_tensor_of(values, info))
        answer = self._call(self._stub.Predict, request)
        return {name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()}

    def classify(
        self, signature: str, examples: Sequence[Mapping[str, Feature]]
    ) -> list[list[tuple[str, float]]]:
        """Return labels with scores for each example."""
        request = classification_pb2.ClassificationRequest(model_spec=self._spec(signature))
        request.input.example_list.examples.extend(map(_example, examples))
        answer = self._call(self._stub.Classify, request)
        return [
            [(found.label, found.score) for found in classes.classes]
            for classes in answer.result.classifications
        ]

    def regress(self, signature: str, examples: Sequence[Mapping[str, Feature]]) -> list[float]:
        """Return a number for each example."""
        request = regression_pb2.RegressionRequest(model_spec=self._spec(signature))
        request.input.example_list.examples.extend(map(_example, examples))
        answer = self._call(self._stub.Regress, request)
        return [found.value for found in answer.result.regressions]

    def _spec(self, signature: str) -> model_pb2.ModelSpec:
        spec = model_pb2.ModelSpec(name=self.address.name, signature_name=signature)
        if self.address.version is not None:
            spec.version.value = self.address.version
        return spec

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        def once(left_s: float) -> Any:
            try:
                return method(request, timeout=left_s)
            except grpc.RpcError as error:
                raise _error_of(error, self.address) from error

        return patiently(once, self.address)


def _error_of(error: grpc.RpcError, address: Address) -> ServingError:
    code, said = error.code(), error.details() or ""
    match code:
        case grpc.StatusCode.NOT_FOUND:
            return not_served(address, said)
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.FAILED_PRECONDITION:
            return refused(address, said)
        case grpc.StatusCode.UNAVAILABLE:
            return unreachable(address, said)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return too_slow(address)
    return ServingError(f"{address} answers {code.name}: {shortened(said)}", "see its log")


def _tensor_of(values: np.ndarray, info: TensorInfo | None) -> Any:
    dtype = None if info is None or values.dtype == object else tf.dtypes.as_dtype(info.dtype)
    return tf.make_tensor_proto(values, dtype=dtype, shape=values.shape)


def _example(features: Mapping[str, Feature]) -> Any:
    example = tf.train.Example()
    for name, value in features.items():
        values = value if isinstance(value, list) else [value]
        feature = example.features.feature[name]
        if all(isinstance(part, str | bytes) for part in values):
            feature.bytes_list.value.extend(
                part.encode() if isinstance(part, str) else part for part in values
            )
        elif all(isinstance(part, int) for part in values):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
    return example


def _tensors(specs: Mapping[str, Any]) -> dict[str, TensorInfo]:
    return {key: _tensor(key, spec) for key, spec in sorted(specs.items())}


def _tensor(key: str, spec: Any) -> TensorInfo:
    shape = None
    if not spec.tensor_shape.unknown_rank:
        shape = tuple(None if dim.size < 0 else int(dim.size) for dim in spec.tensor_shape.dim)
    return TensorInfo(key, tf.dtypes.as_dtype(spec.dtype).name, shape)
