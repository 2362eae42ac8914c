"""Undoing what the owner did last."""

from pathlib import Path

from sqlalchemy import Connection, Engine, select, tuple_

from store.curation import UNRECORDED, Act, forget, last_act
from store.database import writing
from store.pictures import PictureStore
from store.rejecting import reject_images, restore_images
from store.switching import switch_off, switch_on
from store.tables import category, image


def undo(engine: Engine, folder: PictureStore, instance: Path) -> Act | None:
    """Take back the last act and strike it out; return it, or None when there is none.

    The reverse is done first: killed between, the next undo has nothing more to do than to strike
    it out. Raises `IndexUnusable`, `StoreUnusable`.
    """
    with engine.connect() as connection:
        act = last_act(connection)
        if act is None:
            return None
        ids = _ids(connection, act)
    if act.act == "reject":
        restore_images(engine, folder, instance, ids, UNRECORDED)
    elif act.act == "restore":
        reject_images(engine, folder, instance, ids, UNRECORDED)
    for slug in act.categories:
        (switch_on if act.act == "off" else switch_off)(engine, folder, instance, slug, UNRECORDED)
    with writing(engine) as connection:
        forget(connection, act.batch)
    return act


def _ids(connection: Connection, act: Act) -> list[int]:
    """Return the rows of an act's pictures that the index still has."""
    found: list[int] = []
    for start in range(0, len(act.pictures), 500):
        names = act.pictures[start : start + 500]
        statement = (
            select(image.c.id)
            .join(category)
            .where(tuple_(category.c.slug, image.c.file).in_(names))
        )
        found += connection.execute(statement).scalars()
    return found
