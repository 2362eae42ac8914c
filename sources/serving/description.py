"""A served model: what model.toml says, with the server's version and a digest of its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from core.files import expanded
from sources.serving.address import GRPC, Address, as_text
from sources.serving.errors import CallRefused
from sources.serving.server import Server, find_signature
from sources.spec.description import SERVING, Model, call_of, finish_of
from sources.spec.model_toml import Contents, parse_contents, read_contents
from sources.spec.signatures import Signature

PNG_OUTPUT = "image_bytes"


def describe(server: Server, known: Model | None) -> Model:
    """Return a served model: what model.toml says, with the server's version and a digest.

    model.toml is that of the address, else that of ``known``, else one proposed from the
    signature. Of the weights nothing is known but that a server keeps them under a name and a
    version; so the digest covers these, the signature, and how it is called.
    """
    address = server.address
    version, signatures = server.signatures()
    if address.toml:
        path = expanded(address.toml)
        path = path / "model.toml" if path.is_dir() else path
        contents = vars(read_contents(path))
        folder = path.parent
    elif known is not None:
        contents = {field.name: getattr(known, field.name) for field in fields(Contents)}
        folder = known.folder
    else:
        contents = _proposed(signatures, address, version)
        folder = Path(str(address))
    model = Model(
        **{**contents, "version": version},
        folder=folder,
        digest="",
        runtime=SERVING,
        address=as_text(replace(address, version=version, toml="")),
    )
    return replace(model, digest=_digest(model, signatures, address))


def _proposed(
    signatures: Mapping[str, Signature], address: Address, version: int
) -> dict[str, Any]:
    from sources.spec.proposal import best_signature, propose

    best = best_signature(dict(signatures))
    if best is None:
        raise CallRefused(f"{address} has no signature", "see docs/serving.md")
    text = propose(best, address.name, version=version)
    return vars(parse_contents(Path(f"the model.toml proposed for {address}"), text))


def signature_names(model: Model, signatures: Mapping[str, Signature]) -> tuple[str, str]:
    """Return the signature that gives a model's pictures, and the one that gives PNG, or ""."""
    call = model.saved_model
    if call is None:  # its model.toml tells only of a LiteRT file
        return "serving_default", ""
    png = signatures.get(call.png_signature)
    has_png = png is not None and PNG_OUTPUT in png.outputs
    return call.signature, call.png_signature if has_png else ""


def _digest(model: Model, signatures: Mapping[str, Signature], address: Address) -> str:
    name, png = signature_names(model, signatures)
    if address.scheme == GRPC:
        png = ""  # numbers are as short there, and rounded here
    used = find_signature(signatures, png or name, address)
    seen = {
        "name": address.name,
        "version": model.version,
        "signature": used.name,
        "inputs": sorted(map(str, used.inputs.values())),
        "outputs": sorted(map(str, used.outputs.values())),
    }
    digest = hashlib.sha256(b"served by TensorFlow Serving\n")
    digest.update(json.dumps(seen, sort_keys=True).encode())
    digest.update(call_of(model.inputs, model.output))
    digest.update(finish_of(model.finish))
    return digest.hexdigest()
