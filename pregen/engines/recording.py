"""Files first, then rows: what is acknowledged is on disk, and can be done twice."""

from pathlib import Path

from sqlalchemy import Connection, Engine, select, update

from pregen.engines.making import Made
from sources.spec.description import ModelCategory
from store.curation.settling import give_way, mark, move_out, settle
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.index.category_names import RenamedMeanwhile, slug_of
from store.index.database import writing
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import Row, image
from store.index.tables import category as category_table
from store.index.writes import add_images, ensure_category, point_of, revive_image, slug_now


class Recorder:
    """Writes groups of pictures of one category: files synced and renamed, then one commit."""

    def __init__(self, engine: Engine, folder: PictureStore, instance: Path) -> None:
        self._engine, self._folder = engine, folder
        self._quarantine = Quarantine(folder, instance)
        self._places: dict[str, str] = {}  # a model's slug → that of the index

    def record(self, category: ModelCategory, made: list[Made]) -> None:
        """Store and index a group. A crash at any point loses at most this group's rows.

        What the owner rejected or switched off while this was being made stays so: its file
        leaves the store again. What lies there under one of the names and is another picture
        keeps its bytes, under a name of its own. Raises `RenamedMeanwhile`.
        """
        slug = self._place_of(category.slug)
        self._folder.put_all(slug, {m.row.file: m.data for m in made}, keep_others=True)
        with writing(self._engine, adding=True) as connection:
            category_id = ensure_category(connection, slug, category.name)
            if slug_now(connection, category_id) != slug:
                raise RenamedMeanwhile(slug)
            off = select(category_table.c.off).where(category_table.c.id == category_id)
            is_off = connection.execute(off.with_for_update()).scalar_one()
            known = _rows_by_seed(connection, category_id, made)
            own = {row.id for row in known.values() if row.state != REJECTED}
            give_way(connection, category_id, slug, {m.row.file for m in made}, own)
            for m in made:
                if m.row.seed in known and known[m.row.seed].state != REJECTED:
                    _renew(connection, known[m.row.seed], m)
            add_images(connection, category_id, (m.row for m in made if m.row.seed not in known))
            for m in made:
                if m.row.seed in known and known[m.row.seed].state == REJECTED:
                    move_out(self._quarantine, REJECTED, slug, m.row.file, known[m.row.seed])
            waiting = []
            if is_off:
                rows = _rows_by_seed(connection, category_id, made).values()
                waiting = [(row.id, LIVE, row.file) for row in rows if row.state == OFF]
                mark(connection, waiting)
        if waiting:
            settle(self._engine, self._quarantine, [row_id for row_id, _, _ in waiting])

    def _place_of(self, slug: str) -> str:
        if slug not in self._places:
            with self._engine.connect() as connection:
                self._places[slug] = slug_of(connection, slug)
        return self._places[slug]


def _rows_by_seed(
    connection: Connection, category_id: int, made: list[Made]
) -> dict[int | None, Row]:
    """Return by seed the rows of pictures that were indexed before."""
    rows = connection.execute(
        select(image.c.seed, image.c.id, image.c.state, image.c.file, image.c.sha256).where(
            image.c.category_id == category_id,
            image.c.model_digest == made[0].row.model_digest,
            image.c.seed.in_([m.row.seed for m in made]),
        )
    )
    return {row.seed: row for row in rows}


def _renew(connection: Connection, row: Row, made: Made) -> None:
    """The picture's file had gone: it is back, perhaps in another format."""
    if row.state == LIVE:
        values = {**vars(made.row), "point": point_of(made.row.sha256)}
        connection.execute(update(image).where(image.c.id == row.id).values(**values))
    else:
        revive_image(connection, row.id, made.row)
