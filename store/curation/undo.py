"""Undoing what the owner did last."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, select, tuple_

from store.curation.log import UNRECORDED, Act, forget, last_act
from store.curation.reject import reject_images, restore_images
from store.curation.settling import settle
from store.curation.switch import switch_off, switch_on
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.index.database import writing
from store.index.tables import category, image


@dataclass(frozen=True)
class Undone:
    """An act, and how many pictures changed when it was taken back."""

    act: Act
    count: int


def undo(engine: Engine, folder: PictureStore, instance: Path) -> Undone | None:
    """Take back the last act and strike it out; return it, or None when there is none.

    The reverse is done first: killed between, the next undo has nothing more to do than to strike
    it out. Raises `IndexUnusable`, `StoreUnusable`.
    """
    with engine.connect() as connection:
        act = last_act(connection)
        ids = [] if act is None else _ids(connection, act)
    if act is None:
        settle(engine, Quarantine(folder, instance))
        return None
    count = 0
    if act.act == "reject":
        count += restore_images(engine, folder, instance, ids, UNRECORDED)
    elif act.act == "restore":
        count += reject_images(engine, folder, instance, ids, UNRECORDED)
    for slug in act.categories:
        switch = switch_on if act.act == "off" else switch_off
        count += switch(engine, folder, instance, slug, UNRECORDED)
    with writing(engine) as connection:
        forget(connection, act.batch)
    return Undone(act, count)


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
