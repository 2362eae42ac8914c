"""All that a generator made, removed: pictures of any state, walks, and categories left empty.

The rows leave the site first, then the files go, then the rows: a command that was stopped goes on
where it was. Unlike a rejected picture, what was removed may be made again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, or_, select, tuple_

from core.errors import NonesuchError
from store.curation.settling import portions, rows_of, settle
from store.files.morphs import Morph, MorphFolder
from store.files.protocol import PictureStore, digest, names_of
from store.files.quarantine import Quarantine
from store.index.category_rows import forget_images
from store.index.database import writing
from store.index.states import MISSING
from store.index.tables import Row, alias, category, curation, generator, image, target
from store.index.writes import retire_image

_AT_ONCE = 500  # pictures of one commit


class NothingOfModel(NonesuchError):
    """A generator of which the index has nothing."""


@dataclass
class Removal:
    """What there is of a generator, or was."""

    labels: list[str]  # name/version, as recorded with the pictures
    pictures: int
    categories: list[str]  # slugs of those that have nothing else
    walks: int
    changed: list[str] = field(default_factory=list)  # files that are no longer what was made


def plan_removal(connection: Connection, instance: Path, name: str) -> Removal:
    """Say what there is of a generator.

    ``name``: its name, of all its versions, or name/version. Raises `NothingOfModel`.
    """
    counts = connection.execute(
        select(image.c.model, func.count().label("n"))
        .where(image.c.model.is_not(None))
        .group_by(image.c.model)
    ).all()
    walks = MorphFolder(instance).all()
    labels = sorted(
        {row.model for row in counts if _is_of(row.model, name)}
        | {morph.model for morph in walks if _is_of(morph.model, name)}
    )
    if not labels:
        known = ", ".join(sorted({row.model for row in counts})) or "none"
        raise NothingOfModel(f"there is nothing of {name!r}", f"pictures are there of: {known}")
    return Removal(
        labels,
        sum(row.n for row in counts if row.model in labels),
        [row.slug for row in _only_of(connection, labels)],
        sum(morph.model in labels for morph in walks),
    )


def remove_model(engine: Engine, store: PictureStore, instance: Path, name: str) -> Removal:
    """Remove it for good. Raises `NothingOfModel`, `IndexUnusable`, `StoreUnusable`."""
    quarantine = Quarantine(store, instance)
    settle(engine, quarantine)
    with engine.connect() as connection:
        removal = plan_removal(connection, instance, name)
        made = select(image.c.id).where(image.c.model.in_(removal.labels)).order_by(image.c.id)
        ids = list(connection.execute(made).scalars())
    for some in portions(ids, _AT_ONCE):
        with writing(engine) as connection:
            rows = rows_of(connection, some)
            for row in rows:
                retire_image(connection, row.id, MISSING)
        removal.changed += _remove_files(quarantine, rows)
        with writing(engine) as connection:
            _strike_out(connection, rows)
    with writing(engine) as connection:
        for told in (target, generator):
            connection.execute(delete(told).where(told.c.model.in_(removal.labels)))
        for row in _emptied(connection, removal.categories):
            for table in (target, alias):
                connection.execute(delete(table).where(table.c.category_id == row.id))
            connection.execute(delete(curation).where(curation.c.slug == row.slug))
            connection.execute(delete(category).where(category.c.id == row.id))
    for slug in removal.categories:
        for place in quarantine.places.values():
            place.leave(slug)
    _remove_walks(instance, removal.labels)
    return removal


def _remove_files(quarantine: Quarantine, rows: Sequence[Row]) -> list[str]:
    """Remove the files of rows wherever they lie; return those that hold something else by now."""

    def remove(row: Row) -> list[str]:
        changed = []
        for place in quarantine.places.values():
            for name in names_of(row.file, row.sha256):
                data = place.read(row.slug, name)
                if data is not None and digest(data) == row.sha256:
                    place.remove(row.slug, name)
                elif data is not None and name == row.file:
                    changed.append(f"{row.slug}/{name}")
        return changed

    return [label for labels in quarantine.each(remove, rows) for label in labels]


def _strike_out(connection: Connection, rows: Sequence[Row]) -> None:
    forget_images(connection, [row.id for row in rows])
    names = [(row.slug, row.file) for row in rows]
    done = tuple_(curation.c.slug, curation.c.file).in_(names)
    connection.execute(delete(curation).where(done))


def _only_of(connection: Connection, labels: Sequence[str]) -> Sequence[Row]:
    """Return the categories that hold pictures of these generators and of nothing else."""
    other = or_(image.c.model.is_(None), image.c.model.not_in(labels))
    return _categories(
        connection,
        category.c.id.in_(select(image.c.category_id).where(image.c.model.in_(labels))),
        category.c.id.not_in(select(image.c.category_id).where(other)),
    )


def _emptied(connection: Connection, slugs: Sequence[str]) -> Sequence[Row]:
    """Return those of these categories of which no row is left: somebody may have added one."""
    return _categories(
        connection, category.c.slug.in_(slugs), category.c.id.not_in(select(image.c.category_id))
    )


def _categories(connection: Connection, *where: ColumnElement[bool]) -> Sequence[Row]:
    statement = select(category.c.id, category.c.slug).where(*where).order_by(category.c.slug)
    return connection.execute(statement).all()


def _remove_walks(instance: Path, labels: Sequence[str]) -> None:
    folder = MorphFolder(instance)
    walks: list[Morph] = folder.all()
    folder.keep([morph for morph in walks if morph.model not in labels])


def _is_of(label: str, name: str) -> bool:
    """Say whether name, name/version or the whole label names a generator."""
    plain = label.partition(":")[0]
    return name in (label, plain, plain.partition("/")[0])
