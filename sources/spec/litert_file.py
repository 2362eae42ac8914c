"""A model's LiteRT file, read whole and checked.

It is read, not mapped: a file that is replaced or cut while it is mapped would end the process.
"""

import hashlib
from pathlib import Path
from typing import Any

from sources.spec.bad_model import BadModel


def read_litert_file(path: Path, sha256: str = "", table: str = "litert") -> bytes:
    """Return a file's bytes; ``sha256``, hexadecimal, is what they shall have, if anything.

    ``table``: of model.toml that names the file, for the message.

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
            f'model.toml, under [{table}]: sha256 = "{found}"',
        )
    return content


def open_litert_file(path: Path, sha256: str, threads: int) -> Any:
    """Return an interpreter of a file. Raises `BadModel`, as `read_litert_file` does."""
    from ai_edge_litert.interpreter import Interpreter

    content = read_litert_file(path, sha256)
    try:
        return Interpreter(model_content=content, num_threads=threads)
    except (ValueError, RuntimeError) as error:
        raise BadModel(
            f"{path} is no LiteRT file ({error})", "export or fetch the model again"
        ) from error


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
