"""Counts and ordinals, made dense again where they are not: after damage, or a change by hand."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, update

from store.index.postgresql import lock_places
from store.index.states import LIVE
from store.index.tables import category, image


def wrong_counts(connection: Connection) -> Iterator[tuple[int | None, str]]:
    """Yield categories whose ordinals are not 0 … n-1, and what is wrong, in words.

    Without an id: the categories' own ordinals, of those that show.
    """
    live = (
        select(
            category.c.id,
            category.c.slug,
            category.c.n,
            category.c.ord,
            func.count(image.c.ord).label("live"),
            func.min(image.c.ord).label("first"),
            func.max(image.c.ord).label("last"),
        )
        .outerjoin(image, image.c.category_id == category.c.id)
        .group_by(category.c.id, category.c.slug, category.c.n, category.c.ord)
    )
    showing = []
    for row in connection.execute(live):
        dense = row.live == 0 or (row.first == 0 and row.last == row.live - 1)
        if row.live != row.n or not dense or (row.ord is None) != (row.n == 0):
            yield row.id, f"{row.slug}: {row.live} live pictures, {row.n} counted"
        if row.ord is not None:
            showing.append(row.ord)
    if sorted(showing) != list(range(len(showing))):
        yield None, "the categories' ordinals have holes"


def recount(connection: Connection) -> int:
    """Count again where counts are wrong; return in how many places they were."""
    wrong = list(wrong_counts(connection))
    if not wrong:
        return 0
    lock_places(connection)
    for category_id, _ in wrong:
        if category_id is not None:
            _number_pictures(connection, category_id)
    ids = list(
        connection.execute(
            select(category.c.id)
            .where(category.c.n > 0)
            .order_by(category.c.ord.is_(None), category.c.ord, category.c.id)
        ).scalars()
    )
    connection.execute(update(category).values(ord=None))
    for place, category_id in enumerate(ids):
        connection.execute(update(category).where(category.c.id == category_id).values(ord=place))
    return len(wrong)


def _number_pictures(connection: Connection, category_id: int) -> None:
    place = func.row_number().over(order_by=(image.c.ord, image.c.id))
    placed = (
        select(image.c.id, place.label("place"))
        .where(image.c.category_id == category_id, image.c.state == LIVE)
        .subquery()
    )
    # below 0 first: two of a category never have one ordinal, not even for a moment
    n = connection.execute(
        update(image).where(image.c.id == placed.c.id).values(ord=-placed.c.place)
    ).rowcount
    connection.execute(
        update(image)
        .where(image.c.category_id == category_id, image.c.state == LIVE)
        .values(ord=-1 - image.c.ord)
    )
    connection.execute(update(category).where(category.c.id == category_id).values(n=n))
