"""Files first, then rows: what is acknowledged is on disk, and can be done twice."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select

from core.settings import Settings
from store.curation.settling import mark, settle
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.index.category_names import RenamedMeanwhile
from store.index.database import writing
from store.index.states import LIVE, MISSING, OFF
from store.index.tables import Row, category, image
from store.index.writes import NewImage, add_images, ensure_category, revive_image, slug_now


class GroupWriter:
    """Writes groups of adopted pictures: files synced and renamed, then one commit."""

    def __init__(self, engine: Engine, store: PictureStore, settings: Settings) -> None:
        self._engine, self._store = engine, store
        self._quarantine = Quarantine(store, settings.instance_folder)
        self._floor_bytes = settings.free_space_floor_mb * 2**20
        self._prepared: set[str] = set()

    def record(
        self, slug: str, name: str, made: Sequence[tuple[NewImage, bytes]]
    ) -> dict[str, Row]:
        """Write a group; return by file those that were left, with the row of the same picture.

        The same bytes may be there under another name or in another category, or were rejected
        there. A category that is off takes pictures in as off.
        """
        others = self._same(slug, [row for row, _ in made])
        fresh = [(row, data) for row, data in made if row.file not in others]
        if not fresh:
            return others
        if slug not in self._prepared:
            self._store.prepare([slug], self._floor_bytes)
            self._prepared.add(slug)
        self._store.put_all(slug, {row.file: data for row, data in fresh})
        with writing(self._engine, adding=True) as connection:
            category_id = ensure_category(connection, slug, name)
            if slug_now(connection, category_id) != slug:
                raise RenamedMeanwhile(slug)
            off = select(category.c.off).where(category.c.id == category_id).with_for_update()
            is_off = connection.execute(off).scalar_one()
            there = _rows(connection, category_id, [row.file for row, _ in fresh])
            for row, _ in fresh:
                if row.file in there and there[row.file].state == MISSING:
                    revive_image(connection, there[row.file].id, row)
            add_images(connection, category_id, (row for row, _ in fresh if row.file not in there))
            waiting = []
            if is_off:
                rows = _rows(connection, category_id, [row.file for row, _ in fresh]).values()
                waiting = [(row.id, LIVE, row.file) for row in rows if row.state == OFF]
                mark(connection, waiting)
        if waiting:
            settle(self._engine, self._quarantine, [row_id for row_id, _, _ in waiting])
        return others

    def _same(self, slug: str, rows: Sequence[NewImage]) -> dict[str, Row]:
        """Return by file the rows of pictures with the same bytes, but for a file's own row."""
        file_of = {row.sha256: row.file for row in rows}
        statement = (
            select(image.c.sha256, category.c.slug, image.c.file, image.c.state)
            .join(category)
            .where(image.c.sha256.in_(list(file_of)), image.c.state != MISSING)
            .order_by(image.c.id.desc())  # the oldest is named
        )
        with self._engine.connect() as connection:
            return {
                file_of[row.sha256]: row
                for row in connection.execute(statement)
                if (row.slug, row.file) != (slug, file_of[row.sha256])
            }


def _rows(connection: Connection, category_id: int, files: Sequence[str]) -> dict[str, Row]:
    statement = select(image.c.id, image.c.file, image.c.state).where(
        image.c.category_id == category_id, image.c.file.in_(files)
    )
    return {row.file: row for row in connection.execute(statement)}
