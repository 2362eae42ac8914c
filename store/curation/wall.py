"""What the owner looks through: a category's pictures in pages, and pictures by name.

Pages follow row ids, not ordinals: when one is rejected no other moves to a page that was looked
at before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text, tuple_

from store.curation.naming import ByFile, ByHash, ByOrigin, Key, key_of, keys_of, unknown
from store.files.protocol import SAFE_NAME
from store.index.tables import category, image
from store.queries.rows import ENTRY_BY_HASH, ENTRY_COLUMNS, Entry, entry_of, hash_range

_image, _category = image.alias("i"), category.alias("c")  # as the columns name them
_ENTRIES = select(text(ENTRY_COLUMNS)).select_from(_image.join(_category))


@dataclass(frozen=True, slots=True)
class WallPage:
    """Some tiles, and where the next page begins, if there is one."""

    tiles: list[Entry]
    after: int | None


def page_of(
    connection: Connection, slug: str | None, state: str, *, after: int = 0, limit: int = 120
) -> WallPage:
    """Return up to ``limit`` pictures of one state, of a category or of all, beyond a row id."""
    statement = _ENTRIES.where(_image.c.state == state, _image.c.id > after)
    if slug is not None:
        statement = statement.where(_category.c.slug == slug)
    rows = connection.execute(statement.order_by(_image.c.id).limit(limit + 1)).all()
    tiles = [entry_of(row) for row in rows[:limit]]
    return WallPage(tiles, tiles[-1].id if len(rows) > limit else None)


def tiles_of(connection: Connection, ids: Sequence[int]) -> list[Entry]:
    """Return the pictures of these rows, in their order."""
    found: dict[int, Entry] = {}
    for start in range(0, len(ids), 500):
        rows = connection.execute(_ENTRIES.where(_image.c.id.in_(ids[start : start + 500])))
        found |= {row.id: entry_of(row) for row in rows}
    return [found[each] for each in ids if each in found]


def find_images(connection: Connection, names: Sequence[str | Path]) -> list[Entry]:
    """Return the pictures that these names mean, each once; paths are of files.

    What a name can be: `store.curation.naming`.

    Raises `UnknownPicture` for the first that is not in the index.
    """
    keys = {
        name: keys_of(name) if isinstance(name, Path) else [key_of(name)]
        for name in dict.fromkeys(names)
    }
    by_file = _by_files(connection, [key for each in keys.values() for key in each])

    def find(key: Key) -> Entry | None:
        match key:
            case ByFile():
                return by_file.get(key)
            case ByHash(digits):
                rows = connection.execute(text(ENTRY_BY_HASH), hash_range(digits))
            case ByOrigin(model_digest, slug, seed):
                rows = connection.execute(
                    _ENTRIES.where(
                        _image.c.model_digest == model_digest,
                        func.coalesce(_image.c.drawn_as, _category.c.slug) == slug,
                        _image.c.seed == seed,
                    )
                )
        return next(map(entry_of, rows), None)

    tiles: dict[int, Entry] = {}
    for name, each in keys.items():
        tile = next(filter(None, map(find, each)), None)
        if tile is None:
            raise unknown(name)
        tiles[tile.id] = tile
    return list(tiles.values())


def copies_of(connection: Connection, tiles: Sequence[Entry]) -> list[Entry]:
    """Return the other pictures, of any state and category, that hold the same bytes."""
    known = {tile.id for tile in tiles}
    hashes = list({tile.sha256 for tile in tiles})
    found: list[Entry] = []
    for start in range(0, len(hashes), 500):
        same = _image.c.sha256.in_(hashes[start : start + 500])
        rows = connection.execute(_ENTRIES.where(same).order_by(_image.c.id))
        found += [entry_of(row) for row in rows if row.id not in known]
    return found


def _by_files(connection: Connection, keys: Sequence[Key]) -> dict[Key, Entry]:
    # no other can be in the index, and PostgreSQL refuses some characters
    files = [
        (key.slug, key.file)
        for key in keys
        if isinstance(key, ByFile)
        and SAFE_NAME.fullmatch(key.slug)
        and SAFE_NAME.fullmatch(key.file)
    ]
    found: dict[Key, Entry] = {}
    for start in range(0, len(files), 500):
        of_these = tuple_(_category.c.slug, _image.c.file).in_(files[start : start + 500])
        for row in connection.execute(_ENTRIES.where(of_these)):
            found[ByFile(row.slug, row.file)] = entry_of(row)
    return found
