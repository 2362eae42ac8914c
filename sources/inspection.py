"""What `flask models inspect` looks at: a SavedModel, a file, or a model on a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.files import expanded
from sources.runtimes.onnx import onnx_signature, open_onnx_file
from sources.spec.description import BadModel, is_saved_model
from sources.spec.litert_file import open_litert_file
from sources.spec.litert_signatures import litert_signatures
from sources.spec.onnx_file import draws_itself
from sources.spec.proposal import best_signature, propose, saved_model_table
from sources.spec.roads import LITERT_ENDING, ONNX_ENDING, road_from
from sources.spec.signatures import Graph, Signature, read_graphs

_BATCHES = (1, 8)  # of a signature that takes any


@dataclass(frozen=True)
class Inspected:
    """The graphs at a place, and how a model.toml says where one of them is."""

    place: str
    graphs: list[Graph]
    weights: Callable[[Graph, Signature], list[str]]
    folder: Path | None  # where a model.toml belongs; None: on another machine


def inspect_place(place: str) -> Inspected:
    """Read what a place says of itself; nothing of a model is run.

    A folder, a file, or tfserving://… or grpc://…, whose server is asked. Raises `BadModel`, and
    what a server's answer raises.
    """
    if "://" in place:
        from sources.serving.connect import served_signatures

        served = Graph(("serve",), served_signatures(place))
        return Inspected(place, [served], lambda _, found: saved_model_table(found), None)
    path = expanded(place)
    if path.is_dir() and not is_saved_model(path):
        path = _only_file_in(path) or path
    if path.suffix.lower() == LITERT_ENDING and path.is_file():
        return _inspect_litert(place, path)
    if path.suffix.lower() == ONNX_ENDING and path.is_file():
        return _inspect_onnx(place, path)
    if path.is_file() and (refused := road_from(path)):
        raise refused
    graphs = read_graphs(path)

    def weights(graph: Graph, found: Signature) -> list[str]:
        return saved_model_table(found, graph.tags if len(graphs) > 1 else None)

    return Inspected(place, graphs, weights, path)


def _only_file_in(folder: Path) -> Path | None:
    """Return the LiteRT or ONNX file of a folder that holds one, and no SavedModel."""
    endings = (LITERT_ENDING, ONNX_ENDING)
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in endings]
    return found[0] if len(found) == 1 else None


def _inspect_litert(place: str, path: Path) -> Inspected:
    signatures = litert_signatures(open_litert_file(path, "", 1))
    if not signatures:
        raise BadModel(
            f"{path} has no signatures: it does not say what its inputs are called",
            "convert it again from a SavedModel or a Keras model, which gives it one",
        )

    def weights(_: Graph, found: Signature) -> list[str]:
        alike = [each for each in signatures.values() if _is_like(each, found)]
        calls = {size: each.name for each in alike for size in _batches_of(each)}
        pairs = ", ".join(f'{size} = "{name}"' for size, name in sorted(calls.items()))
        return ["[litert]", f'file = "{path.name}"', f"signatures = {{ {pairs} }}"]

    return Inspected(place, [Graph((path.name,), signatures)], weights, path.parent)


def _inspect_onnx(place: str, path: Path) -> Inspected:
    signature = onnx_signature(open_onnx_file(path, 1))

    def weights(_: Graph, found: Signature) -> list[str]:
        fixed = _batches_of(found)
        batch = fixed[0] if len(fixed) == 1 else max(_BATCHES)
        lines = ["[onnx]", f'file = "{path.name}"', f"batch = {batch}"]
        if draws_itself(path):
            lines.insert(
                1, "# it draws numbers of its own: no picture can be made again from its seed"
            )
        return lines

    return Inspected(
        place, [Graph((path.name,), {signature.name: signature})], weights, path.parent
    )


def _is_like(one: Signature, other: Signature) -> bool:
    """Say whether two signatures take and give the same, but for the batch."""

    def form(signature: Signature) -> list[tuple[object, ...]]:
        tensors = [*signature.inputs.values(), *signature.outputs.values()]
        return [(info.key, info.dtype, (info.shape or ())[1:]) for info in tensors]

    return form(one) == form(other)


def _batches_of(signature: Signature) -> tuple[int, ...]:
    """Return the batches that a LiteRT signature is for: those of its inputs, or a few."""
    fixed = {info.shape[0] for info in signature.inputs.values() if info.shape} - {None}
    return (min(size for size in fixed if size is not None),) if fixed else _BATCHES


def proposal_for(inspected: Inspected, wanted: str | None, name: str) -> str:
    """Return a model.toml for one signature, the likeliest by default. Raises `BadModel`."""
    graphs = inspected.graphs
    tagged = [graph for graph in graphs if graph.tags == ("serve",)] or graphs
    fitting = [g for g in tagged if wanted is None or wanted in g.signatures]
    if not fitting:
        names = sorted({name for each in graphs for name in each.signatures})
        raise BadModel(
            f"{inspected.place} has no signature {wanted!r}", f"there are: {', '.join(names)}"
        )
    graph = fitting[0]
    signature = graph.signatures[wanted] if wanted else best_signature(graph.signatures)
    if signature is None:
        raise BadModel(
            f"{inspected.place} has no signature",
            "export it with one: see docs/models.md, SavedModels",
        )
    version = _version_of(inspected.folder)
    from sources.biggan.recognition import proposed_biggan

    known = proposed_biggan(graph, signature, name, version)
    return known or propose(signature, name, inspected.weights(graph, signature), version)


def _version_of(folder: Path | None) -> int:
    last = folder.resolve().name if folder else ""
    return int(last) if last.isdigit() else 1
