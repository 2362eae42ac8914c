"""A model's LiteRT file, read whole and checked.

It is read, not mapped: a file that is replaced or cut while it is mapped would end the process.
"""

import hashlib
from pathlib import Path

from sources.spec.toml_sheet import BadModel


def read_litert_file(path: Path, sha256: str = "") -> bytes:
    """Return a file's bytes; ``sha256``, hexadecimal, is what they shall have, if anything.

    Raises `BadModel`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadModel(
            f"{path} cannot be read ({error.strerror})", "check its owner and mode"
        ) from error
    found = sha256_of(content)
    if sha256 and found != sha256:
        raise BadModel(
            f"{path} is damaged: its SHA-256 is not the one that was written down for it",
            "copy, fetch or export the model again; whoever changed it on purpose writes into "
            f'model.toml, under [litert]: sha256 = "{found}"',
        )
    return content


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
