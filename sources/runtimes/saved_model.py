"""Generators on TensorFlow: any SavedModel with a signature, TF1 Hub modules among them."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.packages import import_tensorflow
from sources.runtimes.checking import check_inputs, listed, nearest
from sources.runtimes.latents import Draw, inputs_for
from sources.runtimes.pixels import BrokenModel, Converter
from sources.runtimes.source import padded_size
from sources.spec.description import BadModel, Model, saved_model_files
from sources.spec.signatures import Graph, Signature, read_graphs


class SavedModelSource:
    """Runs one signature; calls of few sizes, the rest of one filled with its last draw."""

    def __init__(self, model: Model, threads: int, *, check_range: bool = False) -> None:
        assert model.saved_model is not None
        self.model = model
        self._converter = Converter(model, check_range=check_range)
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
        return self._converter.pictures(outputs[self.model.output.name].numpy(), count)


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
            f"{toml}: the SavedModel has no signature {call.signature!r}, but {listed(names)}",
            f'write: [saved_model] signature = "{nearest(call.signature, names)}"',
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
