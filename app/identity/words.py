"""Texts of an owner that pages show: whether they can be what they are for."""

import difflib
import re
from collections.abc import Sequence

from core.settings import BadSetting
from core.toml.sheet import TomlTable

LONGEST = 300  # characters of a sentence or a line
LONGEST_NAME = 200
_PLACE = re.compile(r"\{([^{}]*)\}")


def complaint_of(text: str, places: Sequence[str] = (), longest: int = LONGEST) -> str:
    """Return what is wrong with a text of one line, after its name; nothing where it is right.

    ``places``: what may stand in it in braces.
    """
    if not text.strip():
        return "is empty"
    if len(text) > longest:
        return f"has {len(text)} characters, more than {longest}"
    if not text.isprintable():
        return "is not one line of printable characters"
    for place in _PLACE.findall(text):
        if place not in places:
            close = difflib.get_close_matches(place, places, n=1)
            known = " and ".join(f"{{{each}}}" for each in places)
            instead = f"did you mean {{{close[0]}}}" if close else f"there is {known or 'none'}"
            return f"has {{{place}}} in it: {instead}"
    if "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
        return "has a brace that is not one of a pair"
    return ""


def take_words(
    table: TomlTable, key: str, example: str, default: str = "", places: Sequence[str] = (),
    longest: int = LONGEST,
) -> str:  # fmt: skip
    """Return a text of one line. Raises the sheet's error."""
    text: str = table.take(key, str, f'"{example}"', default)
    if key in table and (complaint := complaint_of(text, places, longest)):
        raise table.wrong(
            key, f"{table.called(key)} {complaint}", f'for example: {key} = "{example}"'
        )
    return text


def take_all_words(
    table: TomlTable, key: str, example: str, places: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return a list of such texts. Raises the sheet's error."""
    texts = table.take(key, list, f'["{example}"]', [])
    for number, text in enumerate(texts, 1):
        complaint = complaint_of(text, places) if isinstance(text, str) else "is not a text"
        if complaint:
            raise table.wrong(
                key, f"number {number} of {table.called(key)} {complaint}",
                f'for example: {key} = ["{example}"]',
            )  # fmt: skip
    return tuple(texts)


def check_given(variable: str, text: str, example: str, places: Sequence[str] = ()) -> str:
    """Return a text of an environment variable. Raises `BadSetting`."""
    if complaint := complaint_of(text, places):
        raise BadSetting(f"{variable} {complaint}", f"for example: {example}")
    return text
