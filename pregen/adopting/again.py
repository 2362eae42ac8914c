"""Pictures that `flask index` took in as they were: converted as those of `flask adopt` are.

The new file is written, the old one copied to instance/originals/, the row changed, and only then
the old file removed. A crash leaves a file too many, which the next run clears away.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import islice

from sqlalchemy import Engine, select

from core.cpu import usable_cores
from core.gathering.census import Census
from core.settings import Settings
from pregen.adopting.adopting import SAME_FILE, AdoptOptions, Outcome
from pregen.adopting.originals import FOLDER
from store.adopting.known import row_for
from store.curation.settling import rename_image
from store.files.opening import open_pictures
from store.files.parallel import in_parallel
from store.files.protocol import PictureStore, digest, names_of
from store.files.quarantine import copy
from store.formats.adoption import Converted, convert, original_digest, original_of
from store.formats.encoding import BadPicture
from store.index.category_names import find_slugs
from store.index.database import writing
from store.index.states import LIVE, MISSING
from store.index.tables import Row, category, image
from store.index.writes import NewImage, renew_image, retire_image

GROUP = 64  # pictures of one commit
CHANGED = "changed since flask index read it: run that first"


def plain_pictures(engine: Engine, settings: Settings, slugs: Collection[str]) -> Sequence[Row]:
    """Return the live pictures that no program of ours wrote: id, slug, name, file, sha256.

    ``slugs``: any names of categories, of which alone; all where there are none. Raises
    `UnknownSlug`.
    """
    store = open_pictures(settings)
    statement = (
        select(image.c.id, category.c.slug, category.c.name, image.c.file, image.c.sha256)
        .join(category)
        .where(image.c.model_digest.is_(None), image.c.state == LIVE)
        .order_by(category.c.slug, image.c.id)
    )
    with engine.connect() as connection:
        if slugs:
            statement = statement.where(category.c.slug.in_(find_slugs(connection, slugs)))
        rows = connection.execute(statement).all()

    def is_plain(row: Row) -> bool:
        data = store.read(row.slug, row.file)
        return data is None or not original_of(data)

    is_such = in_parallel(is_plain, rows, max(store.at_once, usable_cores()))
    return [row for row, plain in zip(rows, is_such, strict=True) if plain]


def adopt_again(
    rows: Sequence[Row], settings: Settings, engine: Engine, options: AdoptOptions,
    on_done: Callable[[int], object],
) -> Outcome:  # fmt: skip
    """Convert the pictures of these rows. Raises `IndexUnusable`, `StoreUnusable`."""
    store = open_pictures(settings)
    originals = store.beside(FOLDER, settings.instance_folder)
    outcome = Outcome(Census())
    _clear_away(engine, store, originals)

    def read(row: Row) -> tuple[bytes, Converted | None, str]:
        data = store.read(row.slug, row.file)
        if data is None:
            return b"", None, "it cannot be read"
        if digest(data) != row.sha256:
            return data, None, CHANGED
        try:
            kept = options.keep_metadata
            return data, convert(data, options.chosen, row.name, keep_metadata=kept), ""
        except BadPicture as error:
            return data, None, error.message

    for slug in dict.fromkeys(row.slug for row in rows):
        of_this = [row for row in rows if row.slug == slug]
        results = zip(of_this, in_parallel(read, of_this, usable_cores()), strict=True)
        while group := list(islice(results, GROUP)):
            converted = []
            for row, (data, made, reason) in group:
                if made is None:
                    what, _, detail = reason.partition(" (")
                    label = f"{slug}/{row.file}"
                    outcome.census.leave_out(
                        label, what, detail.removesuffix(")"), looks_like_picture=True
                    )
                    continue
                if made.is_first_of_several:
                    outcome.animated.append(f"{slug}/{row.file}")
                new = row_for(made.data, original_digest(data), options.chosen)
                converted.append((row, data, new, made.data))
            _exchange(engine, store, originals, slug, converted, outcome)
            on_done(len(group))
    return outcome


def _exchange(
    engine: Engine, store: PictureStore, originals: PictureStore, slug: str,
    converted: Sequence[tuple[Row, bytes, NewImage, bytes]], outcome: Outcome,
) -> None:  # fmt: skip
    """Put new files in the place of old ones."""
    if not converted:
        return
    store.put_all(slug, {new.file: made for _, _, new, made in converted})
    for row, data, _, _ in converted:
        copy(store, originals, slug, row.file, data, names_of(row.file, row.sha256))
    originals.sync(slug)
    with writing(engine) as connection:
        ids = [row.id for row, *_ in converted]
        still = select(image.c.id).where(
            image.c.id.in_(ids), image.c.state == LIVE, image.c.category_id == category.c.id
        )
        live = set(connection.execute(still).scalars())
        of_category = select(image.c.file).join(category).where(category.c.slug == slug)
        taken = set(connection.execute(of_category).scalars())
        gone: list[str] = []
        for row, _, new, _ in converted:
            if row.id not in live:
                outcome.census.others["taken away meanwhile"] += 1
                continue
            gone.append(row.file)
            if new.file in taken:  # under two names: one of them stays
                retire_image(connection, row.id, MISSING)
                label = f"{slug}/{row.file}"
                outcome.census.leave_out(label, SAME_FILE, new.file, looks_like_picture=False)
                continue
            taken.add(new.file)
            rename_image(connection, row.id, slug, row.file, new.file)
            renew_image(connection, row.id, new)
            outcome.census.taken += 1
            outcome.labels[slug, new.file] = f"{slug}/{row.file}"
    for file in gone:
        store.remove(slug, file)


def _clear_away(engine: Engine, store: PictureStore, originals: PictureStore) -> None:
    """Remove old files that a run left which was stopped after it had changed their rows."""
    for slug in originals.categories():
        kept = set(originals.files_of(slug))
        known = select(image.c.file).join(category).where(category.c.slug == slug)
        with engine.connect() as connection:
            live = set(connection.execute(known.where(image.c.state != MISSING)).scalars())
        for file in store.files_of(slug):
            if file in kept and file not in live:
                data = store.read(slug, file)
                if data is not None and originals.read(slug, file) == data:
                    store.remove(slug, file)
