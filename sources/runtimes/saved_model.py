"""Generators on TensorFlow: any SavedModel with a signature, TF1 Hub modules among them."""

import difflib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.packages import import_tensorflow
from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import BrokenModel, check_size, to_uint8
from sources.runtimes.source import padded_size
from sources.spec.description import BadModel, Model, saved_model_files
from sources.spec.inputs import Input
from sources.spec.signatures import Graph, Signature, TensorInfo, read_graphs


class SavedModelSource:
    """Runs one signature; calls of few sizes, the rest of one filled with its last draw."""

    def __init__(self, model: Model, threads: int) -> None:
        assert model.saved_model is not None
        self.model = model
        self._toml = str(model.folder / "model.toml")
        tags, signature = chosen_signature(model)
        fixed = check_inputs(model, signature)
        self._fixed = fixed is not None
        self.batch = fixed or model.saved_model.batch
        # TF1 modules are not callable, and only the signature lives as long as what it came from
        self._loaded = load(model.folder, tags, threads)
        self._call = self._loaded.signatures[model.saved_model.signature]

    def generate(self, label: int, draws: Sequence[Draw]) -> np.ndarray:
        """Return uint8 [N, H, W, 3 or 4] for N ≤ `batch` draws of one category."""
        tf = import_tensorflow()
        count = len(draws)
        size = self.batch if self._fixed else padded_size(count, self.batch)
        padded = [*draws, *[draws[-1]] * (size - count)]
        given = inputs_for(self.model, label, padded)
        try:
            outputs = self._call(**{name: tf.constant(values) for name, values in given.items()})
        except (tf.errors.OpError, ValueError, TypeError) as error:
            raise BrokenModel(
                f"the model failed: {_first_line(error)}",
                f"see its inputs: flask models inspect {self.model.folder}",
            ) from error
        pictures = to_uint8(outputs[self.model.output.name].numpy()[:count], self.model.output)
        check_size(pictures, self.model.size_px, self._toml)
        return pictures


def load(folder: Path, tags: Sequence[str], threads: int) -> Any:
    """Load a SavedModel of either format. Raises `BadModel` where it is not whole."""
    tf = import_tensorflow()
    # where TensorFlow has begun to compute in this process its threads stay as they are
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    try:
        return tf.saved_model.load(str(folder), tags=list(tags))
    except (tf.errors.OpError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise BadModel(
            f"{folder} is not whole: {_first_line(error)}",
            f"it has {sum(path.stat().st_size for path in saved_model_files(folder)):,} bytes; "
            "fetch or export it again",
        ) from error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))


def chosen_signature(model: Model) -> tuple[tuple[str, ...], Signature]:
    """Return the tags and the signature that model.toml means. Raises `BadModel`."""
    call = model.saved_model
    assert call is not None
    graphs = read_graphs(model.folder)
    toml = model.folder / "model.toml"
    graph = _chosen_graph(graphs, call.tags, str(toml))
    signature = graph.signatures.get(call.signature)
    if signature is None:
        names = list(graph.signatures)
        raise BadModel(
            f"{toml}: the SavedModel has no signature {call.signature!r}, but {_listed(names)}",
            f'write: [saved_model] signature = "{_nearest(call.signature, names)}"',
        )
    return graph.tags, signature


def _chosen_graph(graphs: list[Graph], tags: tuple[str, ...] | None, toml: str) -> Graph:
    if tags is None and len(graphs) == 1:
        return graphs[0]
    if tags is None:  # that for serving, else the one without tags, as TF1 Hub has it
        for usual in (("serve",), ()):
            for graph in graphs:
                if graph.tags == usual:
                    return graph
    for graph in graphs:
        if tags is not None and graph.tags == tuple(sorted(tags)):
            return graph
    sets = ", ".join(str(list(graph.tags)) for graph in graphs)
    raise BadModel(
        f"{toml}: the SavedModel has no graph with tags {list(tags or ())}, but {sets}",
        f"write: [saved_model] tags = {list(graphs[0].tags)}".replace("'", '"'),
    )


def check_inputs(model: Model, signature: Signature) -> int | None:
    """Compare model.toml with the signature; return the batch where that is fixed.

    Raises `BadModel` with the line to write.
    """
    toml = model.folder / "model.toml"
    known = {given.name: given for given in model.inputs}
    for name in known:
        if name not in signature.inputs:
            names = list(signature.inputs)
            raise BadModel(
                f"{toml}: signature {signature.name} has no input {name!r}, but {_listed(names)}",
                f"write: [inputs.{_nearest(name, names)}] instead of [inputs.{name}]",
            )
    for name, info in signature.inputs.items():
        if name not in known:
            raise BadModel(
                f"{toml} lacks an input of signature {signature.name}: {info}",
                f"add a table [inputs.{name}] with its kind",
            )
    if model.output.name not in signature.outputs:
        names = list(signature.outputs)
        raise BadModel(
            f"{toml}: signature {signature.name} has no output {model.output.name!r}, "
            f"but {_listed(names)}",
            f'write: [output] name = "{_nearest(model.output.name, names)}"',
        )
    batches = set[int]()
    example = inputs_for(model, model.categories[0].label, [_zeros(model)])
    for name, info in signature.inputs.items():
        fixed = _check_tensor(toml, known[name], example[name], info)
        batches |= {fixed} if fixed is not None else set()
    return batches.pop() if batches else None


def _zeros(model: Model) -> Draw:
    latents = {
        given.name: np.zeros(given.dims or given.width, np.float32)
        for given in model.inputs
        if given.kind in ("latent", "noise")
    }
    choices = {given.name: given.among[0] for given in model.inputs if given.kind == "choice"}
    return Draw(0, 1.0, choices, latents)


def _check_tensor(toml: Path, given: Input, value: np.ndarray, info: TensorInfo) -> int | None:
    """Compare one picture's value with what the signature takes; return a fixed batch."""
    table = f"[inputs.{given.name}]"
    if value.dtype.name != info.dtype:
        raise BadModel(
            f"{toml}: the signature takes {info}, model.toml gives {value.dtype.name}",
            f'write: {table} dtype = "{info.dtype}"',
        )
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
            f"write: {table} {_shape_line(given, info)}",
        )
    return info.shape[0] if per_picture and info.shape else None


def _shape_line(given: Input, info: TensorInfo) -> str:
    assert info.shape is not None
    if given.kind in ("truncation", "constant") and not info.shape:
        return 'shape = "scalar"'
    lengths = [length or 1 for length in info.shape[1:]]
    if len(lengths) == 1 and given.kind not in ("truncation", "constant"):
        return f"width = {lengths[0]}"
    return f"shape = {lengths}" if lengths else "without shape"


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _nearest(name: str, names: list[str]) -> str:
    return (difflib.get_close_matches(name, names, n=1, cutoff=0) or ["…"])[0]
