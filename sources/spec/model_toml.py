"""model.toml → how to call a model. Everything that is wrong is named with its line."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.slugs import slugify
from sources.spec.finish import Finish, read_finish
from sources.spec.inputs import (
    DISTRIBUTIONS,
    DTYPES,
    ENCODINGS,
    KINDS,
    LAYOUTS,
    NO_TRUNCATION,
    ROUNDINGS,
    Input,
    ModelCategory,
    Output,
    SavedModelCall,
    Truncation,
)
from sources.spec.model_categories import read_categories
from sources.spec.toml_sheet import BadModel, Sheet, TomlTable

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Contents:
    """What a model.toml says."""

    name: str
    version: int
    title: str
    licence: str
    size_px: int
    channels: int
    inputs: tuple[Input, ...]
    output: Output
    truncation: Truncation
    categories: tuple[ModelCategory, ...]
    litert_file: str
    litert_signatures: dict[int, str]
    saved_model: SavedModelCall | None
    litert_sha256: str = ""  # that its file shall have; empty: any
    finish: Finish | None = None


def read_contents(path: Path) -> Contents:
    """Read a model.toml. Raises `BadModel`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadModel(
            f"{path.parent} holds no model.toml",
            f"for a SavedModel propose one: flask models inspect {path.parent}; see docs/models.md",
        ) from error
    except UnicodeDecodeError as error:
        raise BadModel(f"{path} is no TOML: {error}", "see docs/models.md") from error
    return parse_contents(path, text)


def parse_contents(path: Path, text: str) -> Contents:
    """Return what the text of a model.toml says; ``path`` is for the messages."""
    sheet = Sheet(path, text)
    top = sheet.top()
    if top.peek("kind") == "translation":
        raise BadModel(
            f"{path.parent} redraws pictures and makes none", "open the site's /translate"
        )
    name = top.take("name", str, f'"{slugify(path.parent.name)}"')
    truncation = _truncation(top.table("truncation"))
    litert = top.table("litert")
    saved_model = top.table("saved_model")
    size_px, channels = top.take("size_px", int, "64"), top.take("channels", int, "3", 3)
    contents = Contents(
        name=name,
        version=top.take("version", int, "1"),
        title=top.take("title", str, '"Monsters, 64 px"', name),
        licence=top.take("licence", str, '"CC0-1.0"', "unknown"),
        size_px=size_px,
        channels=channels,
        inputs=_inputs(top.needed_table("inputs")),
        output=_output(top.needed_table("output")),
        truncation=truncation,
        categories=read_categories(top, name, truncation),
        litert_file=_litert_file(litert, path.parent) if litert else "",
        litert_signatures=_signatures(litert) if litert else {},
        saved_model=_saved_model(saved_model) if saved_model else None,
        litert_sha256=litert_sha256(litert) if litert else "",
        finish=read_finish(top.table("finish"), size_px, channels),
    )
    top.finish(
        (
            "name", "version", "title", "licence", "size_px", "channels", "categories", "inputs",
            "output", "truncation", "litert", "saved_model", "finish",
        )
    )  # fmt: skip
    _check_labels(contents, top)
    if contents.channels not in (1, 3, 4):
        raise top.wrong("channels", f"channels is {contents.channels}", "write 1, 3 or 4")
    return contents


def _litert_file(table: TomlTable, folder: Path) -> str:
    """Return the name of a LiteRT file, as it is written, within the model's folder."""
    table.take_file("file", folder, '"model.tflite"')
    return str(table.peek("file"))


def _check_labels(contents: Contents, top: TomlTable) -> None:
    widths = [i.width for i in contents.inputs if i.kind == "category" and i.encoding == "one_hot"]
    for number, category in enumerate(contents.categories):
        if category.label < 0 or any(category.label >= width for width in widths):
            table = top.tables("categories")[number]
            raise table.wrong(
                "label",
                f"label {category.label} of {category.slug} is not below the width of the category",
                f"write 0 to {min(widths, default=1) - 1}",
            )


def _inputs(table: TomlTable) -> tuple[Input, ...]:
    inputs = tuple(_input(name, table.needed_table(name)) for name in table.keys())  # noqa: SIM118
    if not any(given.kind == "latent" for given in inputs):
        raise table.wrong(
            "", "no input is a latent: all pictures would be one", 'write for one: kind = "latent"'
        )
    return inputs


def _input(name: str, table: TomlTable) -> Input:
    kind = table.take_one_of("kind", KINDS)
    shape, dims = "per_picture", tuple[int, ...]()
    if kind in ("truncation", "constant") and isinstance(table.peek("shape"), str):
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
    )
    table.finish(
        (
            "kind", "shape", "width", "distribution", "encoding", "among", "range", "scaled",
            "dtype", "value",
        )
    )  # fmt: skip
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
    return given


def _output(table: TomlTable) -> Output:
    output = Output(
        name=table.take("name", str, '"picture"'),
        range=table.take_numbers("range", float, "[-1.0, 1.0]", count=2),
        rounding=table.take_one_of("rounding", ROUNDINGS, "nearest"),
        layout=table.take_one_of("layout", LAYOUTS, "NHWC"),
    )
    table.finish(("name", "range", "rounding", "layout"))
    if output.range[0] >= output.range[1]:
        raise table.wrong("range", "output.range is empty", "write: range = [-1.0, 1.0]")
    return output


def _truncation(table: TomlTable | None) -> Truncation:
    if table is None:
        return NO_TRUNCATION
    lowest, highest = table.take("lowest", float, "0.02"), table.take("highest", float, "1.0")
    default = table.take_numbers("default", float, "[0.5, 0.8]", count=2)
    table.finish(("lowest", "highest", "default"))
    if not lowest <= default[0] <= default[1] <= highest:
        raise table.wrong(
            "default",
            f"truncation.default is {list(default)}, not within {lowest} to {highest}",
            f"write for example: default = [{lowest}, {highest}]",
        )
    return Truncation(lowest, highest, default)


def litert_sha256(table: TomlTable) -> str:
    """Return the hash that a LiteRT file shall have, hexadecimal; "" where none is given."""
    found: str = table.take("sha256", str, f'"{"0" * 64}"', "")
    if found and not _SHA256.fullmatch(found):
        raise table.wrong(
            "sha256", "litert.sha256 is no SHA-256", "write 64 of 0-9 and a-f, or leave it out"
        )
    return found


def _signatures(table: TomlTable) -> dict[int, str]:
    example = '{ 1 = "serve_1", 8 = "serve_8" }'
    found = table.take("signatures", dict, example)
    table.finish(("file", "sha256", "signatures"))
    if not found or not all(batch.isdigit() and int(batch) for batch in found):
        raise table.wrong(
            "signatures", "litert.signatures is not batch size = signature", f"write: {example}"
        )
    return {int(batch): signature for batch, signature in found.items()}


def _saved_model(table: TomlTable) -> SavedModelCall:
    tags = table.take("tags", list, '["serve"]', None)
    call = SavedModelCall(
        signature=table.take("signature", str, '"serving_default"', "serving_default"),
        tags=None if tags is None else tuple(map(str, tags)),
        batch=table.take("batch", int, "8", 8),
        png_signature=table.take("png_signature", str, '"png"', ""),
    )
    table.finish(("signature", "tags", "batch", "png_signature"))
    if call.batch < 1:
        raise table.wrong("batch", "saved_model.batch is below 1", "write: batch = 8")
    return call
