"""model.toml → how to call a model. Everything that is wrong is named with its line."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.slugs import slugify
from core.toml.sheet import TomlTable
from sources.spec.bad_model import BadModel, model_sheet
from sources.spec.call_tables import read_inputs, read_output
from sources.spec.finish import Finish, read_finish
from sources.spec.inputs import (
    NO_TRUNCATION,
    Input,
    ModelCategory,
    OnnxCall,
    Output,
    SavedModelCall,
    Truncation,
)
from sources.spec.model_categories import read_categories

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
    onnx: OnnxCall | None = None


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
    sheet = model_sheet(path, text)
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
        inputs=read_inputs(top.needed_table("inputs")),
        output=read_output(top.needed_table("output")),
        truncation=truncation,
        categories=read_categories(top, name, truncation),
        litert_file=_litert_file(litert, path.parent) if litert else "",
        litert_signatures=_signatures(litert) if litert else {},
        saved_model=_saved_model(saved_model) if saved_model else None,
        litert_sha256=litert_sha256(litert) if litert else "",
        finish=read_finish(top.table("finish"), size_px, channels),
        onnx=_onnx(onnx, path.parent) if (onnx := top.table("onnx")) else None,
    )
    top.finish(
        (
            "name", "version", "title", "licence", "size_px", "channels", "categories", "inputs",
            "output", "truncation", "litert", "onnx", "saved_model", "finish",
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
    labels = 1 + max(category.label for category in contents.categories)
    for given in contents.inputs:
        if given.kind == "text" and labels > len(given.texts):
            raise top.wrong(
                "inputs",
                f"{given.name} has {len(given.texts)} texts for {labels} labels",
                f"write one for each, by label: [inputs.{given.tensor}] texts = …",
            )


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
    """Return the hash that a file shall have, hexadecimal; "" where none is given."""
    found: str = table.take("sha256", str, f'"{"0" * 64}"', "")
    if found and not _SHA256.fullmatch(found):
        raise table.wrong(
            "sha256", f"{table.called('sha256')} is no SHA-256",
            "write 64 of 0-9 and a-f, or leave it out",
        )  # fmt: skip
    return found


def _onnx(table: TomlTable, folder: Path) -> OnnxCall:
    table.take_file("file", folder, '"gan.onnx"')
    call = OnnxCall(table.peek("file"), table.take("batch", int, "8", 8), litert_sha256(table))
    table.finish(("file", "batch", "sha256"))
    if call.batch < 1:
        raise table.wrong("batch", "onnx.batch is below 1", "write: batch = 8")
    return call


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
