"""An ONNX file by its bytes: which files hold its weights, and whether it draws numbers itself.

Only what is needed of the format, which is protocol buffers:
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator
from pathlib import Path

from sources.spec.bad_model import BadModel

# numbers of fields
_GRAPH, _FUNCTIONS = 7, 25  # of a model
_NODE, _INITIALIZER = 1, 5  # of a graph
_FUNCTION_NODE = 7
_OP_TYPE, _ATTRIBUTE = 4, 5  # of a node
_TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS = 5, 6, 10, 11  # of an attribute
_EXTERNAL = 13  # of a tensor: pairs of a key and a value

_RANDOM = (
    b"RandomNormal", b"RandomNormalLike", b"RandomUniform", b"RandomUniformLike", b"Bernoulli",
    b"Multinomial",
)  # fmt: skip
Field = tuple[int, memoryview]  # its number and its bytes


def weight_files(path: Path) -> list[Path]:
    """Return an ONNX file and the files beside it that hold its weights. Raises `BadModel`."""
    names = {name for tensor in _tensors(path) for name in _locations(tensor)}
    files = [path]
    for name in sorted(names):
        other = path.parent / name
        if not other.resolve().is_relative_to(path.parent.resolve()):
            raise BadModel(f"{path} names weights outside of its folder: {name}", "export it again")
        if not other.is_file():
            raise BadModel(
                f"{path} has its weights in {name}, which is not beside it",
                "copy that file too, or export with external_data=False",
            )
        files.append(other)
    return files


def draws_itself(path: Path) -> bool:
    """Say whether a graph draws random numbers, so that no seed decides its pictures alone."""
    return any(bytes(kind) in _RANDOM for kind in _op_types(path))


def _tensors(path: Path) -> Iterator[memoryview]:
    for graph in _graphs(path):
        for number, part in _fields(graph):
            if number == _INITIALIZER:
                yield part
            elif number == _NODE:
                for inner, tensor in _attributes(part):
                    if inner in (_TENSOR, _TENSORS):
                        yield tensor


def _op_types(path: Path) -> Iterator[memoryview]:
    for graph in _graphs(path):
        for number, node in _fields(graph):
            if number in (_NODE, _FUNCTION_NODE):
                yield from (part for inner, part in _fields(node) if inner == _OP_TYPE)


def _graphs(path: Path) -> Iterator[memoryview]:
    """Yield the graph of a file, those within it, and its functions."""
    try:
        content = memoryview(path.read_bytes())
    except OSError as error:
        raise BadModel(f"{path} cannot be read ({error.strerror})", "see its mode") from error
    try:
        waiting = [part for number, part in _fields(content) if number in (_GRAPH, _FUNCTIONS)]
        if not waiting:
            raise ValueError
        while waiting:
            graph = waiting.pop()
            yield graph
            for number, node in _fields(graph):
                if number in (_NODE, _FUNCTION_NODE):
                    inner = _attributes(node)
                    waiting += [part for kind, part in inner if kind in (_SUBGRAPH, _SUBGRAPHS)]
    except (IndexError, ValueError) as error:
        raise BadModel(f"{path} is no ONNX file", "export or fetch it again") from error


def _attributes(node: memoryview) -> Iterator[Field]:
    for number, attribute in _fields(node):
        if number == _ATTRIBUTE:
            yield from _fields(attribute)


def _locations(tensor: memoryview) -> Iterator[str]:
    for number, pair in _fields(tensor):
        if number == _EXTERNAL:
            key_and_value = dict(_fields(pair))
            if bytes(key_and_value.get(1, b"")) == b"location":
                yield bytes(key_and_value.get(2, b"")).decode()


def _fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message that have a length; numbers are passed over.

    Raises `ValueError` or `IndexError` where it is no message.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == 0:
            _, place = _varint(message, place)
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        elif kind == 2:
            length, place = _varint(message, place)
            if place + length > len(message):
                raise ValueError("a field ends behind its message")
            yield tag >> 3, message[place : place + length]
            place += length
        else:
            raise ValueError(f"there is no wire type {kind}")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return a number and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
