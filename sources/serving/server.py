"""TensorFlow Serving: what both ways of calling it share."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np

from sources.serving.address import Address
from sources.serving.errors import CallRefused, Unreachable
from sources.spec.signatures import Signature

_PAUSES_S = (0.25, 0.5, 1.0, 2.0, 4.0)  # before the second try and so on; then the last one

# a feature of a tf.train.Example: one value, or a list of one type
Feature = float | int | str | bytes | list[float] | list[int] | list[str] | list[bytes]
_T = TypeVar("_T")


def patiently(call: Callable[[float], _T], address: Address) -> _T:
    """Return ``call(seconds left)``; again after a pause while the server is not available.

    Nothing but `Unreachable` is tried again: what was refused would be refused again, and what
    took too long might be running still.
    """
    until = time.monotonic() + address.deadline_s
    for number in range(address.tries):
        try:
            return call(until - time.monotonic())
        except Unreachable:
            pause = _PAUSES_S[min(number, len(_PAUSES_S) - 1)]
            if number + 1 == address.tries or time.monotonic() + pause >= until:
                raise
            time.sleep(pause)
    raise AssertionError("tries is at least 1")


class Server(Protocol):
    """A model on a server, by REST or gRPC. All methods raise `ServingError`; threads may share."""

    address: Address

    def signatures(self) -> tuple[int, dict[str, Signature]]:
        """Return the version that answers, and its signatures by name."""
        ...

    def predict(
        self, signature: Signature, inputs: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the outputs by name; texts are arrays of bytes objects."""
        ...

    def classify(
        self, signature: str, examples: Sequence[Mapping[str, Feature]]
    ) -> list[list[tuple[str, float]]]:
        """Return labels with scores for each example."""
        ...

    def regress(self, signature: str, examples: Sequence[Mapping[str, Feature]]) -> list[float]:
        """Return a number for each example."""
        ...


def find_signature(signatures: Mapping[str, Signature], name: str, address: Address) -> Signature:
    """Return a signature by name. Raises `CallRefused`."""
    if name not in signatures:
        raise CallRefused(
            f"{address} has no signature {name!r}", f"there are: {', '.join(sorted(signatures))}"
        )
    return signatures[name]
