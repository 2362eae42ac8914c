"""Translators: models that redraw a picture instead of making one, and their model.toml."""

from dataclasses import dataclass
from pathlib import Path

from core.toml.sheet import TomlTable
from sources.spec.bad_model import BadModel, model_sheet
from sources.spec.inputs import ROUNDINGS
from sources.spec.model_toml import litert_sha256

KIND = "translation"  # see core.model_kinds


@dataclass(frozen=True)
class Direction:
    """One way of redrawing: its signature, and what people call both ends."""

    signature: str
    source: str
    target: str


@dataclass(frozen=True)
class SamplePicture:
    """A small picture to try a direction with."""

    path: Path
    signature: str
    name: str
    credit: str


@dataclass(frozen=True)
class Translator:
    """What the model.toml of a translator says, and where it lies."""

    name: str
    version: int
    title: str
    licence: str
    size_px: int
    trained_on: str  # "1,213 pictures of flat emoji and 1,227 of 3D emoji"
    litert_file: Path
    litert_sha256: str  # that the file shall have; empty: any
    input: str
    input_range: tuple[float, float]
    output: str
    output_range: tuple[float, float]
    rounding: str
    directions: tuple[Direction, ...]
    samples: tuple[SamplePicture, ...]

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"


def translator_line(label: str, folder: Path) -> str:
    """Return a line of `flask models list`."""
    try:
        found = read_translator(folder)
    except BadModel as error:
        return f"{label:<20} cannot be used: {error}"
    ways = ", ".join(f"{way.source} to {way.target}" for way in found.directions)
    return f"{label:<20} LiteRT, translates {ways}, {found.size_px} px"


def read_translator(folder: Path) -> Translator:
    """Read ``folder``/model.toml of a translator. Raises `BadModel`, which names the line."""
    path = folder / "model.toml"
    try:
        sheet = model_sheet(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadModel(f"{folder} holds no model.toml that can be read") from error
    top = sheet.top()
    top.take_one_of("kind", (KIND,))
    litert = top.needed_table("litert")
    file = litert.take_file("file", folder, '"model.tflite"')
    sha256 = litert_sha256(litert)
    litert.finish(("file", "sha256"))
    if not file.is_file():
        raise litert.wrong(
            "file", f"litert.file is {file.name!r}, but there is no such file", "export it again"
        )
    given, made = top.needed_table("input"), top.needed_table("output")
    directions = tuple(_direction(table) for table in top.tables("directions"))
    if not directions:
        raise top.wrong("directions", "it lacks directions", "add a table: [[directions]]")
    known = tuple(direction.signature for direction in directions)
    name = top.take("name", str, '"flat_3d"')
    found = Translator(
        name=name,
        version=top.take("version", int, "1"),
        title=top.take("title", str, '"Flat emoji to 3D emoji, 128 px"', name),
        licence=top.take("licence", str, '"CC0-1.0"', "unknown"),
        size_px=top.take("size_px", int, "128"),
        trained_on=top.take("trained_on", str, '"900 pictures of cats and 800 of dogs"'),
        litert_file=file,
        litert_sha256=sha256,
        input=given.take("name", str, '"picture"'),
        input_range=_range(given),
        output=made.take("name", str, '"translation"'),
        output_range=_range(made),
        rounding=made.take_one_of("rounding", ROUNDINGS, "nearest"),
        directions=directions,
        samples=tuple(_sample(table, folder, known) for table in top.tables("samples")),
    )
    given.finish(("name", "range"))
    made.finish(("name", "range", "rounding"))
    top.finish(
        (
            "kind", "name", "version", "title", "licence", "size_px", "trained_on", "litert",
            "saved_model", "input", "output", "directions", "samples",
        )
    )  # fmt: skip
    if not 1 <= found.size_px <= 1024:
        raise top.wrong("size_px", f"size_px is {found.size_px}", "write 1 to 1024")
    return found


def _range(table: TomlTable) -> tuple[float, float]:
    lowest, highest = table.take_numbers("range", float, "[-1.0, 1.0]", (-1.0, 1.0), 2)
    if lowest >= highest:
        raise table.wrong("range", "range is empty", "write: range = [-1.0, 1.0]")
    return float(lowest), float(highest)


def _direction(table: TomlTable) -> Direction:
    found = Direction(
        signature=table.take("signature", str, '"a_to_b"'),
        source=table.take("from", str, '"flat emoji"'),
        target=table.take("to", str, '"3D emoji"'),
    )
    table.finish(("signature", "from", "to"))
    return found


def _sample(table: TomlTable, folder: Path, known: tuple[str, ...]) -> SamplePicture:
    path = table.take_file("file", folder, '"samples/a1.webp"')
    if not path.is_file():
        raise table.wrong(
            "file", f"there is no sample {path.name!r} in {folder}", "remove its table"
        )
    found = SamplePicture(
        path=path,
        signature=table.take_one_of("direction", known),
        name=table.take("name", str, '"cat"', path.stem),
        credit=table.take("credit", str, '"A. Painter, CC0-1.0"', ""),
    )
    table.finish(("file", "direction", "name", "credit"))
    return found
