"""The one place that chooses between REST and gRPC, by the scheme of an address.

`sources.serving.rest` needs no TensorFlow, and is what the site uses; `sources.serving.grpc` has
shorter messages.
"""

from sources.runtimes.source import Source
from sources.serving.address import GRPC, REST, Address, parse_address
from sources.serving.description import describe
from sources.serving.server import Server
from sources.serving.source import ServedSource
from sources.spec.description import Model
from sources.spec.signatures import Signature


def connect(address: Address) -> Server:
    """Return the server behind an address; nothing is sent yet."""
    if address.scheme == GRPC:
        from sources.serving.grpc import GrpcServer

        return GrpcServer(address)
    from sources.serving.rest import RestServer

    return RestServer(address)


def served_signatures(text: str) -> dict[str, Signature]:
    """Return the signatures of the model at an address. Raises `BadAddress`, `ServingError`."""
    return connect(parse_address(text)).signatures()[1]


def describe_served(text: str, known: Model | None) -> Model:
    """Return the model at an address. Raises `BadAddress`, `ServingError`, `BadModel`."""
    return describe(connect(parse_address(text)), known)


def open_served(model: Model, *, check_range: bool = False) -> Source:
    """Return the source of a model that `describe_served` gave."""
    address = parse_address(model.address)
    return ServedSource(
        model, connect(address), may_ask_png=address.scheme == REST, check_range=check_range
    )
