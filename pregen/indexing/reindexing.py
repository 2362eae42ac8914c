"""The index, rebuilt from the store alone: generated pictures and plain ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from core.slugs import slugify
from pregen.indexing.reconciling import Reconciling
from pregen.indexing.recounting import recount
from store.curation.settling import settle
from store.files.protocol import PictureStore
from store.files.quarantine import FOLDERS, Quarantine
from store.files.reading import read_row
from store.formats.encoding import BadPicture
from store.index.database import writing
from store.index.states import LIVE, OFF
from store.index.tables import category
from store.index.writes import NewImage, ensure_category, rename_category


@dataclass
class ReindexResult:
    """What a rebuild found."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)  # one line each, with the reason


def reindex(
    engine: Engine,
    store: PictureStore,
    instance: Path,
    names: Mapping[str, str],
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
    *,
    set_aside: bool = False,
) -> ReindexResult:
    """Make the index say what the store holds; one transaction per category.

    ``names``: slug → display name; a category that is in none of them keeps the name it has, and a
    new one gets its slug with spaces. Rejected pictures stay rejected, and categories that are off
    stay off; what somebody put back of them leaves the store again. ``set_aside``: move what is
    skipped, unreadable files and copies, out of the store. Raises `IndexUnusable`,
    `StoreUnusable`.
    """
    quarantine = Quarantine(store, instance)
    outcome = ReindexResult()
    outcome.skipped.extend(_unsafe_names(store))
    settle(engine, quarantine)
    with engine.connect() as connection:
        slugs = set(connection.execute(select(category.c.slug)).scalars())
    for place in quarantine.places.values():
        slugs.update(place.categories())
    has_off = bool(quarantine.beside[OFF].categories())
    for slug in progress(sorted(slugs)):
        _reindex_category(
            engine, quarantine, slug, names, outcome, set_aside=set_aside, has_off=has_off
        )
    with writing(engine) as connection:
        outcome.counts["wrong counts mended"] += recount(connection)
    return outcome


def _reindex_category(
    engine: Engine,
    quarantine: Quarantine,
    slug: str,
    names: Mapping[str, str],
    outcome: ReindexResult,
    *,
    set_aside: bool,
    has_off: bool,
) -> None:
    skipped: dict[tuple[str, str], str] = {}  # (state, file) → the reason

    def read(state: str, files: Iterable[str]) -> dict[str, NewImage]:
        found = {}
        for file, data in quarantine.places[state].read_all(slug, files):
            try:
                if data is None:
                    raise BadPicture("it cannot be read")
                found[file] = read_row(file, data)
            except BadPicture as error:
                skipped[state, file] = error.message
        return found

    found = {state: read(state, place.files_of(slug)) for state, place in quarantine.places.items()}
    with writing(engine) as connection:
        category_id = _named_category(connection, slug, names)
        work = Reconciling(connection, quarantine, category_id, slug, found, has_off=has_off)
        work.look_again(read)
        work.reconcile()
    outcome.counts.update(work.counts)
    settle(engine, quarantine, work.moved)
    with writing(engine) as connection:
        work.move_out(connection)
    for (state, file), reason in (skipped | work.skipped).items():
        if set_aside and quarantine.discard(state, slug, [file]):
            outcome.counts["set aside"] += 1
        else:
            place = "" if state == LIVE else f"{FOLDERS[state]}/"
            outcome.skipped.append(f"{place}{slug}/{file}: {reason}")


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
