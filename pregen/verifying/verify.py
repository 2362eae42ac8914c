"""Store against index against model: what is missing, changed, orphaned, or not as generated."""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text

from core.errors import NonesuchError
from pregen.engines.making import make
from pregen.indexing.recounting import wrong_counts
from pregen.verifying.checking import Comparing
from pregen.verifying.comparing import shows_the_same
from pregen.verifying.differences import REMEDIES, Report, remedy
from sources.biggan.handles import Caches
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.runtimes.source import batch_sizes
from sources.spec.description import Model
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.formats.encoding import find_format
from store.index.database import IndexDamaged
from store.index.states import LIVE, OFF
from store.index.tables import category, image

SHIPPED_BEFORE = ("emoji/1", "emoji/2")  # that are in the history alone
__all__ = ["REMEDIES", "Report", "rebuild", "remedy", "verify_store"]


def verify_store(
    engine: Engine,
    store: PictureStore,
    instance: Path,
    progress: Callable[[Iterable[None], int], Iterable[None]] = lambda done, _: done,
) -> Report:
    """Compare every row with its file, every file with its row, and the counts.

    Also of what is off or rejected. A category at a time, whose rows are all that is in memory.
    ``progress``: shows an item a live picture, of so many.
    """
    report = Report()
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                for line in connection.execute(text("PRAGMA quick_check")).scalars():
                    if line != "ok":
                        report.add("damaged index", line)
            live = select(func.count()).select_from(image).where(image.c.state == LIVE)
            total = connection.execute(live).scalar_one()
            for _, line in wrong_counts(connection):
                report.add("wrong counts", line)
            checked = _check_categories(connection, Quarantine(store, instance), report)
            for _ in progress(checked, total):
                report.checked += 1
    except IndexDamaged as error:
        report.add("damaged index", error.message)  # what it has lost, the files alone tell
    return report


def _check_categories(
    connection: Connection, quarantine: Quarantine, report: Report
) -> Iterator[None]:
    """Compare each category, in the index or in a folder; yield for each live picture."""
    known = {row.slug: row for row in connection.execute(select(category)).all()}
    has_off = bool(quarantine.beside[OFF].categories())
    slugs = {*known, *(slug for place in quarantine.places.values() for slug in place.categories())}
    for slug in sorted(slugs):
        comparing = Comparing(connection, quarantine, slug, known.get(slug), report)
        yield from comparing.compare(has_off=has_off)


def rebuild(
    engine: Engine,
    store: PictureStore,
    models_folder: Path,
    count: int,
    report: Report,
    caches: Caches | None = None,
) -> None:
    """Generate up to ``count`` live pictures anew and compare their bytes with the files.

    Where these differ, what they show: another processor, Pillow or LiteRT rounds differently.
    """
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                category.c.slug, image.c.file, image.c.model, image.c.model_digest, image.c.seed,
                image.c.drawn_as, image.c.truncation, image.c.format, image.c.nearest,
            )
            .join(category)
            .where(image.c.state == LIVE, image.c.seed.is_not(None))
        ).all()  # fmt: skip
    chosen = random.Random(0).sample(rows, min(count, len(rows)))
    loaded: dict[str, Model | None] = {}
    sources = {}
    for row in chosen:
        model = loaded.setdefault(row.model, _model_of(models_folder, row.model, caches))
        if model is None or model.digest != row.model_digest:
            if row.model not in report.not_rebuilt:
                report.not_rebuilt.append(row.model)
            continue
        if row.model not in sources:
            sources[row.model] = open_source(model)
        source = sources[row.model]
        known = {c.slug: c for c in model.categories}[row.drawn_as]
        drawn = draw(model, row.seed, (row.truncation, row.truncation))
        report.rebuilt += 1
        data = store.read(row.slug, row.file)
        # in a batch of the size that pregen made it in: each may round differently
        sizes = batch_sizes(source.batch) if model.is_scalar else [source.batch]
        pictures = (source.generate(known.label, [drawn] * size)[0] for size in sizes)
        chosen_format = find_format(row.format)
        nearest = tuple((row.nearest or "").split())
        made = [
            make(picture, drawn, model, row.drawn_as, chosen_format, nearest).data
            for picture in pictures
        ]
        if data is not None and data in made:
            continue
        if data is not None and any(shows_the_same(data, each) for each in made):
            report.elsewhere += 1
        else:
            report.add("not as generated", f"{row.slug}/{row.file}")


def where_to_find(label: str) -> str:
    """Return where a model is to be had that is not here as it was."""
    if label not in SHIPPED_BEFORE:
        return f"to compare them put it back: models/{label}"
    return (
        "this repository had it; to compare them: "
        f"git checkout $(git rev-list -n 1 HEAD -- models/{label})^ -- models/{label}"
    )


def _model_of(models_folder: Path, label: str, caches: Caches | None) -> Model | None:
    try:
        return find_model(models_folder, label, caches)
    except NonesuchError:
        return None
