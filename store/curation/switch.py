"""Whole categories off and on again: their pictures leave the store and come back as they were."""

from pathlib import Path

from sqlalchemy import Connection, Engine, select

from store.curation.log import new_batch, record
from store.curation.reject import copy_back
from store.curation.settling import mark, settle
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.index.database import writing
from store.index.states import LIVE, MISSING, OFF
from store.index.tables import Row, category, image
from store.index.writes import hide_category, retire_image, show_category


def switch_off(
    engine: Engine, folder: PictureStore, instance: Path, slug: str, batch: str | None = None
) -> int:
    """Switch a category off; return how many pictures went.

    Nothing is made for it while it is off. Once more, it puts away what somebody put back. Raises
    `IndexUnusable`, `StoreUnusable`.
    """
    quarantine = Quarantine(folder, instance)
    with writing(engine) as connection:
        category_id, was_off = _find(connection, slug)
        count = hide_category(connection, category_id)
        there = set(folder.files_of(slug))
        rows = [row for row in _rows(connection, category_id) if row.file in there]
        mark(connection, [(row.id, LIVE, row.file) for row in rows])
        if not was_off:
            record(connection, new_batch() if batch is None else batch, "off", [(slug, None)])
    settle(engine, quarantine, [row.id for row in rows])
    return count


def switch_on(
    engine: Engine, folder: PictureStore, instance: Path, slug: str, batch: str | None = None
) -> int:
    """Switch a category on again; return how many pictures came back.

    One whose file is gone is missing, and so is one whose file is not what it was: that file is
    set aside. Raises `IndexUnusable`, `StoreUnusable`.
    """
    quarantine = Quarantine(folder, instance)
    with writing(engine) as connection:
        category_id, was_off = _find(connection, slug)
        rows = _rows(connection, category_id)
        back = copy_back(connection, quarantine, rows)
        came = {row.id for row, _ in back}
        gone = [row for row in rows if row.id not in came]
        count = show_category(connection, category_id)
        for row in gone:
            retire_image(connection, row.id, MISSING)
        if was_off:
            record(connection, new_batch() if batch is None else batch, "on", [(slug, None)])
    quarantine.discard(OFF, slug, [row.file for row in gone])
    settle(engine, quarantine, list(came))
    return count - len(gone)


def _find(connection: Connection, slug: str) -> tuple[int, bool]:
    """Return a category's id and whether it is off, locked until the transaction ends."""
    statement = select(category.c.id, category.c.off).where(category.c.slug == slug)
    row = connection.execute(statement.with_for_update()).one()
    return row.id, row.off


def _rows(connection: Connection, category_id: int) -> list[Row]:
    """Return the rows of a category's pictures that are off."""
    statement = (
        select(image.c.id, category.c.slug, category.c.off, image.c.file, image.c.sha256,
               image.c.state)
        .join(category)
        .where(image.c.category_id == category_id, image.c.state == OFF)
        .order_by(image.c.id)
    )  # fmt: skip
    return list(connection.execute(statement))
