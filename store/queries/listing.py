"""Live pictures page by page, newest first, with what is known of each.

A page begins after a row (created, id), so none costs more than another, and pictures that come
meanwhile move nothing. With filters that have no index a page looks at `MOST_LOOKED_AT` rows at
most: it may then hold fewer pictures than it could, or none, and still have a next one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from store.queries.reader import IndexReader
from store.queries.rows import ENTRY_COLUMNS, Entry, utc

MOST_LOOKED_AT = 5000

CATEGORY = "SELECT id FROM category WHERE slug = :slug"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which pictures; what is None does not matter."""

    category: str | None = None  # slug
    model: str | None = None  # name/version
    format: str | None = None
    created_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Pictures, and after which row the next page begins: None at the end."""

    entries: list[Entry]
    next: tuple[datetime, int] | None


_NEWEST_FIRST = "i.created DESC, i.id DESC"
_CONDITIONS = {
    "model": "i.model = :model",
    "format": "i.format = :format",
    "after": "i.created > :after",
    "before": "(i.created, i.id) < (:before, :before_id)",
    "floor": "(i.created, i.id) >= (:floor, :floor_id)",
}
# Within a category the order begins with the category, and nothing says that it is one: else
# PostgreSQL may read all pictures by age and pass over those of other categories, which were all
# made later where categories are filled one after the other.
_IN_CATEGORY = {
    "category": "i.category_id >= :category AND i.category_id <= :category",
    "after": "(i.category_id, i.created) > (:category, :after)",
    "before": "(i.category_id, i.created, i.id) < (:category, :before, :before_id)",
    "floor": "(i.category_id, i.created, i.id) >= (:category, :floor, :floor_id)",
}
_NAMES = ("category", *_CONDITIONS)
_NOT_INDEXED = ("model", "format")


def _where(conditions: Iterable[str]) -> str:
    names = tuple(conditions)
    known = _CONDITIONS | _IN_CATEGORY if "category" in names else _CONDITIONS
    return "".join(f" AND {known[name]}" for name in names)


def _order(conditions: Iterable[str]) -> str:
    return ("i.category_id DESC, " if "category" in conditions else "") + _NEWEST_FIRST


@cache
def page_statement(*conditions: str) -> str:
    """Return the statement of a page with conditions out of `_NAMES`."""
    # the state is written out: the indexes by age hold live pictures alone
    return f"""
SELECT {ENTRY_COLUMNS} FROM image i JOIN category c ON c.id = i.category_id
WHERE i.state = 'live'{_where(conditions)} ORDER BY {_order(conditions)} LIMIT :wanted
"""  # noqa: S608


@cache
def floor_statement(*conditions: str) -> str:
    """Return the statement for the last row that a page with these conditions may look at."""
    indexed = [name for name in conditions if name not in _NOT_INDEXED]
    return f"""
SELECT i.created, i.id FROM image i
WHERE i.state = 'live'{_where(indexed)} ORDER BY {_order(indexed)} LIMIT 1 OFFSET :passed
"""  # noqa: S608


def page(
    reader: IndexReader, chosen: Filter, number: int, before: tuple[datetime, int] | None = None
) -> Page:
    """Return up to ``number`` pictures that come after a row, newest first."""
    values: dict[str, Any] = {}
    if chosen.category is not None:
        known = reader.ask(CATEGORY, {"slug": chosen.category})
        if not known:
            return Page([], None)
        values["category"] = known[0][0]
    if chosen.model is not None:
        values["model"] = chosen.model
    if chosen.format is not None:
        values["format"] = chosen.format
    if chosen.created_after is not None:
        values["after"] = _in_database(reader, chosen.created_after)
    if before is not None:
        values["before"], values["before_id"] = _in_database(reader, before[0]), before[1]
    floor = None
    if any(name in values for name in _NOT_INDEXED):
        statement = floor_statement(*(name for name in _NAMES if name in values))
        found = reader.ask(statement, {**values, "passed": MOST_LOOKED_AT - 1})
        if found:
            floor = (utc(found[0][0]), found[0][1])
            values["floor"], values["floor_id"] = _in_database(reader, floor[0]), floor[1]
    statement = page_statement(*(name for name in _NAMES if name in values))
    entries = [reader.entry(row) for row in reader.ask(statement, {**values, "wanted": number + 1})]
    if len(entries) > number:
        last = entries[number - 1]
        return Page(entries[:number], (last.created, last.id))
    return Page(entries, floor)


def _in_database(reader: IndexReader, moment: datetime) -> Any:
    moment = moment.astimezone(UTC)
    if reader.dialect == "sqlite":  # compares text
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    return moment
