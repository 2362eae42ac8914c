"""Looking through the store: page by page, picture by picture, at the same cost for any number.

Live pictures are numbered 0 … total-1, category after category in the order of ``category.ord``
and within one by ``image.ord``. Both are dense, so a page of a category is a range of one index,
and any number is two look-ups: nothing is counted, skipped or sorted. That takes the counts of all
categories, which are kept until the index changes; PostgreSQL does not say when, so there they are
read each time, and thousands of them cost a millisecond.

The gallery of everything shows the numbers in the order of one fixed shuffle
(`store.queries.shuffle`): neighbours are of different kinds, and there is no other order that says
where a picture is without looking at those before it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from store.queries.reader import IndexReader
from store.queries.rows import PICTURE_COLUMNS, Picture, hash_range
from store.queries.shuffle import Walk, permute, place_of

PAGE = 48  # fills rows of 2, 3, 4, 6 and 8
MOST_ASKED = 120  # pictures that are asked for by name at once
GALLERY_KEY = 0x6E6F6E65  # of the order in which the gallery shows everything

COUNTS = "SELECT slug, name, n FROM category WHERE ord IS NOT NULL ORDER BY ord"
COUNT_OF = "SELECT slug, name, n FROM category WHERE slug = :slug AND ord IS NOT NULL"
PAGE_OF = f"""
SELECT {PICTURE_COLUMNS} FROM category c JOIN image i ON i.category_id = c.id
WHERE c.slug = :slug AND i.ord >= :first AND i.ord < :end ORDER BY i.ord
"""  # noqa: S608
# of the picture that a walk began with, which has to be live: where it is
PLACE_OF = """
SELECT c.slug, i.ord FROM image i JOIN category c ON c.id = i.category_id
WHERE i.sha256 >= :low AND i.sha256 < :high AND i.state = 'live' ORDER BY i.sha256, i.id LIMIT 1
"""
# CAST: PostgreSQL takes parameters of a VALUES list for text
_PLACES = ", ".join(
    f"(CAST(:slug_{i} AS VARCHAR(100)), CAST(:ord_{i} AS BIGINT))" for i in range(PAGE)
)
AT_PLACES = f"""
WITH wanted (slug, ord) AS (VALUES {_PLACES})
SELECT {PICTURE_COLUMNS} FROM wanted w
CROSS JOIN category c CROSS JOIN image i
WHERE c.slug = w.slug AND i.category_id = c.id AND i.ord = w.ord
"""  # noqa: S608
_HASHES = ", ".join(f"(CAST(:hash_{i} AS VARCHAR(64)))" for i in range(MOST_ASKED))
BY_HASHES = f"""
WITH wanted (hash) AS (VALUES {_HASHES})
SELECT {PICTURE_COLUMNS} FROM wanted w
CROSS JOIN image i CROSS JOIN category c
WHERE i.sha256 >= w.hash AND i.sha256 < w.hash || 'g' AND c.id = i.category_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category that has live pictures, and the number of its first."""

    slug: str
    name: str
    pictures: int
    first: int


class Shelves:
    """The categories in the order in which their pictures are numbered."""

    def __init__(self, rows: Sequence[tuple[str, str, int]]) -> None:
        ends = list(accumulate(n for _, _, n in rows))
        self._firsts = [0, *ends[:-1]] if rows else []
        self.shelves = [
            Shelf(slug, name, n, first)
            for (slug, name, n), first in zip(rows, self._firsts, strict=True)
        ]
        self.total = ends[-1] if ends else 0
        self._by_slug = {shelf.slug: shelf for shelf in self.shelves}

    def place(self, number: int) -> tuple[str, int]:
        """Return a picture's category and ordinal; 0 ≤ number < total."""
        shelf = self.shelves[bisect_right(self._firsts, number) - 1]
        return shelf.slug, number - shelf.first

    def number(self, slug: str, ordinal: int | None) -> int | None:
        """Return a picture's number, None where it is not live or its category has gone."""
        shelf = self._by_slug.get(slug)
        if shelf is None or ordinal is None or ordinal >= shelf.pictures:
            return None
        return shelf.first + ordinal


class Gallery:
    """Questions to one reader of the index; each raises `IndexUnusable` as that does."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader

    def shelves(self) -> Shelves:
        """Return all categories that have live pictures."""
        return self._reader.ask_kept(COUNTS, self._shelves)

    def _shelves(self, rows: Sequence[tuple[str, str, int]]) -> Shelves:
        return Shelves([(slug, self._reader.name(slug, name), n) for slug, name, n in rows])

    def shelf(self, slug: str) -> Shelf | None:
        """Return one category (its ``first`` is 0), None where it has no live pictures."""
        rows = self._reader.ask(COUNT_OF, {"slug": slug})
        for found, name, pictures in rows:
            return Shelf(found, self._reader.name(found, name), pictures, 0)
        return None

    def page_of(self, slug: str, first: int, number: int = PAGE) -> list[Picture]:
        """Return pictures of a category from an ordinal on."""
        values = {"slug": slug, "first": first, "end": first + number}
        return [self._reader.picture(row) for row in self._reader.ask(PAGE_OF, values)]

    def page(self, shelves: Shelves, first: int, number: int = PAGE) -> list[Picture]:
        """Return pictures of the gallery of everything, from a place on; at most `PAGE`."""
        places = range(max(0, first), min(first + number, shelves.total))
        return self._at(
            [shelves.place(permute(GALLERY_KEY, place, shelves.total)) for place in places]
        )

    def place(self, shelves: Shelves, picture: Picture) -> int | None:
        """Return where a picture hangs in the gallery of everything."""
        number = shelves.number(picture.category, picture.ord)
        return None if number is None else place_of(GALLERY_KEY, number, shelves.total)

    def is_at_its_address(self, picture: Picture) -> bool:
        """Say whether /i/<hash> shows this row, and not another with the same bytes."""
        shown = self._reader.by_hash(picture.short_hash)
        return shown is not None and shown.id == picture.id

    def step(self, walk: Walk) -> Picture | None:
        """Return what a step of a walk shows; None where the store is empty, or just changed."""
        shelves = self.shelves()
        if not shelves.total:
            return None
        first = self._number_of(shelves, walk.first) if walk.first else None
        number = walk.number(shelves.total, first)
        found = self.page_of(*shelves.place(number), 1)
        return found[0] if found else None

    def _number_of(self, shelves: Shelves, short_hash: str) -> int | None:
        """Return a live picture's number, at half the cost of asking for all of the picture."""
        found = self._reader.ask(PLACE_OF, hash_range(short_hash))
        return shelves.number(*found[0]) if found else None

    def by_hashes(self, hashes: Sequence[str]) -> list[Picture]:
        """Return the pictures of any state with these short hashes, in their order.

        At most `MOST_ASKED`; of several with one hash a live one. What is unknown is left out.
        """
        padded = [*hashes[:MOST_ASKED], *["-"] * (MOST_ASKED - len(hashes))]
        values = {f"hash_{i}": short_hash for i, short_hash in enumerate(padded)}
        found: dict[str, Picture] = {}
        for row in self._reader.ask(BY_HASHES, values):
            picture = self._reader.picture(row)
            known = found.get(picture.short_hash)
            if known is None or known.ord is None:
                found[picture.short_hash] = picture
        return [found[short_hash] for short_hash in hashes if short_hash in found]

    def _at(self, places: list[tuple[str, int]]) -> list[Picture]:
        padded = [*places, *[("", -1)] * (PAGE - len(places))]
        values: dict[str, object] = {}
        for i, (slug, ordinal) in enumerate(padded):
            values[f"slug_{i}"] = slug
            values[f"ord_{i}"] = ordinal
        found = {
            (picture.category, picture.ord): picture
            for picture in map(self._reader.picture, self._reader.ask(AT_PLACES, values))
        }
        return [found[place] for place in places if place in found]
