"""Addresses of models on a TensorFlow Serving.

    tfserving://host:8501/emoji        by REST
    grpc://host:8500/emoji/3           by gRPC, version 3

Behind a question mark: ``toml`` (a model.toml, where none is known here), ``tls`` (1: https),
``deadline`` (seconds that a call may take), ``tries`` (of a server that is not available).
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from core.errors import NonesuchError

REST, GRPC = "tfserving", "grpc"
_PORTS = {REST: 8501, GRPC: 8500}
_OPTIONS = ("toml", "tls", "deadline", "tries")


class BadAddress(NonesuchError):
    """An address that names no model on a server."""


@dataclass(frozen=True)
class Address:
    """A model on a server."""

    scheme: str
    host: str
    port: int
    name: str
    version: int | None  # None: the newest that the server has
    tls: bool = False
    toml: str = ""
    deadline_s: float = 60.0
    tries: int = 5

    def __str__(self) -> str:
        version = f"/{self.version}" if self.version is not None else ""
        return f"{self.scheme}://{self.host}:{self.port}/{self.name}{version}"


def parse_address(text: str) -> Address:
    """Return what an address says. Raises `BadAddress`."""
    example = f"for example: {REST}://localhost:8501/emoji"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadAddress(f"{text!r} is no address: {error}", example) from error
    if parts.scheme not in _PORTS:
        raise BadAddress(
            f"{text!r} does not begin with {REST}:// (REST) or {GRPC}:// (gRPC)", example
        )
    match = re.fullmatch(r"/([^/:]+)(?:/(?:versions/)?(\d{1,18}))?/?", parts.path)
    if not parts.hostname or match is None:
        raise BadAddress(f"{text!r} names no host and model", example)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            raise BadAddress(f"{text!r}: there is no option {name}", ", ".join(_OPTIONS))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        return Address(
            parts.scheme,
            host,
            port or _PORTS[parts.scheme],
            match[1],
            int(match[2]) if match[2] else None,
            tls={"1": True, "0": False}[options.get("tls", "0")],
            toml=options.get("toml", ""),
            deadline_s=_positive(float(options.get("deadline", 60))),
            tries=int(_positive(int(options.get("tries", 5)))),
        )
    except (KeyError, ValueError) as error:
        raise BadAddress(
            f"{text!r}: {error.args[0]} makes no sense", "write ?tls=1&deadline=30&tries=3"
        ) from error


def _positive(number: float) -> float:
    if not 0 < number < 1e6:
        raise ValueError(f"{number:g}")
    return number


def as_text(address: Address) -> str:
    """Return an address with all that it says, for `parse_address`."""
    options = {
        "toml": address.toml,
        "tls": "1" if address.tls else "",
        "deadline": f"{address.deadline_s:g}",
        "tries": str(address.tries),
    }
    return f"{address}?{urlencode({name: text for name, text in options.items() if text})}"
