"""What model.toml says against what a signature takes and gives, before anything is called."""

import difflib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sources.runtimes.latents import Draw, inputs_for
from sources.spec.description import BadModel, Model
from sources.spec.inputs import Input
from sources.spec.signatures import Signature, TensorInfo


def check_inputs(model: Model, signature: Signature) -> int | None:
    """Compare model.toml with the signature; return the batch where that is fixed.

    Raises `BadModel` with the line to write.
    """
    toml = model.folder / "model.toml"
    if not signature.inputs:
        raise BadModel(
            f"signature {signature.name} of {model.folder} takes no input: no seed could decide "
            "its pictures, and none could be made again",
            "export it with its latent, or a seed, as an input; or save pictures of it and take "
            "those in: flask adopt FOLDER",
        )
    known: dict[str, list[Input]] = {}
    for given in model.inputs:
        known.setdefault(given.tensor, []).append(given)
    _check_names(toml, known, model.output.name, signature)
    example = inputs_for(model, model.categories[0].label, [_zeros(model)])
    batches = [
        fixed
        for name, info in signature.inputs.items()
        if (fixed := _check_tensor(toml, known[name], example[name], info)) is not None
    ]
    if model.is_single:
        return 1
    return min(batches, default=None)


def _check_names(
    toml: Path, known: Mapping[str, list[Input]], output: str, signature: Signature
) -> None:
    for name in known:
        if name not in signature.inputs:
            names = list(signature.inputs)
            raise BadModel(
                f"{toml}: signature {signature.name} has no input {name!r}, but {listed(names)}",
                f"write: [inputs.{nearest(name, names)}] instead of [inputs.{name}]",
            )
    for name, info in signature.inputs.items():
        if name not in known:
            raise BadModel(
                f"{toml} lacks an input of signature {signature.name}: {info}",
                f"add a table [inputs.{name}] with its kind",
            )
    if output not in signature.outputs:
        names = list(signature.outputs)
        raise BadModel(
            f"{toml}: signature {signature.name} has no output {output!r}, but {listed(names)}",
            f'write: [output] name = "{nearest(output, names)}"',
        )


def _zeros(model: Model) -> Draw:
    latents = {
        given.name: np.zeros(given.dims or given.width, np.float32)
        for given in model.inputs
        if given.kind in ("latent", "noise")
    }
    choices = {given.name: given.among[0] for given in model.inputs if given.kind == "choice"}
    return Draw(0, 1.0, choices, latents)


def _check_tensor(
    toml: Path, parts: list[Input], value: np.ndarray, info: TensorInfo
) -> int | None:
    """Compare one picture's value with what the signature takes; return a fixed batch."""
    given = parts[0]
    table = f"[[inputs.{given.tensor}]]" if given.part_of else f"[inputs.{given.name}]"
    dtype = "string" if value.dtype == object else value.dtype.name
    if dtype != info.dtype:
        raise BadModel(
            f"{toml}: the signature takes {info}, model.toml gives {dtype}",
            f'write: {table} kind = "text"' if info.dtype == "string"
            else f'write: {table} dtype = "{info.dtype}"',
        )  # fmt: skip
    if info.shape is None:
        return None
    per_picture = given.shape != "scalar"
    wanted = info.shape[1:] if per_picture else info.shape
    found = value.shape[1:] if per_picture else value.shape
    fits = len(info.shape) == value.ndim and all(
        length in (None, mine) for length, mine in zip(wanted, found, strict=True)
    )
    if not fits:
        raise BadModel(
            f"{toml}: the signature takes {info}, model.toml gives "
            f"{['N', *found] if per_picture else list(found)}",
            f"write: {table} {_shape_line(parts, info)}",
        )
    return info.shape[0] if per_picture and info.shape else None


def _shape_line(parts: list[Input], info: TensorInfo) -> str:
    assert info.shape is not None
    given = parts[0]
    lengths = [1 if length is None else length for length in info.shape[1:]]
    if given.part_of:
        return f"tables whose widths make {math.prod(lengths)} together"
    is_number = given.kind in ("truncation", "constant", "seed", "text")
    if is_number and not info.shape:
        return 'shape = "scalar"'
    if len(lengths) == 1 and not is_number:
        return f"width = {lengths[0]}"
    return f"shape = {lengths}" if lengths else "without shape"


def listed(names: list[str]) -> str:
    """Return names in words."""
    return ", ".join(names) or "none"


def nearest(name: str, names: list[str]) -> str:
    """Return the name that is spelt most like one that there is not."""
    return (difflib.get_close_matches(name, names, n=1, cutoff=0) or ["…"])[0]
