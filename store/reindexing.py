"""The index, rebuilt from the store alone: generated pictures and plain ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update

from core.slugs import slugify
from store.aside import FOLDERS, Aside
from store.changes import (
    NewImage,
    add_images,
    ensure_category,
    hide_category,
    point_of,
    rename_category,
    retire_image,
    revive_image,
)
from store.database import writing
from store.encoding import BadPicture, read_picture
from store.pictures import PictureStore, digest
from store.states import LIVE, MISSING, OFF, REJECTED
from store.tables import category, image


@dataclass
class Outcome:
    """What a rebuild found."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)  # one line each, with the reason


def reindex(
    engine: Engine,
    store: PictureStore,
    instance: Path,
    names: Mapping[str, str],
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
) -> Outcome:
    """Make the index say what the store holds; one transaction per category.

    ``names``: slug → display name; a category that is in none of them keeps the name it has, and a
    new one gets its slug with spaces. Rejected pictures stay rejected, and
    categories that are off stay off.
    """
    aside = Aside(store, instance)
    outcome = Outcome()
    outcome.skipped.extend(_unsafe_names(store))
    stored = store.categories()
    for slug in progress(stored):
        found = _read_files(store, slug, outcome)
        with writing(engine) as connection:
            category_id = _named_category(connection, slug, names)
            _reconcile(connection, category_id, slug, found, outcome)
        _put_away(engine, aside, category_id, slug)
    with engine.connect() as connection:
        indexed = connection.execute(select(category.c.id, category.c.slug)).all()
    for category_id, slug in indexed:
        if slug not in stored:
            with writing(engine) as connection:
                _reconcile(connection, category_id, slug, {}, outcome)
    _remember_rejected(engine, aside.beside[REJECTED], names, outcome)
    _remember_off(engine, aside.beside[OFF], names, outcome)
    return outcome


def _named_category(connection: Connection, slug: str, names: Mapping[str, str]) -> int:
    """Return the id of a category, made if it is new, under the name that it shall have."""
    category_id = ensure_category(connection, slug, names.get(slug, slug.replace("_", " ")))
    if slug in names:
        rename_category(connection, category_id, names[slug])
    return category_id


def _unsafe_names(store: PictureStore) -> list[str]:
    """Return a line for every category or picture whose name cannot be in an address."""
    folders, files = store.odd_names()
    lines = [f"{name}/: rename the folder, for example to {slugify(name)}" for name in folders]
    return lines + [f"{name}: rename the file without spaces" for name in files]


def _read_files(store: PictureStore, slug: str, outcome: Outcome) -> dict[str, NewImage]:
    found = {}
    for file, data in store.read_all(slug, store.files_of(slug)):
        try:
            if data is None:
                raise BadPicture("it cannot be read")
            found[file] = read_row(file, data)
        except BadPicture as error:
            outcome.skipped.append(f"{slug}/{file}: {error.message}")
    return found


def read_row(file: str, data: bytes) -> NewImage:
    """Return the row of a file with these bytes: provenance from its metadata if it has any.

    Raises `BadPicture`.
    """
    read = read_picture(data)
    made = read.provenance
    return NewImage(
        file=file,
        sha256=digest(data),
        bytes=len(data),
        width=read.width,
        height=read.height,
        format=read.format,
        phash=read.phash,
        model=made.model if made else None,
        model_digest=made.model_digest if made else None,
        seed=made.seed if made else None,
        truncation=made.truncation if made else None,
    )


def _reconcile(
    connection: Connection,
    category_id: int,
    slug: str,
    found: dict[str, NewImage],
    outcome: Outcome,
) -> None:
    """Bring one category's rows to what was found; counts go into ``outcome``."""
    rows = connection.execute(
        select(
            image.c.id, image.c.file, image.c.sha256, image.c.state, image.c.model_digest,
            image.c.seed,
        ).where(image.c.category_id == category_id)
    ).all()  # fmt: skip
    by_file = {row.file: row for row in rows}
    by_key = {(r.model_digest, r.seed): r for r in rows if r.model_digest is not None}
    for row in rows:
        if row.state == LIVE and row.file not in found:
            retire_image(connection, row.id, MISSING)
            outcome.counts["missing"] += 1
    fresh: dict[object, NewImage] = {}
    for file, new in found.items():
        known = by_file.get(file) or by_key.get((new.model_digest, new.seed))
        if known is None:
            key = (new.model_digest, new.seed) if new.model_digest else file
            if key in fresh:
                outcome.skipped.append(f"{slug}/{file}: the same picture as {fresh[key].file}")
            else:
                fresh[key] = new
        elif known.state in FOLDERS:
            outcome.counts[f"{known.state} before"] += 1
        elif known.file != file and known.file in found:
            outcome.skipped.append(f"{slug}/{file}: the same picture as {known.file}")
        elif known.state == MISSING or known.file not in found:
            if known.state == LIVE:
                outcome.counts["missing"] -= 1  # it came back under another name
            revive_image(connection, known.id, new)
            outcome.counts["found again"] += 1
        elif known.sha256 != new.sha256:
            connection.execute(
                update(image)
                .where(image.c.id == known.id)
                .values(**_known_values(new), point=point_of(new.sha256))
            )
            outcome.counts["changed"] += 1
        else:
            outcome.counts["unchanged"] += 1
    outcome.counts["new"] += add_images(connection, category_id, fresh.values())


def _put_away(engine: Engine, aside: Aside, category_id: int, slug: str) -> None:
    """Move what is off out of the store, where somebody put it back."""
    with writing(engine) as connection:
        off = select(image.c.file).where(image.c.category_id == category_id, image.c.state == OFF)
        files = list(connection.execute(off).scalars())
        aside.each(lambda file: aside.take(OFF, slug, file), files)


def _known_values(new: NewImage) -> dict[str, object]:
    """A picture replaced by hand keeps its seed: pregen must not make it again over it."""
    return {name: value for name, value in vars(new).items() if value is not None}


def _remember_rejected(
    engine: Engine, aside: PictureStore, names: Mapping[str, str], outcome: Outcome
) -> None:
    """Give every file among the rejected a tombstone, so that pregen does not make it again."""
    for slug in aside.categories():
        found = _read_files(aside, slug, outcome)
        with writing(engine) as connection:
            category_id = _named_category(connection, slug, names)
            for new in _unknown(connection, category_id, found):
                _insert_tombstone(connection, category_id, new)
                outcome.counts["rejected, remembered"] += 1


def _remember_off(
    engine: Engine, aside: PictureStore, names: Mapping[str, str], outcome: Outcome
) -> None:
    """Keep every category off whose pictures lie among those that are off."""
    for slug in aside.categories():
        found = _read_files(aside, slug, outcome)
        with writing(engine) as connection:
            category_id = _named_category(connection, slug, names)
            fresh = _unknown(connection, category_id, found)
            if fresh:
                hide_category(connection, category_id)
                outcome.counts["off, remembered"] += add_images(connection, category_id, fresh)


def _unknown(
    connection: Connection, category_id: int, found: dict[str, NewImage]
) -> list[NewImage]:
    """Return those of ``found`` that have no row, neither by name nor by origin."""
    rows = connection.execute(
        select(image.c.file, image.c.model_digest, image.c.seed).where(
            image.c.category_id == category_id
        )
    ).all()
    files = {row.file for row in rows}
    keys = {(row.model_digest, row.seed) for row in rows if row.model_digest is not None}
    fresh = []
    for file, new in found.items():
        if file not in files and (new.model_digest, new.seed) not in keys:
            fresh.append(new)
            if new.model_digest is not None:
                keys.add((new.model_digest, new.seed))
    return fresh


def _insert_tombstone(connection: Connection, category_id: int, new: NewImage) -> None:
    add_images(connection, category_id, [new])
    image_id = connection.execute(
        select(image.c.id).where(image.c.category_id == category_id, image.c.file == new.file)
    ).scalar_one()
    if not retire_image(connection, image_id, REJECTED):  # its category is off
        connection.execute(update(image).where(image.c.id == image_id).values(state=REJECTED))
