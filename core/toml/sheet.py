"""A TOML file read with care: every complaint names the line to change, or to add."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import NonesuchError

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_LONG_TEXT = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
_MISSING = object()
_NAMES = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class Sheet:
    """The text of a file and the tables in it."""

    def __init__(self, path: Path, text: str, error: type[NonesuchError], document: str) -> None:
        """``error``: what complaints are; ``document``: which says how such a file is written."""
        self.path, self.error = path, error
        self._written = text.split("\n")
        self._lines = _without_long_texts(text).split("\n")
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as broken:
            raise error(f"{path} is no TOML: {broken}", f"see {document}") from broken

    def top(self) -> "TomlTable":
        """Return the keys that stand before the first table."""
        return TomlTable(self, "", self.values)

    def begins_below(self, line: int) -> bool:
        """Say whether a line, from 1, ends in the quotes of a text that begins on the next."""
        return self._written[line - 1].rstrip().endswith(('"""', "'''"))

    def line_of(self, table: str, key: str, number: int = 0) -> int:
        """Return the line, from 1, of a key, else of its table's header, else 0.

        The line of a table under the key is that of its own header. ``number``: which of several
        tables of that name, from 0.
        """
        inside, seen, header, own = table == "", -1, 0, 0
        under = f"{table}.{key}" if table else key
        spelt = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        for line_number, line in enumerate(self._lines, 1):
            if match := _HEADER.match(line):
                name = match[2].replace('"', "").replace("'", "")
                own = own or line_number * (f"{name}.".startswith(f"{under}."))
                seen += name == table
                inside = name == table and seen == number
                header = line_number if inside else header
            elif inside and spelt.match(line):
                return line_number
        if not (own or header) and table:  # written in its parent: offers.game = false
            parent, _, name = table.rpartition(".")
            return self.line_of(parent, name)
        return own or header


class TomlTable:
    """One table; `take` gives its values, `finish` complains about keys that mean nothing."""

    def __init__(self, sheet: Sheet, name: str, values: dict[str, Any], number: int = 0) -> None:
        self._sheet, self._name, self._number = sheet, name, number
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def wrong(self, key: str, complaint: str, hint: str, below: int | None = None) -> NonesuchError:
        """Return the error that says what is wrong about a key and what to write.

        ``below``: how many lines below the first of a long text, if it is one.
        """
        line = self._sheet.line_of(self._name, key, self._number)
        if line and below is not None and self._sheet.begins_below(line):
            line += 1 + below
        where = f"{self._sheet.path}, line {line}:" if line else f"{self._sheet.path}:"
        return self._sheet.error(f"{where} {complaint}", hint)

    def peek(self, key: str) -> Any:
        """Return a value whatever it is, None where there is none."""
        return self._values.get(key)

    def called(self, key: str) -> str:
        """Return a key with its table's name."""
        return f"{self._name}.{key}" if self._name else key

    def take(self, key: str, kind: type, example: str, default: Any = _MISSING) -> Any:
        """Return a value of one kind: str, int, bool, float or dict."""
        value = self._values.get(key, default)
        if value is _MISSING:
            where = f"in [{self._name}], " if self._name else ""
            raise self.wrong(
                key, f"it lacks {self.called(key)}", f"add, {where}for example: {key} = {example}"
            )
        if value is default:
            return value
        if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            wanted = _NAMES.get(kind, "a number")
            raise self.wrong(
                key, f"{self.called(key)} is {value!r}, not {wanted}", f"write: {key} = {example}"
            )
        return value

    def take_file(self, key: str, folder: Path, example: str) -> Path:
        """Return the path of a file in the model's folder, which need not be there.

        A name that leads out of the folder, by itself or by a link, is complained about.
        """
        name: str = self.take(key, str, example)
        path = folder / name
        if not name.isprintable() or not path.resolve().is_relative_to(folder.resolve()):
            raise self.wrong(
                key, f"{self.called(key)} is {name!r}, not a file in the model's folder",
                f"put it there and write its name: {key} = {example}",
            )  # fmt: skip
        return path

    def take_one_of(self, key: str, known: Iterable[str], default: Any = _MISSING) -> str:
        """Return one of several words."""
        known = list(known)
        value: str = self.take(key, str, f'"{known[0]}"', default)
        if value not in known and value is not default:
            close = difflib.get_close_matches(value, known, n=1) or known[:1]
            raise self.wrong(
                key,
                f"{self.called(key)} is {value!r}, not one of {', '.join(known)}",
                f'write for example: {key} = "{close[0]}"',
            )
        return value

    def take_numbers(
        self, key: str, kind: type, example: str, default: Any = _MISSING, count: int | None = None
    ) -> Any:
        """Return a list of int or float as a tuple; ``count``: how many there must be."""
        if key not in self._values and default is not _MISSING:
            return default
        values = self.take(key, list, example)
        whole = all(
            isinstance(v, (int,) if kind is int else (int, float)) and not isinstance(v, bool)
            for v in values
        )
        if not whole or (count is not None and len(values) != count):
            wanted = f"{count} numbers" if count else "a list of whole numbers"
            raise self.wrong(
                key, f"{self.called(key)} is {values!r}, not {wanted}", f"write: {key} = {example}"
            )
        return tuple(values)

    def take_texts(self, key: str, example: str) -> tuple[str, ...]:
        """Return a list of at least one text as a tuple."""
        values = self.take(key, list, example)
        if not values or not all(isinstance(value, str) for value in values):
            raise self.wrong(
                key, f"{self.called(key)} is {values!r}, not a list of texts",
                f"write: {key} = {example}",
            )  # fmt: skip
        return tuple(values)

    def finish(self, known: Iterable[str]) -> None:
        """Complain about a key that means nothing."""
        known = list(known)
        for key in self._values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
                raise self.wrong(key, f"{self.called(key)} means nothing", hint)

    def table(self, key: str) -> "TomlTable | None":
        """Return the table under a key, None where there is none."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            name = self.called(key)
            raise self.wrong(key, f"{name} is {value!r}, not a table", f"write a table: [{name}]")
        return TomlTable(self._sheet, self.called(key), value)

    def needed_table(self, key: str) -> "TomlTable":
        """Return the table under a key."""
        found = self.table(key)
        if found is None:
            raise self.wrong(key, f"it lacks {self.called(key)}", f"add a table: [{key}]")
        return found

    def tables(self, key: str) -> list["TomlTable"]:
        """Return the tables of ``[[key]]``."""
        values = self.take(key, list, "", [])
        return [
            TomlTable(self._sheet, self.called(key), value, i) for i, value in enumerate(values)
        ]

    def keys(self) -> list[str]:
        """Return the keys in their order."""
        return list(self._values)


def _without_long_texts(text: str) -> str:
    """Return a file's text with its long texts emptied, on as many lines: no key is in them."""
    return _LONG_TEXT.sub(lambda found: '""' + "\n" * found[0].count("\n"), text)
