"""What the owner looks through: a category's pictures in pages, and pictures by name.

Pages follow row ids, not ordinals: when one is rejected no other moves to a page that was looked
at before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, tuple_

from store.curation.naming import ByFile, ByHash, ByOrigin, Key, key_of, keys_of, unknown
from store.files.protocol import SAFE_NAME
from store.index.states import LIVE
from store.index.tables import Row, Select, category, image


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


def named(connection: Connection, names: Sequence[str | Path]) -> list[Tile]:
    """Return the pictures that these names mean, each once; paths are of files.

    What a name can be: `store.curation.naming`.

    Raises `UnknownPicture` for the first that is not in the index.
    """
    keys = {
        name: keys_of(name) if isinstance(name, Path) else [key_of(name)]
        for name in dict.fromkeys(names)
    }
    by_file = _by_files(connection, [key for each in keys.values() for key in each])

    def find(key: Key) -> Tile | None:
        match key:
            case ByFile():
                return by_file.get(key)
            case ByHash(digits):
                statement = _tiles().where(image.c.sha256 >= digits, image.c.sha256 < digits + "g")
            case ByOrigin(model_digest, slug, seed):
                statement = _tiles().where(
                    image.c.model_digest == model_digest,
                    category.c.slug == slug,
                    image.c.seed == seed,
                )
        best_first = statement.order_by(image.c.state != LIVE, image.c.sha256, image.c.id)
        row = connection.execute(best_first.limit(1)).one_or_none()
        return None if row is None else _tile(row)

    tiles: dict[int, Tile] = {}
    for name, each in keys.items():
        tile = next(filter(None, map(find, each)), None)
        if tile is None:
            raise unknown(name)
        tiles[tile.id] = tile
    return list(tiles.values())


def copies_of(connection: Connection, tiles: Sequence[Tile]) -> list[Tile]:
    """Return the other pictures, of any state and category, that hold the same bytes."""
    known = {tile.id for tile in tiles}
    hashes = list({tile.sha256 for tile in tiles})
    found: list[Tile] = []
    for start in range(0, len(hashes), 500):
        same = image.c.sha256.in_(hashes[start : start + 500])
        rows = connection.execute(_tiles().where(same).order_by(image.c.id))
        found += [_tile(row) for row in rows if row.id not in known]
    return found


def _by_files(connection: Connection, keys: Sequence[Key]) -> dict[Key, Tile]:
    # no other can be in the index, and PostgreSQL refuses some characters
    files = [
        (key.slug, key.file)
        for key in keys
        if isinstance(key, ByFile)
        and SAFE_NAME.fullmatch(key.slug)
        and SAFE_NAME.fullmatch(key.file)
    ]
    found: dict[Key, Tile] = {}
    for start in range(0, len(files), 500):
        of_these = tuple_(category.c.slug, image.c.file).in_(files[start : start + 500])
        for row in connection.execute(_tiles().where(of_these)):
            found[ByFile(row.slug, row.file)] = _tile(row)
    return found


def _tiles() -> Select:
    return select(
        image.c.id, category.c.slug, category.c.name, image.c.file, image.c.sha256, image.c.width,
        image.c.height, image.c.state, image.c.seed, image.c.truncation, image.c.phash,
    ).join(category)  # fmt: skip


def _tile(row: Row) -> Tile:
    return Tile(*row)
