"""Colours, typefaces and the icon of site.toml."""

import re
from pathlib import Path

from app.identity.contrast import AA, contrast, palette_of, read_colour, readable
from app.identity.identity import Colours, Palette, Typeface, Typefaces
from core.toml.sheet import TomlTable

_NEEDED = ("wall", "ink", "accent")
_FAMILIES = re.compile(r"[\w \-,'\"]+")
_WOFF2 = b"wOF2"
MOST_BYTES = 4 * 2**20
# ending → how such a file begins; an SVG may begin with anything
ICONS = {".svg": b"", ".png": b"\x89PNG", ".ico": b"\0\0\1\0"}


def read_colours(table: TomlTable | None) -> Colours:
    """Return the colours of ``[colours]``. Raises the sheet's error, also for lack of contrast."""
    if table is None:
        return Colours()
    table.finish((*_NEEDED, "muted", "hue", "dark"))
    dark = table.table("dark")
    if dark is not None:
        dark.finish((*_NEEDED, "muted"))
    hue: int | None = table.take("hue", int, "265", None)
    if hue is not None and not 0 <= hue <= 360:
        raise table.wrong("hue", f"colours.hue is {hue}, not 0 to 360", "for example: hue = 265")
    palette = _palette(table) if any(name in table for name in (*_NEEDED, "muted")) else None
    if hue is not None and palette is not None:
        raise table.wrong("hue", "colours.hue and colours of your own exclude each other",
                          "leave out hue, or wall, ink and accent")  # fmt: skip
    if dark is not None and palette is None:
        raise table.wrong("dark", "there are dark colours and no light ones",
                          "add, in [colours]: wall, ink and accent")  # fmt: skip
    return Colours(hue, palette, _palette(dark) if dark is not None else None)


def _palette(table: TomlTable) -> Palette:
    wall = _colour(table, "wall", "#f4f1ea")
    ink, accent = _colour(table, "ink", "#1d1b18"), _colour(table, "accent", "#8f3d1f")
    muted = _colour(table, "muted", "#5b554c") if "muted" in table else ""
    palette = palette_of(wall, ink, accent, muted)
    for key, colour in {"ink": ink, "accent": accent, "muted": muted}.items():
        # the lighter part of the wall is behind the same words
        ground = min((wall, palette.wall_high), key=lambda part: contrast(colour or ink, part))
        if colour and contrast(colour, ground) < AA:
            better = readable(colour, wall, palette.wall_high)
            raise table.wrong(
                key,
                f"{table.called(key)} {colour} on {ground}, the wall, has a contrast of "
                f"{contrast(colour, ground):.1f}, below {AA} (WCAG AA)",
                f'for example: {key} = "{better}"' if contrast(better, ground) >= AA
                else f"choose a lighter or darker {table.called('wall')}",
            )  # fmt: skip
    return palette


def _colour(table: TomlTable, key: str, example: str) -> str:
    text: str = table.take(key, str, f'"{example}"')
    colour = read_colour(text)
    if colour is None:
        raise table.wrong(key, f"{table.called(key)} is {text!r}, not a colour",
                          f'write # and six digits: {key} = "{example}"')  # fmt: skip
    return colour


def read_typefaces(table: TomlTable | None, folder: Path) -> Typefaces:
    """Return the typefaces of ``[typefaces]``; files lie in ``folder``."""
    if table is None:
        return Typefaces()
    table.finish(("title", "title_italic", "text"))
    if "title_italic" in table and not str(table.peek("title")).endswith(".woff2"):
        raise table.wrong("title_italic", "title_italic goes with a title that is a file too",
                          'for example: title = "title.woff2"')  # fmt: skip
    return Typefaces(*(_typeface(table, key, folder) for key in ("title", "title_italic", "text")))


def _typeface(table: TomlTable, key: str, folder: Path) -> Typeface | None:
    if key not in table:
        return None
    text: str = table.take(key, str, '"title.woff2"')
    if text.endswith(".woff2") or key == "title_italic":
        return Typeface(file=read_file(table, key, folder, {".woff2": _WOFF2}))
    if not _FAMILIES.fullmatch(text) or text.count("'") % 2 or text.count('"') % 2:
        raise table.wrong(
            key, f"{table.called(key)} is {text!r}, neither a .woff2 file nor names of typefaces",
            f'for example: {key} = "title.woff2" or {key} = "Georgia, serif"',
        )  # fmt: skip
    return Typeface(families=text)


def read_icon(top: TomlTable, folder: Path) -> Path | None:
    """Return the file of ``icon``, None where there is none."""
    return read_file(top, "icon", folder, ICONS) if "icon" in top else None


def read_file(table: TomlTable, key: str, folder: Path, kinds: dict[str, bytes]) -> Path:
    """Return the path of a file that a key names, in the folder of site.toml; it is there.

    ``kinds``: by ending, how such a file begins.
    """
    name: str = table.take(key, str, '"icon.svg"')
    path, endings = folder / name, ", ".join(kinds)
    if path.suffix.lower() not in kinds:
        raise table.wrong(key, f"{table.called(key)} is {name!r}, not the name of a file",
                          f"name one that ends in {endings}")  # fmt: skip
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise table.wrong(key, f"{table.called(key)}: {path} cannot be read ({reason})",
                          "put it beside site.toml") from error  # fmt: skip
    if len(data) > MOST_BYTES or not data.startswith(kinds[path.suffix.lower()]):
        raise table.wrong(key, f"{table.called(key)}: {path} is no file of that kind below 4 MiB",
                          f"name one that ends in {endings}")  # fmt: skip
    return path
