"""TensorFlow Serving by REST: what the site uses, since it needs no TensorFlow."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import urllib3

from sources.serving.address import Address
from sources.serving.errors import (
    BadAnswer,
    ServingError,
    not_served,
    refused,
    shortened,
    too_slow,
    unreachable,
)
from sources.serving.json import examples_of, outputs_of, read_metadata, request_of, results_of
from sources.serving.server import Feature, patiently
from sources.spec.signatures import Signature

_CONNECT_S = 5.0
_CONNECTIONS = 8
# what says that nobody has worked on the request, or that whoever did is gone
_AWAY = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.SSLError,
)


class RestServer:
    """A model on a server, by REST."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False)
        scheme = "https" if address.tls else "http"
        version = f"/versions/{address.version}" if address.version is not None else ""
        self._url = f"{scheme}://{address.host}:{address.port}/v1/models/{address.name}{version}"

    def signatures(self) -> tuple[int, dict[str, Signature]]:
        """Return the version that answers, and its signatures by name."""
        return read_metadata(self._ask("GET", "/metadata", None))

    def predict(
        self, signature: Signature, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the outputs by name; texts are arrays of bytes objects."""
        answer = self._ask("POST", ":predict", request_of(signature, inputs))
        return outputs_of(answer, signature)

    def classify(
        self, signature: str, examples: Sequence[Mapping[str, Feature]]
    ) -> list[list[tuple[str, float]]]:
        """Return labels with scores for each example."""
        body = examples_of(signature, [dict(example) for example in examples])
        results = results_of(self._ask("POST", ":classify", body))
        try:
            return [[(str(label), float(score)) for label, score in found] for found in results]
        except (TypeError, ValueError) as error:
            raise BadAnswer("the answer holds no labels with scores") from error

    def regress(self, signature: str, examples: Sequence[Mapping[str, Feature]]) -> list[float]:
        """Return a number for each example."""
        body = examples_of(signature, [dict(example) for example in examples])
        results = results_of(self._ask("POST", ":regress", body))
        try:
            return [float(number) for number in results]
        except (TypeError, ValueError) as error:
            raise BadAnswer("the answer holds no numbers") from error

    def _ask(self, method: str, what: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return patiently(lambda left: self._ask_once(method, what, data, left), self.address)

    def _ask_once(self, method: str, what: str, data: bytes | None, left_s: float) -> Any:
        headers = {} if data is None else {"Content-Type": "application/json"}
        timeout = urllib3.Timeout(connect=min(_CONNECT_S, left_s), read=left_s)
        try:
            answer = self._pool.request(
                method, self._url + what, body=data, headers=headers, timeout=timeout
            )
        except _AWAY as error:
            raise unreachable(self.address, _reason(error)) from error
        except urllib3.exceptions.TimeoutError as error:
            raise too_slow(self.address) from error
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(self.address, _reason(error)) from error
        return _read(self.address, answer.status, answer.data)


def _read(address: Address, status: int, data: bytes) -> Any:
    """Return the JSON of an answer; every error that a server gives has its own type."""
    try:
        value = json.loads(data)  # knows NaN and Infinity, which the server writes
    except ValueError as error:
        if status in (502, 503, 504):  # of a proxy in front
            raise unreachable(address, f"HTTP {status}") from error
        raise BadAnswer(
            f"{address} answers HTTP {status} with something that is no JSON",
            "is that a TensorFlow Serving, and its REST port (8501)?",
        ) from error
    if status == 200:
        return value
    said = value.get("error") if isinstance(value, dict) else None
    raise error_of(status, address, str(said) if said else f"HTTP {status}")


def error_of(status: int, address: Address, said: str) -> ServingError:
    """Return the error that an HTTP status of the server stands for."""
    if status == 404:
        return not_served(address, said)
    if status == 400:
        return refused(address, said)
    if status == 503:
        return unreachable(address, said)
    if status == 504:
        return too_slow(address)
    return ServingError(f"{address} answers HTTP {status}: {shortened(said)}", "see its log")


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2] or type(error).__name__
