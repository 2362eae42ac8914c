"""A complaint names the line, wherever the key is written."""

from pathlib import Path

import pytest

from core.errors import NonesuchError
from core.toml.sheet import Sheet

TEXT = """\
about = '''
[words]
name = "not a key"
'''
name = "x"
offers.game = 1

[words]
plural = "ys"

[colours.dark]
"wall" = "#000"
"""


def sheet(text: str) -> Sheet:
    return Sheet(Path("x.toml"), text, NonesuchError, "docs/x.md")


@pytest.mark.parametrize(
    ("table", "key", "line"),
    [
        ("", "name", 5),
        ("", "absent", 0),
        ("offers", "game", 6),
        ("words", "plural", 9),
        ("words", "absent", 8),
        ("", "words", 8),
        ("colours.dark", "wall", 12),
        ("colours", "dark", 11),
        ("", "colours", 11),
    ],
)
def test_lines_of_keys(table: str, key: str, line: int) -> None:
    assert sheet(TEXT).line_of(table, key) == line


def test_what_is_no_table_is_complained_about() -> None:
    with pytest.raises(NonesuchError, match=r"x.toml, line 1: head is 1, not a table; .*\[head\]"):
        sheet("head = 1").top().table("head")
