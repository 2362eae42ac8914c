"""Store against index against model: what is missing, changed, orphaned, or not as generated."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text

from core.errors import NonesuchError
from pregen.comparing import shows_the_same
from pregen.making import make
from sources.description import Model
from sources.hub import Caches
from sources.latents import draw
from sources.registry import find_model, open_source
from sources.source import batch_sizes
from store.database import IndexDamaged
from store.encoding import BadPicture, find_format, read_picture
from store.parallel import in_parallel
from store.pictures import PictureStore, digest
from store.states import LIVE, OFF
from store.tables import category, image

REMEDIES = {
    "damaged index": "move it away and rebuild it with: flask index",
    "missing": "make them again with: flask top-up, or forget them with: flask index",
    "unreadable": "check owner, mode and disk",
    "changed": "accept them with: flask index, or delete them and run: flask top-up",
    "orphaned": "take them in with: flask index",
    "copy": "delete them, or move them out of the store",
    "rejected but there": "delete them, or move them out of the store",
    "off but there": "switch off once more with: flask curate category off {slugs}",
    "wrong counts": "rebuild the index: move it away, then: flask index",
    "not as generated": "the file or the model is another one: delete it and run: flask top-up",
}
SHIPPED_BEFORE = ("emoji/1", "emoji/2")  # that are in the history alone


def remedy(kind: str, lines: list[str]) -> str:
    """Return what to do about these problems of a kind."""
    slugs = dict.fromkeys(line.partition("/")[0] for line in lines)
    return REMEDIES[kind].format(slugs=" ".join(slugs))


@dataclass
class Report:
    """Problems by kind, a line each; `checked` pictures and `rebuilt` ones."""

    problems: dict[str, list[str]] = field(default_factory=dict)
    checked: int = 0
    rebuilt: int = 0
    elsewhere: int = 0  # of these, other bytes that show the same: another machine rounds so
    not_rebuilt: list[str] = field(default_factory=list)  # models that are not here

    def add(self, kind: str, line: str) -> None:
        self.problems.setdefault(kind, []).append(line)


def verify_store(
    engine: Engine,
    store: PictureStore,
    progress: Callable[[Iterable[None], int], Iterable[None]] = lambda done, _: done,
) -> Report:
    """Compare every live row with its file, every file with its row, and the counts.

    A category at a time, whose rows are all that is in memory. ``progress``: shows an item a
    picture, of so many.
    """
    report = Report()
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                for line in connection.execute(text("PRAGMA quick_check")).scalars():
                    if line != "ok":
                        report.add("damaged index", line)
            known = {row.slug: row.id for row in connection.execute(select(category)).all()}
            live = select(func.count()).select_from(image).where(image.c.state == LIVE)
            total = connection.execute(live).scalar_one()
            _check_counts(connection, report)
            checked = _check_categories(connection, store, known, report)
            for _ in progress(checked, total):
                report.checked += 1
    except IndexDamaged as error:
        report.add("damaged index", error.message)  # what it has lost, the files alone tell
    return report


def _check_categories(
    connection: Connection, store: PictureStore, known: dict[str, int], report: Report
) -> Iterator[None]:
    """Compare the pictures of each category, in the index or in the store; yield for each."""
    for slug in sorted({*known, *store.categories()}):
        rows = connection.execute(
            select(
                image.c.file, image.c.sha256, image.c.state, image.c.model_digest, image.c.seed
            ).where(image.c.category_id == known.get(slug))
        ).all()
        live = [row for row in rows if row.state == LIVE]
        read = partial(store.read, slug)
        contents = in_parallel(read, (row.file for row in live), store.at_once)
        whole: dict[tuple[str, int], str] = {}  # what made a picture that is as it was → its file
        for row, data in zip(live, contents, strict=True):
            if data is None:
                kind = "unreadable" if store.has(slug, row.file) else "missing"
                report.add(kind, f"{slug}/{row.file}")
            elif digest(data) != row.sha256:
                report.add("changed", f"{slug}/{row.file}")
            elif row.model_digest is not None:
                whole[row.model_digest, row.seed] = row.file
            yield
        state_of = {row.file: row.state for row in rows}
        files = store.files_of(slug)
        unknown = [file for file in files if file not in state_of] if whole else []
        made_from = dict(
            zip(unknown, map(_made_from, in_parallel(read, unknown, store.at_once)), strict=True)
        )
        for file in files:
            state = state_of.get(file)
            if state is None:
                made = made_from.get(file)
                other = whole.get(made) if made else None
                if other is None:
                    report.add("orphaned", f"{slug}/{file}")
                else:
                    report.add("copy", f"{slug}/{file}: the same picture as {other}")
            elif state != LIVE:
                kind = "off but there" if state == OFF else "rejected but there"
                report.add(kind, f"{slug}/{file}")


def _made_from(data: bytes | None) -> tuple[str, int] | None:
    """Return digest of the model and seed of a picture that says so."""
    try:
        made = None if data is None else read_picture(data).provenance
    except BadPicture:
        return None
    return None if made is None else (made.model_digest, made.seed)


def _check_counts(connection: Connection, report: Report) -> None:
    """Ordinals must be 0 … n-1 in every category and among the categories that show."""
    live = (
        select(
            category.c.slug,
            category.c.n,
            category.c.ord,
            func.count(image.c.ord).label("live"),
            func.min(image.c.ord).label("first"),
            func.max(image.c.ord).label("last"),
        )
        .outerjoin(image, image.c.category_id == category.c.id)
        .group_by(category.c.id, category.c.slug, category.c.n, category.c.ord)
    )
    showing = []
    for row in connection.execute(live):
        dense = row.live == 0 or (row.first == 0 and row.last == row.live - 1)
        if row.live != row.n or not dense or (row.ord is None) != (row.n == 0):
            report.add("wrong counts", f"{row.slug}: {row.live} live pictures, {row.n} counted")
        if row.ord is not None:
            showing.append(row.ord)
    if sorted(showing) != list(range(len(showing))):
        report.add("wrong counts", "the categories' ordinals have holes")


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
                image.c.truncation, image.c.format,
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
        known = {c.slug: c for c in model.categories}[row.slug]
        drawn = draw(model, row.seed, (row.truncation, row.truncation))
        report.rebuilt += 1
        data = store.read(row.slug, row.file)
        # in a batch of the size that pregen made it in: each may round differently
        sizes = batch_sizes(source.batch) if model.is_scalar else [source.batch]
        pictures = (source.generate(known.label, [drawn] * size)[0] for size in sizes)
        chosen_format = find_format(row.format)
        made = [make(picture, drawn, model, row.slug, chosen_format).data for picture in pictures]
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
