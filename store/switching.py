"""Whole categories off and on again: their pictures leave the store and come back as they were."""

from pathlib import Path

from sqlalchemy import Connection, Engine, select

from store.aside import Aside
from store.changes import hide_category, retire_image, show_category
from store.curation import new_batch, record
from store.database import writing
from store.pictures import PictureStore
from store.states import LIVE, MISSING, OFF
from store.tables import category, image


def switch_off(
    engine: Engine, folder: PictureStore, instance: Path, slug: str, batch: str | None = None
) -> int:
    """Switch a category off; return how many pictures went.

    Nothing is made for it while it is off. Raises `IndexUnusable`, `StoreUnusable`.
    """
    aside = Aside(folder, instance)
    with writing(engine) as connection:
        category_id, was_off = _find(connection, slug)
        count = hide_category(connection, category_id)
        if not was_off:
            record(connection, new_batch() if batch is None else batch, "off", [(slug, None)])
    with writing(engine) as connection:
        # once more under the lock: it may be on again
        if _find(connection, slug)[1]:
            files = [file for _, file in _files(connection, category_id, OFF)]
            aside.each(lambda file: aside.take(OFF, slug, file), files)
    return count


def switch_on(
    engine: Engine, folder: PictureStore, instance: Path, slug: str, batch: str | None = None
) -> int:
    """Switch a category on again; return how many pictures came back.

    One whose file is gone is missing. Raises `IndexUnusable`, `StoreUnusable`.
    """
    aside = Aside(folder, instance)
    with writing(engine) as connection:
        category_id, was_off = _find(connection, slug)
        rows = _files(connection, category_id, OFF)
        came = aside.each(lambda row: aside.bring(OFF, slug, row[1]), rows)
        gone = [row[0] for row, is_there in zip(rows, came, strict=True) if not is_there]
        aside.sync(slug)
        count = show_category(connection, category_id)
        for image_id in gone:
            retire_image(connection, image_id, MISSING)
        if was_off:
            record(connection, new_batch() if batch is None else batch, "on", [(slug, None)])
    with writing(engine) as connection:
        if not _find(connection, slug)[1]:
            files = [file for _, file in _files(connection, category_id, LIVE)]
            aside.each(lambda file: aside.drop(OFF, slug, file), files)
    return count - len(gone)


def _find(connection: Connection, slug: str) -> tuple[int, bool]:
    """Return a category's id and whether it is off, locked until the transaction ends."""
    statement = select(category.c.id, category.c.off).where(category.c.slug == slug)
    row = connection.execute(statement.with_for_update()).one()
    return row.id, row.off


def _files(connection: Connection, category_id: int, state: str) -> list[tuple[int, str]]:
    statement = select(image.c.id, image.c.file).where(
        image.c.category_id == category_id, image.c.state == state
    )
    return [(row.id, row.file) for row in connection.execute(statement)]
