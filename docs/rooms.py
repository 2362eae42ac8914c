"""Draws docs/rooms.svg: the way of a picture, the way of a request, and the rooms of the code.

python -m docs.rooms

A test compares the rooms that it names with the folders.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

TARGET = Path(__file__).with_suffix(".svg")
WIDTH, HEIGHT, MARGIN = 960, 628, 24
COLUMN, GAP = 160, 28  # five steps of a way
LINE = 17

STYLE = """
.page { fill: #fbfaf7 } .box { fill: #fff; stroke: #8a8378; stroke-width: 1.2 }
.arrow { fill: none; stroke: #8f3d1f; stroke-width: 1.8 } .head { fill: #8f3d1f }
text { font: 13px system-ui, sans-serif; fill: #5b554c }
.title { font-weight: 600; font-size: 15px; fill: #1d1b18 }
.path { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1d1b18 }
.heading { font-weight: 600; font-size: 16px; fill: #8f3d1f }
@media (prefers-color-scheme: dark) {
.page { fill: #191816 } .box { fill: #24221f; stroke: #7d766b }
.arrow { stroke: #f0a27f } .head { fill: #f0a27f } text { fill: #b9b2a6 }
.title, .path { fill: #f3efe7 } .heading { fill: #f0a27f }
}
"""


class Step(NamedTuple):
    """A step of a way: what it is, the room where it is written, what it may be."""

    title: str
    room: str
    what: str


class Room(NamedTuple):
    """A room of the top level and the rooms in it, in lines, with its place in the picture."""

    name: str
    inside: Sequence[str]
    x: int
    y: int
    width: int
    height: int


PICTURE = [
    Step("generator", "sources/runtimes", "LiteRT, TensorFlow"),
    Step("finish", "sources/finishing", "outlines, ground"),
    Step("encoder", "store/formats", "WebP, provenance"),
    Step("store", "store/files", "a folder or a bucket"),
    Step("index", "store/index", "SQLite, PostgreSQL"),
]
REQUEST = [
    Step("visitor", "", "a browser, a program"),
    Step("server", "bin/serve", "Granian behind nginx"),
    Step("answer", "app/http", "headers, pages, files"),
    Step("page", "app/pictures", "words: app/rendering"),
    Step("question", "store/queries", "draws, lists, looks up"),
]
ROOMS = [
    Room(
        "app",
        ["pictures embeds walls live game", "translate curate reporting api export",
         "site browser jobs rendering ops http identity"],
        24, 396, 330, 80,
    ),
    Room(
        "pregen",
        ["planning filling engines", "indexing verifying", "adopting choosing morphs"],
        370, 396, 274, 80,
    ),
    Room(
        "gan",
        ["dataset batches recipes", "networks features", "methods training runs",
         "evaluation export", "commands"],
        660, 396, 276, 160,
    ),
    Room(
        "store", ["index queries files formats", "curation adopting categories"], 24, 488, 302, 68
    ),
    Room(
        "sources",
        ["spec runtimes finishing", "curators biggan serving", "translators"],
        342, 488, 302, 68,
    ),
    Room("core", ["settings, errors, durable files, commands; gathering, toml"], 24, 568, 912, 36),
]  # fmt: skip


def picture() -> str:
    """Return the whole drawing as SVG, readable on light and dark pages."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="Ways and rooms of Nonesuch">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="10"/>',
        _text(MARGIN, 36, "The way of a picture: pregen/ makes it, once", "heading"),
        *_way(PICTURE, 50),
        _text(MARGIN, 204, "The way of a request: app/ answers it, each time", "heading"),
        *_way(REQUEST, 218),
        _arrow(f"M{_left(4) + COLUMN // 2} 218V128"),
        _arrow(f"M{_left(2) + COLUMN // 2} 218V172H{_left(3) + COLUMN // 2}V128"),
        _text(_left(4) + COLUMN // 2 - 8, 156, "the row", anchor="end"),
        _text(_left(3) - 8, 164, "the file", anchor="end"),
        _text(MARGIN, 354, "The rooms: each imports only from rooms below it", "heading"),
        _text(MARGIN, 376, "gan/export alone also reads sources/, to check what it wrote."),
        *(part for room in ROOMS for part in _room(room)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _left(column: int) -> int:
    return MARGIN + column * (COLUMN + GAP)


def _way(steps: Sequence[Step], y: int) -> Iterator[str]:
    for column, step in enumerate(steps):
        x = _left(column)
        yield f'<rect class="box" x="{x}" y="{y}" width="{COLUMN}" height="76" rx="8"/>'
        yield _text(x + 12, y + 22, step.title, "title")
        yield _text(x + 12, y + 43, step.room, "path")
        yield _text(x + 12, y + 63, step.what)
        if column:
            yield _arrow(f"M{x - GAP + 3} {y + 38}H{x - 3}")


def _room(room: Room) -> Iterator[str]:
    yield (
        f'<rect class="box" x="{room.x}" y="{room.y}" width="{room.width}" '
        f'height="{room.height}" rx="8"/>'
    )
    yield _text(room.x + 12, room.y + 23, f"{room.name}/", "title")
    for number, line in enumerate(room.inside):
        yield _text(room.x + 92, room.y + 22 + number * LINE, line, "path")


def _arrow(line: str) -> str:
    return f'<path class="arrow" d="{line}" marker-end="url(#head)"/>'


def _text(x: int, y: int, words: str, kind: str = "", anchor: str = "start") -> str:
    written = f' class="{kind}"' if kind else ""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text{written} x="{x}" y="{y}"{at}>{escape(words)}</text>'


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
    print(f"wrote docs/{TARGET.name}")
