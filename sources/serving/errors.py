"""What can go wrong with a server, each by its own name and with what to do."""

from core.errors import NonesuchError
from sources.serving.address import REST, Address


class ServingError(NonesuchError):
    """A call that a server did not answer as it should."""


class BadAnswer(ServingError):
    """An answer that is not what TensorFlow Serving sends."""


class NotServed(ServingError):
    """NOT_FOUND: a model or version that the server does not have."""


class CallRefused(ServingError):
    """INVALID_ARGUMENT: inputs that the signature does not take."""


class Unreachable(ServingError):
    """UNAVAILABLE: no server there, or one that is starting, stopping or dead."""


class TooSlow(ServingError):
    """DEADLINE_EXCEEDED: no answer in time."""


def shortened(said: str) -> str:
    """Return the first line of what a server says; it may quote whole tensors."""
    line = next((part.strip() for part in said.splitlines() if part.strip()), said)
    return line if len(line) <= 300 else f"{line[:297]}..."


def not_served(address: Address, said: str) -> NotServed:
    """NOT_FOUND, as people read it."""
    return NotServed(
        f"{address} is not served ({shortened(said)})",
        "the name is that of the server's models.config, the version a folder below the model's",
    )


def refused(address: Address, said: str) -> CallRefused:
    """INVALID_ARGUMENT, as people read it."""
    return CallRefused(
        f"{address} refuses the call ({shortened(said)})",
        f"see what it takes: flask models call {address}",
    )


def unreachable(address: Address, said: str) -> Unreachable:
    """UNAVAILABLE, as people read it."""
    port = "REST, usually 8501" if address.scheme == REST else "gRPC, usually 8500"
    return Unreachable(
        f"{address} cannot be reached ({shortened(said)})",
        f"is the server up, and is {address.port} its port for {port}?",
    )


def too_slow(address: Address) -> TooSlow:
    """DEADLINE_EXCEEDED, as people read it."""
    return TooSlow(
        f"{address} gave no answer in {address.deadline_s:g} s",
        f"allow more: {address}?deadline={address.deadline_s * 4:g}",
    )
