"""Which picture of the index a file is: by what it holds first, by its name last.

`flask index` acts on it, `flask verify` reports it. Names of rejected pictures play no part: a
tombstone is the SHA-256, and of a generated picture also its model's digest and seed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import Connection, select

from store.index.database import damaged
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import Row, category, image


class FileKind(Enum):
    """What a file in the store is to the index."""

    SAME = "unchanged"
    CHANGED = "changed"
    FOUND = "found again"  # of a missing picture, or of one that has another name now
    NEW = "new"
    COPY = "copy"  # of a generated picture that is there
    REJECTED = "rejected before"
    OFF = "off before"


class Found(Protocol):
    """A file of which this much is known."""

    @property
    def sha256(self) -> str: ...
    @property
    def model_digest(self) -> str | None: ...
    @property
    def seed(self) -> int | None: ...


@dataclass(frozen=True)
class Match:
    """A file in the store, and the row that it belongs to."""

    file: str
    kind: FileKind
    row: Any = None  # None of new pictures, and of those rejected in another category
    other: str = ""  # of a copy: the name of the picture


def rows_in(connection: Connection, category_id: int | None) -> Sequence[Row]:
    """Return the rows of a category's pictures, as `match` takes them. Raises `IndexDamaged`."""
    statement = select(
        image.c.id, image.c.file, image.c.sha256, image.c.state, image.c.model_digest,
        image.c.seed, image.c.phash, image.c.width, image.c.height,
    ).where(image.c.category_id == category_id)  # fmt: skip
    rows = connection.execute(statement.order_by(image.c.id)).all()
    for row in rows:
        if row.state not in _AS_IT_WAS:  # SQLite finds no fault in a text with a flipped bit
            raise damaged(ValueError(f"{row.file} is {row.state!r}"))
    return rows


def rejected_among(connection: Connection, hashes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return category and file of those of these SHA-256 that were rejected, in whatever one."""
    wanted = sorted(set(hashes))
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(wanted), 500):
        statement = (
            select(image.c.sha256, category.c.slug, image.c.file)
            .join(category)
            .where(image.c.sha256.in_(wanted[start : start + 500]), image.c.state == REJECTED)
        )
        found |= {row.sha256: (row.slug, row.file) for row in connection.execute(statement)}
    return found


def match(
    rows: Sequence[Row],
    found: Mapping[str, Found],
    off: Collection[str],
    rejected: Collection[str],
) -> list[Match]:
    """Return what each file of a category's folder is, in the order of ``found``.

    ``off``: the files beside the store that are off; ``rejected``: SHA-256 of tombstones.
    """
    by_file = {row.file: row for row in rows}
    by_key = {(row.model_digest, row.seed): row for row in rows if row.model_digest is not None}
    by_hash = {row.sha256: row for row in rows if row.state == REJECTED}
    matched: dict[str, Match] = {}
    placed: set[int] = set()  # rows whose file is known

    def settle(file: str, kind: FileKind, row: Row) -> None:
        matched[file] = Match(file, kind, row)
        placed.add(row.id)

    for file, each in found.items():
        row = by_file.get(file)
        if row is not None and row.sha256 == each.sha256:
            settle(file, _AS_IT_WAS[row.state], row)
    rest = [file for file in found if file not in matched]
    origin: dict[str, Row | None] = {
        file: by_key.get((found[file].model_digest, found[file].seed))
        for file in rest
        if found[file].model_digest is not None
    }
    for file in rest:
        maker = origin.get(file)
        if maker is not None and maker.state == REJECTED:
            matched[file] = Match(file, FileKind.REJECTED, maker)
        elif found[file].sha256 in rejected:
            matched[file] = Match(file, FileKind.REJECTED, by_hash.get(found[file].sha256))
    rest = [file for file in rest if file not in matched]
    # under its own name first: beside it any other is a copy
    for file in sorted(rest, key=lambda file: file not in by_file):
        maker = origin.get(file)
        if maker is None:
            continue
        if maker.id in placed or (maker.state == OFF and maker.file in off):
            matched[file] = Match(file, FileKind.COPY, maker, maker.file)
        else:
            is_changed = maker.file == file and maker.state in (LIVE, OFF)
            settle(file, FileKind.CHANGED if is_changed else FileKind.FOUND, maker)
    fresh: dict[tuple[str, int | None], str] = {}
    for file in rest:
        if file in matched:
            continue
        digest = found[file].model_digest
        first = file if digest is None else fresh.setdefault((digest, found[file].seed), file)
        if first != file:
            matched[file] = Match(file, FileKind.COPY, None, first)
            continue
        row = by_file.get(file)
        if row is None or row.id in placed or row.state == REJECTED:
            matched[file] = Match(file, FileKind.NEW)
        elif not (row.state == OFF and file in off):
            settle(file, FileKind.FOUND if row.state == MISSING else FileKind.CHANGED, row)
        else:
            matched[file] = Match(file, FileKind.NEW)
    return [matched[file] for file in found]


def match_beside(rows: Sequence[Row], found: Mapping[str, Found], state: str) -> list[Match]:
    """Return what each file is that lies where pictures of a state do, off or rejected.

    `FileKind.FOUND`: of a missing picture; `FileKind.COPY`: of another, whatever its state.
    """
    by_file = {row.file: row for row in rows}
    by_hash = {row.sha256: row for row in rows}
    by_key = {(row.model_digest, row.seed): row for row in rows if row.model_digest is not None}
    matches = []
    fresh: dict[tuple[str, int | None], str] = {}
    for file, each in found.items():
        named = by_file.get(file)
        if named is not None and named.state == state:
            kind = FileKind.SAME if named.sha256 == each.sha256 else FileKind.CHANGED
            matches.append(Match(file, kind, named))
            continue
        row, first = by_hash.get(each.sha256), file
        if each.model_digest is not None:
            key = (each.model_digest, each.seed)
            row = row or by_key.get(key)
            first = fresh.setdefault(key, file)
        if row is not None and row.state == MISSING and named in (None, row):
            matches.append(Match(file, FileKind.FOUND, row))
        elif row is not None or first != file:
            matches.append(Match(file, FileKind.COPY, row, row.file if row is not None else first))
        else:
            matches.append(Match(file, FileKind.NEW))
    return matches


_AS_IT_WAS = {
    LIVE: FileKind.SAME,
    MISSING: FileKind.FOUND,
    REJECTED: FileKind.REJECTED,
    OFF: FileKind.OFF,
}
