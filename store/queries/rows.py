"""A picture as the index knows it, and the columns that a statement selects for it.

A `Picture` is what the site shows; an `Entry` is a picture with its provenance. The columns of both
follow from their fields, from ``image i`` and ``category c``.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any


# Not frozen: that would take six times as long, and `/` makes one for every visitor.
@dataclass(slots=True)
class Picture:
    """A picture as the site shows it."""

    id: int
    category: str  # slug
    name: str  # the category's display name
    file: str
    sha256: str
    width: int
    height: int
    state: str
    ord: int | None  # dense among the category's live pictures; None where it is not live
    model: str | None  # name/version; None where the origin is unknown
    nearest: str | None  # one or two concepts, separated by a space

    @property
    def short_hash(self) -> str:
        """The first 12 hexadecimal digits, as in permalinks and file names."""
        return self.sha256[:12]

    @property
    def label(self) -> str:
        """``hat/3000005-0f1e2d3c4b5a.webp``: what commands and forms call it."""
        return f"{self.category}/{self.file}"


@dataclass(slots=True)
class Entry(Picture):
    """A picture with its provenance; what is None is unknown."""

    bytes: int
    format: str
    model_digest: str | None
    seed: int | None
    truncation: float | None
    phash: str | None
    created: datetime  # UTC; `entry_of` expects it last


def _columns(kind: type[Picture]) -> str:
    of_category = {"category": "c.slug", "name": "c.name"}
    return ", ".join(of_category.get(each.name, f"i.{each.name}") for each in fields(kind))


PICTURE_COLUMNS = _columns(Picture)
ENTRY_COLUMNS = _columns(Entry)
# a live picture before others with the same bytes
ENTRY_BY_HASH = f"""
SELECT {ENTRY_COLUMNS} FROM image i JOIN category c ON c.id = i.category_id
WHERE i.sha256 >= :low AND i.sha256 < :high
ORDER BY i.state <> 'live', i.sha256, i.id LIMIT 1
"""  # noqa: S608


def hash_range(hash_or_beginning: str) -> dict[str, str]:
    """Return the values of `ENTRY_BY_HASH` for a SHA-256 or its first digits."""
    return {"low": hash_or_beginning, "high": hash_or_beginning + "g"}


def entry_of(row: Any) -> Entry:
    """Return a row of `ENTRY_COLUMNS` as an entry."""
    values = list(row)
    values[-1] = utc(values[-1])
    return Entry(*values)


def utc(value: str | datetime) -> datetime:
    """Return a moment of the index: SQLite gives text without a zone, PostgreSQL has one."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
