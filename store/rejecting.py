"""Taking pictures out of the store for good, and back: moved aside, with a tombstone in the index.

A tombstone keeps `flask index` from bringing a picture back and `flask pregen` from making it
again. Every act is written down in the same transaction (`store.curation`), so it can be undone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, Row, select

from store.aside import FOLDERS, Aside
from store.changes import restore_image, retire_image
from store.curation import new_batch, record
from store.database import writing
from store.pictures import PictureStore
from store.states import LIVE, REJECTED
from store.tables import category, image

AT_ONCE = 64  # pictures per commit: other writers wait for as long as one takes


def reject_images(
    engine: Engine,
    folder: PictureStore,
    instance: Path,
    image_ids: Sequence[int],
    batch: str | None = None,
) -> int:
    """Reject live pictures; their files move to ``instance``/rejected/<category>/.

    The row goes first: a crash between the two leaves a file that `flask index` knows as rejected
    by its tombstone. Returns how many were live. ``batch``: what is undone together, by default
    these. Raises `IndexUnusable`, `StoreUnusable`.
    """
    aside = Aside(folder, instance)
    batch = new_batch() if batch is None else batch
    count = 0
    for ids in _portions(image_ids):
        with writing(engine) as connection:
            rejected = []
            for row in _rows(connection, ids):
                if row.state == LIVE and retire_image(connection, row.id, REJECTED):
                    rejected.append(row)
            record(connection, batch, "reject", [(row.slug, row.file) for row in rejected])
        settle(engine, aside, [row.id for row in rejected])
        count += len(rejected)
    return count


def restore_images(
    engine: Engine,
    folder: PictureStore,
    instance: Path,
    image_ids: Sequence[int],
    batch: str | None = None,
) -> int:
    """Take rejected pictures back into the store; return how many.

    One whose file is gone stays rejected. Raises `IndexUnusable`, `StoreUnusable`.
    """
    aside = Aside(folder, instance)
    batch = new_batch() if batch is None else batch
    count = 0
    for ids in _portions(image_ids):
        with writing(engine) as connection:
            rejected = [row for row in _rows(connection, ids) if row.state == REJECTED]
            came = aside.each(lambda row: aside.bring(REJECTED, row.slug, row.file), rejected)
            restored = [row for row, is_there in zip(rejected, came, strict=True) if is_there]
            for slug in {row.slug for row in restored}:
                aside.sync(slug)  # a row never tells of a file that a power cut can take
            for row in restored:
                restore_image(connection, row.id)
            record(connection, batch, "restore", [(row.slug, row.file) for row in restored])
        settle(engine, aside, [row.id for row in restored])
        count += len(restored)
    return count


def settle(engine: Engine, aside: Aside, image_ids: Sequence[int]) -> None:
    """Bring files to where their rows say: in the store when live, else aside.

    Under the index's lock: two who act on one picture do not move its file past each other.
    """

    def follow(row: Row) -> None:
        if row.state in FOLDERS:
            aside.take(row.state, row.slug, row.file)
        if row.state != REJECTED:
            aside.drop(REJECTED, row.slug, row.file)

    for ids in _portions(image_ids):
        with writing(engine) as connection:
            aside.each(follow, _rows(connection, ids))


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _rows(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """Rows in the order of ``ids``; their categories are locked until the transaction ends."""
    of_these = select(image.c.category_id).where(image.c.id.in_(ids))
    # in one order for all, and before the rows are read: what PostgreSQL had to wait for it would
    # show as it was
    connection.execute(
        select(category.c.id)
        .where(category.c.id.in_(of_these))
        .order_by(category.c.id)
        .with_for_update()
    ).all()
    statement = (
        select(image.c.id, image.c.file, image.c.state, category.c.slug)
        .join(category)
        .where(image.c.id.in_(ids))
    )
    found = {row.id: row for row in connection.execute(statement)}
    return [found[image_id] for image_id in dict.fromkeys(ids) if image_id in found]
