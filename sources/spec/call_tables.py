"""[inputs.…] and [output] of a model.toml: every kind of input, and how the pictures lie."""

import math

from core.toml.sheet import TomlTable
from sources.spec.inputs import (
    DISTRIBUTIONS,
    DTYPES,
    ENCODINGS,
    KINDS,
    LAYOUTS,
    ROUNDINGS,
    Input,
    Output,
)

_RANDOM = ("latent", "seed")
_MAY_BE_SCALAR = ("truncation", "constant", "seed", "text")


def read_inputs(table: TomlTable) -> tuple[Input, ...]:
    """Return the inputs of [inputs]; of [[inputs.x]] the parts of x. Raises `BadModel`."""
    inputs: list[Input] = []
    for name in table.keys():  # noqa: SIM118
        if isinstance(table.peek(name), list):
            for number, part in enumerate(table.tables(name), 1):
                inputs.append(_input(f"{name}.{number}", part, part_of=name))
        else:
            inputs.append(_input(name, table.needed_table(name)))
    if not any(given.kind in _RANDOM for given in inputs):
        raise table.wrong(
            "", "no input is a latent: all pictures would be one", 'write for one: kind = "latent"'
        )
    return tuple(inputs)


def _input(name: str, table: TomlTable, part_of: str = "") -> Input:
    kind = table.take_one_of("kind", KINDS)
    shape, dims = "per_picture", tuple[int, ...]()
    if kind in _MAY_BE_SCALAR and isinstance(table.peek("shape"), str):
        shape = table.take_one_of("shape", ("per_picture", "scalar"))
    else:
        dims = table.take_numbers("shape", int, "[1, 1, 100]", ())
    given = Input(
        name=name,
        kind=kind,
        width=table.take("width", int, "128", 0),
        distribution=table.take_one_of(
            "distribution", DISTRIBUTIONS, "normal" if kind == "noise" else "truncated_normal"
        ),
        encoding=table.take_one_of("encoding", ENCODINGS, "one_hot"),
        among=table.take_numbers("among", int, "[0, 1, 2]", ()),
        shape=shape,
        dims=dims,
        range=table.take_numbers("range", float, "[-1.0, 1.0]", (-1.0, 1.0), 2),
        scaled=table.take("scaled", bool, "true", False),
        dtype=table.take_one_of("dtype", DTYPES, ""),
        value=table.take("value", float, "1.0") if kind == "constant" else 0.0,
        part_of=part_of,
        texts=table.take_texts("texts", '["a red dragon", "a house"]') if kind == "text" else (),
    )
    table.finish(
        (
            "kind", "shape", "width", "distribution", "encoding", "among", "range", "scaled",
            "dtype", "value", "texts",
        )
    )  # fmt: skip
    _check(given, table)
    return given


def _check(given: Input, table: TomlTable) -> None:
    """Raise `BadModel` where the keys of an input do not fit each other."""
    name, kind = given.name, given.kind
    if kind in ("latent", "noise") and given.size < 1:
        raise table.wrong("width", f"{name} has no size", "write for example: width = 128")
    if kind in ("category", "choice") and given.encoding == "one_hot" and given.width < 1:
        raise table.wrong(
            "width", f"{name} is one-hot of no width", "write its length: width = 1000"
        )
    if kind == "choice" and not given.among:
        raise table.wrong("among", f"{name} chooses among nothing", "write: among = [0, 1, 2]")
    if given.range[0] >= given.range[1]:
        raise table.wrong("range", f"{name} has an empty range", "write: range = [-1.0, 1.0]")
    if kind == "seed" and math.prod(given.dims) != 1:
        raise table.wrong("shape", f"{name} is one seed a picture", "write: shape = [1]")
    if given.dtype == "string" and kind != "text":
        raise table.wrong("dtype", f"{name} is a {kind}, not a text", 'write: kind = "text"')
    if given.part_of and given.shape == "scalar":
        raise table.wrong(
            "shape", f"{given.part_of} is made of parts: none is for a whole call",
            "leave shape out",
        )  # fmt: skip


def read_output(table: TomlTable) -> Output:
    """Return what [output] says. Raises `BadModel`."""
    output = Output(
        name=table.take("name", str, '"picture"'),
        range=table.take_numbers("range", float, "[-1.0, 1.0]", count=2),
        rounding=table.take_one_of("rounding", ROUNDINGS, "nearest"),
        layout=table.take_one_of("layout", LAYOUTS, "NHWC"),
        shape=table.take_numbers("shape", int, "[32, 32, 3]", ()),
    )
    table.finish(("name", "range", "rounding", "layout", "shape"))
    if output.range[0] >= output.range[1]:
        raise table.wrong("range", "output.range is empty", "write: range = [-1.0, 1.0]")
    of_one = output.layout.replace("N", "")
    if output.shape and len(output.shape) != len(of_one):
        raise table.wrong(
            "shape",
            f"output.shape is {list(output.shape)}, not one number each for {', '.join(of_one)}",
            "write for example: shape = [32, 32, 3]",
        )
    return output
