"""What the owner looks through: a category's pictures in pages, and pictures by name.

Pages follow row ids, not ordinals: when one is rejected no other moves to a page that was looked
at before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, select, tuple_

from store.picking import UnknownPicture
from store.pictures import SAFE_NAME
from store.tables import category, image

_IN_ADDRESS = re.compile(r"(?:.*/)?i/(?P<hash>[0-9a-f]{12})(?:\?.*)?")
_HASH = re.compile(r"[0-9a-f]{12,64}")
_FILE = re.compile(r"(?:.*/)?(?P<slug>[^/]+)/(?P<file>[^/?]+)(?:\?.*)?")


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture as the owner sees it."""

    id: int
    category: str  # slug
    name: str  # the category's display name
    file: str
    sha256: str
    width: int
    height: int
    state: str
    seed: int | None
    truncation: float | None
    phash: str | None

    @property
    def label(self) -> str:
        """``hat/3000005-0f1e2d3c4b5a.webp``: what commands and forms call it."""
        return f"{self.category}/{self.file}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some tiles, and where the next page begins, if there is one."""

    tiles: list[Tile]
    after: int | None


def page_of(
    connection: Connection, slug: str | None, state: str, *, after: int = 0, limit: int = 120
) -> Page:
    """Return up to ``limit`` pictures of one state, of a category or of all, beyond a row id."""
    statement = _tiles().where(image.c.state == state, image.c.id > after)
    if slug is not None:
        statement = statement.where(category.c.slug == slug)
    rows = connection.execute(statement.order_by(image.c.id).limit(limit + 1)).all()
    tiles = [_tile(row) for row in rows[:limit]]
    return Page(tiles, tiles[-1].id if len(rows) > limit else None)


def tiles_of(connection: Connection, ids: Sequence[int]) -> list[Tile]:
    """Return the pictures of these rows, in their order."""
    found: dict[int, Tile] = {}
    for start in range(0, len(ids), 500):
        rows = connection.execute(_tiles().where(image.c.id.in_(ids[start : start + 500])))
        found |= {row.id: _tile(row) for row in rows}
    return [found[each] for each in ids if each in found]


def named(connection: Connection, names: Sequence[str]) -> list[Tile]:
    """Return pictures by ``category/file``, by hash (12 digits or more) or by address.

    Raises `UnknownPicture` for the first that is not in the index.
    """
    wanted = {name: _key_of(name) for name in dict.fromkeys(names)}
    files = [key for key in wanted.values() if isinstance(key, tuple)]
    # no other can be in the index, and PostgreSQL refuses some characters
    files = [key for key in files if all(SAFE_NAME.fullmatch(part) for part in key)]
    found: dict[tuple[str, str], Tile] = {}
    for start in range(0, len(files), 500):
        of_these = tuple_(category.c.slug, image.c.file).in_(files[start : start + 500])
        for row in connection.execute(_tiles().where(of_these)):
            found[row.slug, row.file] = _tile(row)
    tiles = []
    for name, key in wanted.items():
        tile = found.get(key) if isinstance(key, tuple) else _by_hash(connection, key)
        if tile is None:
            raise UnknownPicture(
                f"there is no picture {name[:100]!r}",
                "a picture is named category/file, by the first 12 digits of its hash, "
                "or by its address",
            )
        tiles.append(tile)
    return tiles


def _key_of(name: str) -> tuple[str, str] | str:
    """Return category and file, or the beginning of a hash."""
    if match := _IN_ADDRESS.fullmatch(name):
        return match["hash"]
    if _HASH.fullmatch(name):
        return name
    match = _FILE.fullmatch(name)
    return (match["slug"], match["file"]) if match else ("", name)


def _by_hash(connection: Connection, digits: str) -> Tile | None:
    statement = (
        _tiles()
        .where(image.c.sha256 >= digits, image.c.sha256 < digits + "g")
        .order_by(image.c.state != "live", image.c.sha256, image.c.id)
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else _tile(row)


def _tiles() -> Select:
    return select(
        image.c.id, category.c.slug, category.c.name, image.c.file, image.c.sha256, image.c.width,
        image.c.height, image.c.state, image.c.seed, image.c.truncation, image.c.phash,
    ).join(category)  # fmt: skip


def _tile(row: Row) -> Tile:
    return Tile(*row)
