"""The index, rebuilt from the store alone: generated pictures and plain ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from core.gathering.census import Census
from pregen.indexing.reconciling import Reconciling
from pregen.indexing.recounting import recount
from pregen.indexing.stamps import Stamps, forget
from store.categories.renaming import gather
from store.curation.settling import settle
from store.files.protocol import PictureStore
from store.files.quarantine import FOLDERS, Quarantine
from store.files.reading import full_rows, new_image, read_row
from store.formats.adoption import category_name_of
from store.formats.encoding import BadPicture
from store.index.category_names import aliases
from store.index.database import writing
from store.index.states import LIVE, OFF
from store.index.tables import category
from store.index.writes import NewImage, ensure_category, name_as_model


@dataclass
class ReindexResult:
    """What a rebuild found."""

    counts: Counter[str] = field(default_factory=Counter)
    census: Census = field(default_factory=Census)  # of the store's files
    beside: list[str] = field(default_factory=list)  # skipped beside the store, a line each

    @property
    def skipped(self) -> list[str]:
        """Return a line per file that was not taken, with the reason."""
        return [*(each.line for each in self.census.left_out), *self.beside]


def reindex(
    engine: Engine,
    store: PictureStore,
    instance: Path,
    names: Mapping[str, str],
    progress: Callable[[int], Callable[[int], object]] = lambda _: lambda _: None,
    *,
    set_aside: bool = False,
    full: bool = False,
) -> ReindexResult:
    """Make the index say what the store holds; one transaction per category.

    ``names``: slug → display name; a category that is in none of them keeps the name it has, and a
    new one gets its slug with spaces. Rejected pictures stay rejected, and categories that are off
    stay off; what somebody put back of them leaves the store again. ``progress``: given how many
    files there are, returns what is told how many more were looked at. ``set_aside``: move what is
    skipped, unreadable files and copies, out of the store. ``full``: read also files that have the
    size and time that they had when they were read. Raises `IndexUnusable`, `StoreUnusable`.
    """
    if full:
        forget(instance)
    quarantine = Quarantine(store, instance)
    settle(engine, quarantine)
    gather(engine, quarantine)
    outcome = ReindexResult(census=store.census())
    with engine.connect() as connection:
        slugs = set(connection.execute(select(category.c.slug)).scalars())
    files = outcome.census.taken
    for state, place in quarantine.places.items():
        found = place.categories()
        slugs.update(found)
        files += sum(len(place.files_of(slug)) for slug in found) if state != LIVE else 0
    with engine.connect() as connection:
        slugs.difference_update(aliases(connection))  # an empty folder may be called so still
    has_off = bool(quarantine.beside[OFF].categories())
    looked_at = progress(files)
    for slug in sorted(slugs):
        work = _Category(engine, quarantine, slug, instance, looked_at)
        work.reindex(names, outcome, set_aside=set_aside, has_off=has_off)
    with writing(engine) as connection:
        outcome.counts["wrong counts mended"] += recount(connection)
    return outcome


class _Category:
    """The work on one category: its files are read, then its rows changed."""

    def __init__(
        self, engine: Engine, quarantine: Quarantine, slug: str, instance: Path,
        looked_at: Callable[[int], object],
    ) -> None:  # fmt: skip
        self._engine, self._quarantine, self._slug = engine, quarantine, slug
        self._looked_at = looked_at
        self._skipped: dict[tuple[str, str], str] = {}  # (state, file) → the reason
        self._stamps = {
            state: Stamps(instance, place, state, slug)
            for state, place in quarantine.places.items()
        }

    def reindex(
        self, names: Mapping[str, str], outcome: ReindexResult, *, set_aside: bool, has_off: bool
    ) -> None:
        """Read what changed, and bring the rows to it."""
        quarantine, slug = self._quarantine, self._slug
        found = {state: self._find(state) for state in quarantine.places}
        with writing(self._engine) as connection:
            category_id = _named_category(connection, slug, names, self._own_name)
            work = Reconciling(connection, quarantine, category_id, slug, found, has_off=has_off)
            work.look_again(self._read)
            work.reconcile()
        outcome.counts.update(work.counts)
        settle(self._engine, quarantine, work.moved)
        with writing(self._engine) as connection:
            work.move_out(connection)
        for state, stamps in self._stamps.items():
            stamps.keep({file: new.sha256 for file, new in found[state].items()})
        for (state, file), reason in (self._skipped | work.skipped).items():
            self._tell(state, file, reason, outcome, set_aside=set_aside)

    def _find(self, state: str) -> dict[str, NewImage]:
        """Return the readable files where pictures of a state lie; only what changed is read."""
        with self._engine.connect() as connection:
            rows = {row.file: row for row in full_rows(connection, self._slug, state)}
        stamps = self._stamps[state]
        unchanged = stamps.unchanged({file: row.sha256 for file, row in rows.items()})
        self._looked_at(len(unchanged))
        read = self._read(state, [file for file in stamps.files if file not in unchanged])
        found = {file: new_image(rows[file]) for file in unchanged} | read
        return {file: found[file] for file in stamps.files if file in found}

    def _read(self, state: str, files: Iterable[str]) -> dict[str, NewImage]:
        found = {}
        for file, data in self._quarantine.places[state].read_all(self._slug, files):
            try:
                if data is None:
                    raise BadPicture("it cannot be read")
                found[file] = read_row(file, data)
            except BadPicture as error:
                self._skipped[state, file] = error.message
            self._looked_at(1)
        return found

    def _own_name(self) -> str:
        """Return what adopted pictures call the category, else its slug with spaces."""
        for state, stamps in self._stamps.items():
            for _, data in self._quarantine.places[state].read_all(self._slug, stamps.files[:3]):
                if name := category_name_of(data or b""):
                    return name
        return self._slug.replace("_", " ")

    def _tell(
        self, state: str, file: str, reason: str, outcome: ReindexResult, *, set_aside: bool
    ) -> None:
        """Note that a file was not taken in, or set it aside."""
        census = outcome.census
        if state == LIVE:
            census.taken -= 1
        if set_aside and self._quarantine.discard(state, self._slug, [file]):
            outcome.counts["set aside"] += 1
            census.others["set aside"] += state == LIVE
        elif state == LIVE:
            what, _, detail = reason.partition(" (")
            # a copy is not lost: the picture is there
            is_lost = (state, file) in self._skipped
            census.leave_out(
                f"{self._slug}/{file}", what, detail.removesuffix(")"), looks_like_picture=is_lost
            )
        else:
            outcome.beside.append(f"{FOLDERS[state]}/{self._slug}/{file}: {reason}")


def _named_category(
    connection: Connection, slug: str, names: Mapping[str, str], own_name: Callable[[], str]
) -> int:
    """Return the id of a category, made if it is new, under the name that it shall have.

    ``own_name``: what its pictures call it, asked where no model does and the index does not know.
    """
    known = connection.execute(select(category.c.id).where(category.c.slug == slug)).scalar()
    if known is None:
        return ensure_category(connection, slug, names.get(slug) or own_name())
    if slug in names:
        name_as_model(connection, slug, names[slug])
    return int(known)
