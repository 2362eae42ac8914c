"""Every change of the index: it keeps the ordinals dense, so that picking stays one look-up.

All functions work inside the caller's transaction. On SQLite that transaction holds the write
lock from its beginning (`store.database`); on PostgreSQL the category's row is locked first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from store.tables import LIVE, category, image


@dataclass(frozen=True)
class NewImage:
    """A picture to be indexed; what is None is unknown."""

    file: str
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    phash: str | None = None
    model: str | None = None
    model_digest: str | None = None
    seed: int | None = None
    truncation: float | None = None


def point_of(sha256: str) -> int:
    """Return a picture's place on the ring of seeds: the first 63 bits of its hash."""
    return int(sha256[:16], 16) >> 1


def ensure_category(connection: Connection, slug: str, name: str) -> int:
    """Return the id of a category, making it when it is new, without pictures."""
    found = connection.execute(select(category.c.id).where(category.c.slug == slug)).scalar()
    if found is not None:
        return int(found)
    statement = insert(category).values(slug=slug, name=name, n=0).returning(category.c.id)
    return int(connection.execute(statement).scalar_one())


def add_images(connection: Connection, category_id: int, images: Iterable[NewImage]) -> int:
    """Append live pictures to a category; return how many."""
    rows = list(images)
    if not rows:
        return 0
    n = _lock_category(connection, category_id)
    created = datetime.now(UTC)
    connection.execute(
        insert(image),
        [
            {
                **_columns(row),
                "category_id": category_id,
                "ord": n + i,
                "state": LIVE,
                "created": created,
            }
            for i, row in enumerate(rows)
        ],
    )
    _set_count(connection, category_id, n, n + len(rows))
    return len(rows)


def revive_image(connection: Connection, image_id: int, found: NewImage) -> None:
    """Make a missing picture live again, with the file as it is now."""
    category_id = connection.execute(
        select(image.c.category_id).where(image.c.id == image_id)
    ).scalar_one()
    n = _lock_category(connection, category_id)
    connection.execute(
        update(image).where(image.c.id == image_id).values(**_columns(found), ord=n, state=LIVE)
    )
    _set_count(connection, category_id, n, n + 1)


def retire_image(connection: Connection, image_id: int, state: str) -> bool:
    """Take a live picture out of the draw; the last of its category moves into the hole.

    ``state``: rejected or missing. Returns False when it was not live.
    """
    category_id = connection.execute(
        select(image.c.category_id).where(image.c.id == image_id)
    ).scalar_one()
    n = _lock_category(connection, category_id)
    hole = connection.execute(select(image.c.ord).where(image.c.id == image_id)).scalar_one()
    if hole is None:
        return False
    connection.execute(update(image).where(image.c.id == image_id).values(ord=None, state=state))
    if hole != n - 1:
        connection.execute(
            update(image)
            .where(image.c.category_id == category_id, image.c.ord == n - 1)
            .values(ord=hole)
        )
    _set_count(connection, category_id, n, n - 1)
    return True


def _columns(row: NewImage) -> dict[str, Any]:
    return {**vars(row), "point": point_of(row.sha256)}


def _lock_category(connection: Connection, category_id: int) -> int:
    """Lock a category until the transaction ends; return its number of live pictures."""
    statement = select(category.c.n).where(category.c.id == category_id).with_for_update()
    return int(connection.execute(statement).scalar_one())


def _set_count(connection: Connection, category_id: int, before: int, after: int) -> None:
    """Store a count; give or take the category's own ordinal when it begins or ceases to show."""
    connection.execute(update(category).where(category.c.id == category_id).values(n=after))
    if (before > 0) == (after > 0):
        return
    # one category at a time may come or go, else two would get one ordinal
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(0x6E6F6E65)))
    top = connection.execute(select(func.max(category.c.ord))).scalar()
    if after > 0:
        place = 0 if top is None else top + 1
        connection.execute(update(category).where(category.c.id == category_id).values(ord=place))
        return
    hole = connection.execute(
        select(category.c.ord).where(category.c.id == category_id)
    ).scalar_one()
    connection.execute(update(category).where(category.c.id == category_id).values(ord=None))
    if hole != top:
        connection.execute(update(category).where(category.c.ord == top).values(ord=hole))
