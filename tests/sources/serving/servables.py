"""SavedModels behind TensorFlow Serving's names: what the stand-in runs.

Messages and status codes are those of the real server where its source or documentation show them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    input_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

DEFAULT_SIGNATURE = "serving_default"
Code = grpc.StatusCode


class Fault(Exception):
    """An error with the status code that both faces send."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Servable:
    """One version of a model."""

    name: str
    version: int
    signatures: Mapping[str, Any]  # SignatureDef by name
    functions: Mapping[str, Callable[..., dict[str, tf.Tensor]]]
    kept: Any  # functions live as long as what they came from


def load_servable(folder: Path) -> Servable:
    found = saved_model_pb2.SavedModel()
    found.ParseFromString((folder / "saved_model.pb").read_bytes())
    loaded = tf.saved_model.load(str(folder), tags=["serve"])
    signatures = dict(found.meta_graphs[0].signature_def)
    return Servable(folder.parent.name, int(folder.name), signatures, loaded.signatures, loaded)


class Servables:
    """The models below one folder, each with its numbered versions."""

    def __init__(self, base: Path) -> None:
        self._found = {
            (path.parent.parent.name, int(path.parent.name)): load_servable(path.parent)
            for path in sorted(base.glob("*/[0-9]*/saved_model.pb"))
        }
        self.ahead: list[Callable[[], None]] = []  # of the next calls: may wait, or raise a Fault

    def unload(self, name: str, version: int) -> None:
        del self._found[name, version]

    def _servable(self, spec: model_pb2.ModelSpec) -> Servable:
        versions = [version for name, version in self._found if name == spec.name]
        if spec.HasField("version"):
            wanted, shown = spec.version.value, f"Specific({spec.name}, {spec.version.value})"
        else:
            wanted, shown = max(versions, default=0), f"Latest({spec.name})"
        if (spec.name, wanted) not in self._found:
            raise Fault(Code.NOT_FOUND, f"Servable not found for request: {shown}")
        return self._found[spec.name, wanted]

    def signature(self, spec: model_pb2.ModelSpec) -> tuple[Servable, str, Any]:
        servable = self._servable(spec)
        name = spec.signature_name or DEFAULT_SIGNATURE
        if name not in servable.signatures:
            raise Fault(
                Code.INVALID_ARGUMENT,
                f'Serving signature name: "{name}" not found in signature def',
            )
        return servable, name, servable.signatures[name]

    def _begin(self) -> None:
        if self.ahead:
            self.ahead.pop(0)()

    def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        self._begin()
        servable, name, signature = self.signature(request.model_spec)
        wanted, sent = set(signature.inputs), set(request.inputs)
        if wanted != sent:
            raise Fault(
                Code.INVALID_ARGUMENT,
                f"input size does not match signature: {len(sent)}!={len(wanted)} "
                f"len({{{','.join(sorted(sent))}}}) != len({{{','.join(sorted(wanted))}}}). "
                f"Sent extra: {{{','.join(sorted(sent - wanted))}}}. "
                f"Missing but required: {{{','.join(sorted(wanted - sent))}}}.",
            )
        given = {}
        for key, info in signature.inputs.items():
            tensor = request.inputs[key]
            if tensor.dtype != info.dtype:
                raise Fault(
                    Code.INVALID_ARGUMENT,
                    f"Expected input {key} to be {tf.dtypes.as_dtype(info.dtype).name}, not "
                    f"{tf.dtypes.as_dtype(tensor.dtype).name}",
                )
            given[key] = tf.constant(tf.make_ndarray(tensor), dtype=info.dtype)
            shape = tf.TensorShape(info.tensor_shape)
            if not shape.is_compatible_with(given[key].shape):
                raise Fault(
                    Code.INVALID_ARGUMENT,
                    f"Cannot feed value of shape {given[key].shape} for {info.name}, which has "
                    f"shape {shape}",
                )
        answer = predict_pb2.PredictResponse(model_spec=_spec(servable, name))
        outputs = _run(servable, name, given)
        for key in request.output_filter or outputs:
            if key not in outputs:
                raise Fault(Code.INVALID_ARGUMENT, f"output tensor alias not found: {key}")
            answer.outputs[key].CopyFrom(tf.make_tensor_proto(outputs[key]))
        return answer

    def classify(
        self, request: classification_pb2.ClassificationRequest
    ) -> classification_pb2.ClassificationResponse:
        self._begin()
        servable, name, outputs, count = self._of_examples(request.model_spec, request.input)
        answer = classification_pb2.ClassificationResponse(model_spec=_spec(servable, name))
        labels, scores = outputs.get("classes"), outputs.get("scores")
        shown = labels if scores is None else scores
        if shown is None:
            raise Fault(Code.INVALID_ARGUMENT, "Expected classification signature outputs")
        for row in range(count):
            classes = answer.result.classifications.add()
            for column in range(shown.shape[1]):
                classes.classes.add(
                    label="" if labels is None else labels[row, column].numpy().decode(),
                    score=0.0 if scores is None else float(scores[row, column]),
                )
        return answer

    def regress(
        self, request: regression_pb2.RegressionRequest
    ) -> regression_pb2.RegressionResponse:
        self._begin()
        servable, name, outputs, count = self._of_examples(request.model_spec, request.input)
        if "outputs" not in outputs:
            raise Fault(Code.INVALID_ARGUMENT, "Expected regression signature outputs")
        answer = regression_pb2.RegressionResponse(model_spec=_spec(servable, name))
        for number in tf.reshape(outputs["outputs"], [count]).numpy():
            answer.result.regressions.add(value=float(number))
        return answer

    def _of_examples(
        self, spec: model_pb2.ModelSpec, given: input_pb2.Input
    ) -> tuple[Servable, str, dict[str, tf.Tensor], int]:
        servable, name, signature = self.signature(spec)
        if set(signature.inputs) != {"inputs"}:
            raise Fault(
                Code.INVALID_ARGUMENT,
                "Expected one input tensor named inputs, of serialized tf.Example",
            )
        examples = given.example_list.examples
        if given.WhichOneof("kind") == "example_list_with_context":
            examples = []
            for own in given.example_list_with_context.examples:
                merged = tf.train.Example()
                merged.CopyFrom(given.example_list_with_context.context)
                merged.MergeFrom(own)
                examples.append(merged)
        if not examples:
            raise Fault(Code.INVALID_ARGUMENT, "Input is empty.")
        serialized = tf.constant([example.SerializeToString() for example in examples])
        return servable, name, _run(servable, name, {"inputs": serialized}), len(examples)

    def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        servable = self._servable(request.model_spec)
        if list(request.metadata_field) != ["signature_def"]:
            raise Fault(Code.INVALID_ARGUMENT, "GetModelMetadataRequest must specify signature_def")
        defined = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in servable.signatures.items():
            defined.signature_def[name].CopyFrom(signature)
        answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=_spec(servable, ""))
        answer.metadata["signature_def"].Pack(defined)
        return answer

    def status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        spec = request.model_spec
        versions = [version for name, version in self._found if name == spec.name]
        if spec.HasField("version"):
            versions = [version for version in versions if version == spec.version.value]
        if not versions:
            raise Fault(Code.NOT_FOUND, f"Could not find any versions of model {spec.name}")
        answer = get_model_status_pb2.GetModelStatusResponse()
        for version in versions:
            found = answer.model_version_status.add(version=version)
            found.state = get_model_status_pb2.ModelVersionStatus.AVAILABLE
            found.status.error_code = 0
        return answer


def _spec(servable: Servable, signature: str) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=servable.name, signature_name=signature)
    spec.version.value = servable.version
    return spec


def _run(servable: Servable, name: str, given: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    try:
        return servable.functions[name](**given)
    except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
        raise Fault(Code.INVALID_ARGUMENT, str(error)) from error
