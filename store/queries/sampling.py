"""Several different pictures at once, drawn as one is: uniform over categories, then over pictures.

Without replacement in both steps: each is drawn among the categories that have pictures left, then
among the pictures that this one has left. Two statements, of which the first reads the counts of
the categories and the second as many pictures as are wanted; no cost depends on how many there are.
"""

import random

from store.queries.reader import IndexReader
from store.queries.rows import ENTRY_COLUMNS, Entry

MOST = 100

COUNTS = "SELECT id, n FROM category WHERE n > 0"
COUNT_OF = "SELECT id, n FROM category WHERE slug = :slug AND n > 0"
_random = random.SystemRandom()


def at_places(number: int) -> str:
    """Return the statement for so many pictures by category and ordinal."""
    # CAST: PostgreSQL takes parameters of a VALUES list for text
    places = ", ".join(f"(CAST(:c{i} AS BIGINT), CAST(:o{i} AS BIGINT))" for i in range(number))
    # CROSS JOIN: SQLite then looks up in this order
    return f"""
WITH wanted (category_id, ord) AS (VALUES {places})
SELECT {ENTRY_COLUMNS} FROM wanted w CROSS JOIN image i CROSS JOIN category c
WHERE i.category_id = w.category_id AND i.ord = w.ord AND c.id = i.category_id
"""  # noqa: S608


# two lengths, filled up by repeating: a statement is prepared once
_LENGTHS = (16, MOST)
AT_PLACES = {length: at_places(length) for length in _LENGTHS}


def different_pictures(reader: IndexReader, number: int, slug: str | None = None) -> list[Entry]:
    """Return so many different live pictures in random order, of one category if given.

    ``number``: at most `MOST`. Fewer where there are fewer.
    """
    rows = reader.ask(COUNTS, {}) if slug is None else reader.ask(COUNT_OF, {"slug": slug})
    drawn = _draw(dict(rows), number)
    if not drawn:
        return []
    length = next(length for length in _LENGTHS if length >= len(drawn))
    values = {}
    for i in range(length):
        values[f"c{i}"], values[f"o{i}"] = drawn[min(i, len(drawn) - 1)]
    found = {entry.id: entry for entry in map(reader.entry, reader.ask(AT_PLACES[length], values))}
    pictures = list(found.values())
    _random.shuffle(pictures)
    return pictures


def _draw(counts: dict[int, int], number: int) -> list[tuple[int, int]]:
    """Return different places: category and ordinal."""
    left = list(counts)
    taken: dict[int, set[int]] = {}
    drawn: list[tuple[int, int]] = []
    while left and len(drawn) < number:
        at = _random.randrange(len(left))
        category = left[at]
        used = taken.setdefault(category, set())
        place = _left_over(counts[category], used)
        used.add(place)
        drawn.append((category, place))
        if len(used) == counts[category]:
            left[at] = left[-1]
            left.pop()
    return drawn


def _left_over(total: int, used: set[int]) -> int:
    """Return one of 0 … total-1 that is not used, each as likely."""
    if total > 2 * len(used):
        while (place := _random.randrange(total)) in used:
            pass
        return place
    return _random.choice([place for place in range(total) if place not in used])
