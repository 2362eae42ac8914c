"""What the owner can do, over one opened index: for the pages and for `flask curate`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, func, select

from app.curate.report_cache import Reports
from app.http.errors import NotCuratedHere
from core.settings import Settings
from store.curation.duplicates import is_hash, near_groups
from store.curation.log import Act, last_act, new_batch
from store.curation.reject import reject_images, restore_images
from store.curation.report import CategoryReport
from store.curation.switch import switch_off, switch_on
from store.curation.undo import Undone, undo
from store.curation.wall import WallPage, copies_of, find_images, page_of, tiles_of
from store.files.protocol import PictureStore
from store.index.category_names import find_slugs
from store.index.database import check_revision, open_engine
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import category, image
from store.index.writability import why_not_writable
from store.queries.rows import Entry

_PAGE = 1000


@dataclass(frozen=True)
class Named:
    """Pictures that were named, and others with the same bytes, which go and come with them."""

    tiles: list[Entry]
    copies: list[Entry]

    @property
    def all(self) -> list[Entry]:
        """Both."""
        return [*self.tiles, *self.copies]


class Curating:
    """One owner's session with the index; close it, or use it in a with statement.

    Raises `IndexMissing`, `IndexUnusable` and, with ``write``, `NotCuratedHere` at once.
    """

    def __init__(self, settings: Settings, store: PictureStore, *, write: bool) -> None:
        self._settings = settings
        self._reading = open_engine(settings)
        check_revision(self._reading)
        if write and (reason := why_not_writable(settings)):
            raise NotCuratedHere(
                f"nothing can be curated here: {reason}",
                "do it where the pictures are made, then deploy them",
            )
        self.engine: Engine = open_engine(settings, write=True) if write else self._reading
        self._store = store
        self._instance = settings.instance_folder

    def __enter__(self) -> "Curating":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the index go: nothing stays open for writing."""
        self.engine.dispose()
        self._reading.dispose()

    def find(self, names: Sequence[str | Path], *states: str) -> Named:
        """Return pictures in some states by their names, and those that hold the same bytes.

        Raises `store.queries.reader.UnknownPicture`.
        """
        with self._reading.connect() as connection:
            tiles = find_images(connection, names)
            copies = copies_of(connection, tiles)
        return Named(
            [tile for tile in tiles if tile.state in states],
            [tile for tile in copies if tile.state in states],
        )

    def reject(self, names: Sequence[str | Path]) -> Named:
        """Reject pictures, and all that hold the same bytes; return those that were shown.

        Also those of categories that are off: they would be shown again with it.
        """
        found = self.find(names, LIVE, OFF)
        ids = [tile.id for tile in found.all]
        reject_images(self.engine, self._store, self._instance, ids)
        return found

    def restore(self, names: Sequence[str | Path]) -> Named:
        """Take rejected pictures back, and all that hold the same bytes; return those that came."""
        found = self.find(names, REJECTED)
        ids = [tile.id for tile in found.all]
        restore_images(self.engine, self._store, self._instance, ids)
        with self._reading.connect() as connection:
            came = {tile.id for tile in tiles_of(connection, ids) if tile.state != REJECTED}
        return Named(
            [tile for tile in found.tiles if tile.id in came],
            [tile for tile in found.copies if tile.id in came],
        )

    def switch(self, slugs: Sequence[str], *, off: bool) -> dict[str, int]:
        """Switch categories off or on, all undone at once; return how many pictures of each.

        ``slugs``: any names of theirs. Raises `core.slugs.UnknownSlug` before anything is done.
        """
        slugs = self.find_slugs(slugs)
        batch = new_batch()
        act = switch_off if off else switch_on
        return {slug: act(self.engine, self._store, self._instance, slug, batch) for slug in slugs}

    def undo(self) -> Undone | None:
        """Take back what was done last; return it, and how many pictures changed."""
        return undo(self.engine, self._store, self._instance)

    def last_act(self) -> Act | None:
        """Return what `undo` would take back."""
        with self._reading.connect() as connection:
            return last_act(connection)

    def page(self, slug: str | None, state: str, after: int, limit: int) -> WallPage:
        """Return a page of the wall."""
        with self._reading.connect() as connection:
            return page_of(connection, slug, state, after=after, limit=limit)

    def walk(self, slug: str | None, state: str) -> Iterator[Entry]:
        """Yield all pictures of a state, page by page. Raises `core.slugs.UnknownSlug`."""
        if slug is not None:
            slug = self.find_slugs([slug])[0]
        after: int | None = 0
        while after is not None:
            page = self.page(slug, state, after, _PAGE)
            yield from page.tiles
            after = page.after

    def near_duplicates(self, slug: str | None = None) -> Iterator[list[Entry]]:
        """Yield groups of live pictures that look alike, within each category."""
        if slug is not None:
            slug = self.find_slugs([slug])[0]
        for each in [slug] if slug is not None else self.slugs():
            with self._reading.connect() as connection:
                hashes = connection.execute(
                    select(image.c.id, image.c.phash)
                    .join(category)
                    .where(category.c.slug == each, image.c.state == LIVE)
                    .order_by(image.c.id)
                ).all()
            groups = near_groups((row.id, row.phash) for row in hashes if is_hash(row.phash))
            for group in groups:
                with self._reading.connect() as connection:
                    tiles = tiles_of(connection, group)
                yield tiles

    def superfluous(self, groups: Sequence[Sequence[Entry]]) -> list[Entry]:
        """Return all but the first of each group, less those of which a copy would go along.

        Pictures with the same bytes go together (`reject`), so one whose copy is to stay, as the
        first of a group or in another category, stays as well.
        """
        extra = {tile.id: tile for group in groups for tile in group[1:]}
        with self._reading.connect() as connection:
            copies = copies_of(connection, list(extra.values()))
        staying = {tile.sha256 for tile in copies if tile.state in (LIVE, OFF)}
        return [tile for tile in extra.values() if tile.sha256 not in staying]

    def some_near_duplicates(
        self, slug: str | None, after: int, count: int
    ) -> tuple[list[list[Entry]], bool]:
        """Return some groups, and whether there are more.

        ``after``: the id of the picture with which the last group of the page before began, be it
        live or rejected; 0 for the first page.
        """
        groups = self.near_duplicates(slug)
        with self._reading.connect() as connection:
            last = tiles_of(connection, [after]) if after else []
        if last:
            place = {each: number for number, each in enumerate(self.slugs())}
            seen = place.get(last[0].category, -1), after
            groups = (g for g in groups if (place[g[0].category], g[0].id) > seen)
        found = list(islice(groups, count + 1))
        return found[:count], len(found) > count

    def reports(self, kept: Reports) -> list[CategoryReport]:
        """Return a report per category, by name."""
        with self._reading.connect() as connection:
            return kept.all(connection)

    def is_off(self, slug: str) -> bool:
        """Say whether a category is switched off."""
        with self._reading.connect() as connection:
            off = select(category.c.off).where(category.c.slug == slug)
            return bool(connection.execute(off).scalar())

    def name(self, slug: str) -> str:
        """Return a category's display name."""
        with self._reading.connect() as connection:
            name = select(category.c.name).where(category.c.slug == slug)
            return str(connection.execute(name).scalar_one())

    def counts(self, slug: str) -> dict[str, int]:
        """Return how many pictures of a category are in each state."""
        with self._reading.connect() as connection:
            rows = connection.execute(
                select(image.c.state, func.count().label("n"))
                .join(category)
                .where(category.c.slug == slug)
                .group_by(image.c.state)
            ).all()
        return {row.state: row.n for row in rows}

    def slugs(self) -> list[str]:
        """Return the slugs of all categories, also of those that are off, by name."""
        with self._reading.connect() as connection:
            rows = connection.execute(select(category.c.slug, category.c.name)).all()
        return [row.slug for row in sorted(rows, key=lambda row: (row.name.casefold(), row.slug))]

    def find_slugs(self, words: Sequence[str]) -> list[str]:
        """Return the slugs of categories, each once. Raises `core.slugs.UnknownSlug`.

        ``words``: any names of theirs, also former ones.
        """
        with self._reading.connect() as connection:
            return find_slugs(connection, words)
