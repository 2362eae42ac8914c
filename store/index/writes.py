"""Every change of the index: it keeps the ordinals dense, so that picking stays one look-up.

All functions work inside the caller's transaction. On SQLite that transaction holds the write
lock from its beginning (`store.index.database`); on PostgreSQL the category's row is locked first,
and who writes beside whom is in `store.index.postgresql`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from store.index.category_names import slug_of
from store.index.postgresql import lock_places
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import category, image


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
    nearest: str | None = None  # one or two concepts, separated by a space
    drawn_as: str | None = None  # slug that the model has for the category; by default its own


_OF_THE_FILE = ("sha256", "bytes", "width", "height", "format", "phash")


def point_of(sha256: str) -> int:
    """Return a picture's place on the ring of seeds: the first 63 bits of its hash."""
    return int(sha256[:16], 16) >> 1


def ensure_category(connection: Connection, slug: str, name: str) -> int:
    """Return the id of a category, making it when it is new, without pictures.

    ``slug``: also one that it had before.
    """
    slug = slug_of(connection, slug)
    known = select(category.c.id).where(category.c.slug == slug)
    found = connection.execute(known).scalar()
    if found is None:
        values = {"slug": slug, "name": name, "n": 0, "off": False}
        # another writer may be making it at this moment, where several can write
        connection.execute(_insert_unless_there(connection).values(values))
        found = connection.execute(known).scalar_one()
    return int(found)


def name_as_model(connection: Connection, slug: str, name: str) -> None:
    """Give the category of a slug the display name that its model has for it.

    Nothing where the owner named it, or where the slug is one that it had before.
    """
    connection.execute(
        update(category)
        .where(category.c.slug == slug, category.c.name != name, category.c.named.is_(False))
        .values(name=name)
    )


def slug_now(connection: Connection, category_id: int) -> str:
    """Return a category's slug."""
    return str(
        connection.execute(select(category.c.slug).where(category.c.id == category_id)).scalar_one()
    )


def add_images(
    connection: Connection, category_id: int, images: Iterable[NewImage], state: str = LIVE
) -> int:
    """Append pictures to a category; return how many. Live ones are off where it is off."""
    rows = list(images)
    if not rows:
        return 0
    n, off = lock_category(connection, category_id)
    state = OFF if off and state == LIVE else state
    slug = slug_now(connection, category_id)
    created = datetime.now(UTC)
    connection.execute(
        insert(image),
        [
            {
                **_columns(row),
                "drawn_as": (row.drawn_as or slug) if row.model_digest else None,
                "category_id": category_id,
                "ord": n + i if state == LIVE else None,
                "state": state,
                "created": created,
            }
            for i, row in enumerate(rows)
        ],
    )
    if state == LIVE:
        set_count(connection, category_id, n, n + len(rows))
    return len(rows)


def revive_image(connection: Connection, image_id: int, found: NewImage) -> None:
    """Make a missing picture live again, with the file as it is now."""
    connection.execute(update(image).where(image.c.id == image_id).values(**_columns(found)))
    restore_image(connection, image_id)


def change_image(connection: Connection, image_id: int, found: NewImage) -> None:
    """Note what was put in a picture's place; what it does not say of its origin stays.

    So it keeps its seed: pregen must not make it again over it.
    """
    values = {name: value for name, value in _columns(found).items() if value is not None}
    connection.execute(update(image).where(image.c.id == image_id).values(**values))


def renew_image(connection: Connection, image_id: int, found: NewImage) -> None:
    """Note what a picture's file is by now; where it came from stays as it was."""
    values = {name: getattr(found, name) for name in _OF_THE_FILE}
    connection.execute(
        update(image).where(image.c.id == image_id).values(**values, point=point_of(found.sha256))
    )


def restore_image(connection: Connection, image_id: int) -> str:
    """Take a picture that is not live back into the draw; where its category is off, it is off.

    Returns the state that it has now.
    """
    category_id = connection.execute(
        select(image.c.category_id).where(image.c.id == image_id)
    ).scalar_one()
    n, off = lock_category(connection, category_id)
    ordinal = connection.execute(select(image.c.ord).where(image.c.id == image_id)).scalar_one()
    if ordinal is not None:
        return LIVE
    where = update(image).where(image.c.id == image_id)
    if off:
        connection.execute(where.values(ord=None, state=OFF))
        return OFF
    connection.execute(where.values(ord=n, state=LIVE))
    set_count(connection, category_id, n, n + 1)
    return LIVE


def retire_image(connection: Connection, image_id: int, state: str) -> bool:
    """Take a live picture out of the draw; the last of its category moves into the hole.

    ``state``: rejected or missing. Returns False when it was not live.
    """
    category_id = connection.execute(
        select(image.c.category_id).where(image.c.id == image_id)
    ).scalar_one()
    n, _ = lock_category(connection, category_id)
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
    set_count(connection, category_id, n, n - 1)
    return True


def reject_image(connection: Connection, image_id: int) -> bool:
    """Reject a picture that is live or whose category is off; False where it is neither."""
    if retire_image(connection, image_id, REJECTED):
        return True
    is_off = (image.c.id == image_id, image.c.state == OFF)
    done = connection.execute(update(image).where(*is_off).values(state=REJECTED))
    return done.rowcount == 1


def withdraw_rejection(connection: Connection, image_id: int) -> None:
    """Have a rejected picture whose file is gone be missing instead."""
    connection.execute(
        update(image).where(image.c.id == image_id, image.c.state == REJECTED).values(state=MISSING)
    )


def hide_category(connection: Connection, category_id: int) -> int:
    """Switch a category off: all its live pictures leave the draw at once; return how many."""
    n, off = lock_category(connection, category_id)
    if off:
        return 0
    connection.execute(
        update(image)
        .where(image.c.category_id == category_id, image.c.state == LIVE)
        .values(ord=None, state=OFF)
    )
    connection.execute(update(category).where(category.c.id == category_id).values(off=True))
    set_count(connection, category_id, n, 0)
    return n


def show_category(connection: Connection, category_id: int) -> int:
    """Switch a category on: its pictures are live again, in their old order; return how many."""
    _, off = lock_category(connection, category_id)
    if not off:
        return 0
    connection.execute(update(category).where(category.c.id == category_id).values(off=False))
    place = func.row_number().over(order_by=image.c.id) - 1
    placed = (
        select(image.c.id, place.label("ord"))
        .where(image.c.category_id == category_id, image.c.state == OFF)
        .subquery()
    )
    shown = connection.execute(
        update(image).where(image.c.id == placed.c.id).values(ord=placed.c.ord, state=LIVE)
    ).rowcount
    set_count(connection, category_id, 0, shown)
    return shown


def _insert_unless_there(connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql

        return insert_on_postgresql(category).on_conflict_do_nothing(index_elements=["slug"])
    from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

    return insert_on_sqlite(category).on_conflict_do_nothing(index_elements=["slug"])


def _columns(row: NewImage) -> dict[str, Any]:
    return {**vars(row), "point": point_of(row.sha256)}


def lock_category(connection: Connection, category_id: int) -> tuple[int, bool]:
    """Lock a category until the transaction ends; return its live pictures, and if it is off."""
    statement = select(category.c.n, category.c.off).where(category.c.id == category_id)
    row = connection.execute(statement.with_for_update()).one()
    return row.n, row.off


def set_count(connection: Connection, category_id: int, before: int, after: int) -> None:
    """Store a count; give or take the category's own ordinal when it begins or ceases to show."""
    connection.execute(update(category).where(category.c.id == category_id).values(n=after))
    if (before > 0) == (after > 0):
        return
    # one category at a time may come or go, else two would get one ordinal
    lock_places(connection)
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
