"""Client and stand-in against the examples of TensorFlow Serving's own documentation.

documented.json holds requests and answers of https://www.tensorflow.org/tfx/serving/api_rest:
addresses, bodies, status codes. Outputs of the models `named` and `objects`, of which the
documentation shows only the requests, are ours; their form is as it describes it. So the two sides
of these tests cannot agree on an error that the documentation does not have.
"""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3

from sources.serving.address import parse_address
from sources.serving.connect import connect
from sources.serving.errors import NotServed
from sources.serving.json import outputs_of, read_metadata, results_of
from sources.spec.signatures import Signature, TensorInfo
from tests.sources.serving.standin import StandIn

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "documented.json").read_text(encoding="utf-8")
)
BY_NAME = {example["what"]: example for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=list(BY_NAME))
def test_the_stand_in_answers_as_documented(standin: StandIn, example: dict[str, Any]) -> None:
    method, path, body = example["request"]
    answer = urllib3.request(
        method,
        f"http://127.0.0.1:{standin.rest_port}{path}",
        body=None if body is None else json.dumps(body),
    )
    assert answer.status == example["status"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == example["answer"]


@contextmanager
def replaying(example: dict[str, Any], metadata: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """A server that knows one documented answer; yields its port and what it was asked."""
    asked: list[Any] = []

    class Replay(http.server.BaseHTTPRequestHandler):
        def _reply(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._reply(200, metadata)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(["POST", self.path, body])
            self._reply(example["status"], example["answer"])

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


def rest(port: int, name: str) -> Any:
    return connect(parse_address(f"tfserving://127.0.0.1:{port}/{name}"))


def test_the_client_asks_to_regress_as_documented() -> None:
    example = BY_NAME["regress"]
    with replaying(example, {}) as (port, asked):
        server = rest(port, "saved_model_half_plus_three")
        found = server.regress("tensorflow/serving/regress", [{"x": 1.0}, {"x": 2.0}])
    assert asked == [example["request"]]
    assert json.dumps(asked[0][2]["examples"][0]) == '{"x": 1.0}'  # 1 would be another type
    assert found == [3.5, 4.0]


def test_the_client_asks_to_classify_as_documented() -> None:
    example = BY_NAME["classify, binary features"]
    with replaying(example, {}) as (port, asked):
        found = rest(port, "objects").classify(
            "classify_objects",
            [
                {"image": b"image bytes", "caption": "seaside"},
                {"image": b"awesome image bytes", "caption": "mountains"},
            ],
        )
    sent, documented = asked[0][2], example["request"][2]
    # a text may be sent as binary: the two mean the same bytes
    for example_sent, caption in zip(
        sent["examples"], ("c2Vhc2lkZQ==", "bW91bnRhaW5z"), strict=True
    ):
        assert example_sent.pop("caption") == {"b64": caption}
    for documented_example in documented["examples"]:
        documented_example.pop("caption")
    assert sent == documented
    assert found[0] == [("seaside", 11.0), ("SEASIDE", 0.0)]


NAMED = Signature(
    "serving_default",
    "",
    {
        "tag": TensorInfo("tag", "string", (None,)),
        "signal": TensorInfo("signal", "int64", (None, 5)),
        "sensor": TensorInfo("sensor", "int64", (None, 2, 2)),
    },
    {
        "sum": TensorInfo("sum", "int64", (None,)),
        "tag_bytes": TensorInfo("tag_bytes", "string", (None,)),
    },
)


def test_the_client_asks_to_predict_as_documented() -> None:
    example = BY_NAME["named inputs, columnar"]
    columns = example["request"][2]["inputs"]
    with replaying(example, {}) as (port, asked):
        found = rest(port, "named").predict(
            NAMED,
            {
                "tag": np.array([b"foo", b"bar"], dtype=object),
                "signal": np.array(columns["signal"]),
                "sensor": np.array(columns["sensor"]),
            },
        )
    assert asked[0][1] == example["request"][1]
    sent = asked[0][2]
    assert sent["signature_name"] == "serving_default"
    assert sent["inputs"]["signal"] == columns["signal"]
    assert sent["inputs"]["sensor"] == columns["sensor"]
    assert sent["inputs"]["tag"] == [{"b64": "Zm9v"}, {"b64": "YmFy"}]  # foo, bar
    assert found["sum"].tolist() == [25, 38] and found["sum"].dtype == np.int64
    assert found["tag_bytes"].tolist() == [b"foo", b"bar"]


def test_the_client_reads_either_form() -> None:
    rows = outputs_of(BY_NAME["named inputs, rows"]["answer"], NAMED)
    columns = outputs_of(BY_NAME["named inputs, columnar"]["answer"], NAMED)
    assert {name: values.tolist() for name, values in rows.items()} == {
        name: values.tolist() for name, values in columns.items()
    }
    single = Signature("s", "", {}, {"y": TensorInfo("y", "float32", (None,))})
    found = outputs_of(BY_NAME["predict, rows"]["answer"], single)
    assert found["y"].tolist() == [3.5, 4.0, 5.5] and found["y"].dtype == np.float32


def test_the_client_reads_what_json_has_no_words_for() -> None:
    single = Signature("s", "", {}, {"y": TensorInfo("y", "float32", (None,))})
    answer = json.loads('{"outputs": [1.0, -3.14, NaN, Infinity, -Infinity]}')
    found = outputs_of(answer, single)["y"]
    assert found[:2].tolist() == [1.0, np.float32(-3.14)]
    assert np.isnan(found[2]) and np.isposinf(found[3]) and np.isneginf(found[4])


def test_results_by_either_of_their_documented_names() -> None:
    assert results_of({"results": [3.5]}) == results_of({"result": [3.5]}) == [3.5]


def test_the_documented_error_is_an_error_of_its_own() -> None:
    example = BY_NAME["a model that is not there"]
    signature = Signature("serving_default", "", {}, {"y": TensorInfo("y", "float32", (None,))})
    with (
        replaying(example, {}) as (port, _),
        pytest.raises(NotServed, match=r"Servable not found for request: Latest\(half\)"),
    ):
        rest(port, "half").predict(signature, {"x": np.array([1.0, 5.0])})


def test_metadata_as_protobuf_prints_them() -> None:
    """Whole numbers of 64 bits are texts there; -1 is a length that is not known."""
    tensor = {
        "dtype": "DT_FLOAT",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "5", "name": ""}],
            "unknown_rank": False,
        },
        "name": "x:0",
    }
    scalar = {
        "dtype": "DT_STRING",
        "tensor_shape": {"dim": [], "unknown_rank": False},
        "name": "",
    }
    anything = {"dtype": "DT_HALF", "tensor_shape": {"dim": [], "unknown_rank": True}, "name": ""}
    metadata = {
        "model_spec": {"name": "m", "signature_name": "", "version": "123"},
        "metadata": {
            "signature_def": {
                "signature_def": {
                    "serving_default": {
                        "inputs": {"x": tensor, "s": scalar, "h": anything},
                        "outputs": {"y": tensor},
                        "method_name": "tensorflow/serving/predict",
                    },
                    "__saved_model_init_op": {"inputs": {}, "outputs": {}, "method_name": ""},
                }
            }
        },
    }
    version, signatures = read_metadata(metadata)
    assert version == 123 and list(signatures) == ["serving_default"]
    inputs = signatures["serving_default"].inputs
    assert inputs["x"] == TensorInfo("x", "float32", (None, 5))
    assert inputs["s"] == TensorInfo("s", "string", ())
    assert inputs["h"] == TensorInfo("h", "float16", None)
