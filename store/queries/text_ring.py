"""The same picture for the same text: consistent hashing over the pictures' points on a ring.

A picture lies where the first 63 bits of its SHA-256 say. A text throws `PROBES` probes; at each
the next `NEXT` pictures are looked at, and of all these pairs the one with the least

    distance from the probe to the picture · SPREAD ^ u,    u uniform on [0, 1) by the pair

wins. Pictures compete with fixed scores, so one that is added takes texts only for itself and one
that is removed leaves only its own: the least movement there can be, but for one text in a
thousand whose picture is the last that a probe looks at. With distances alone
(Appleton and O'Reilly, "Multi-probe consistent hashing", 2015) no picture has much more than its
share, but one that lies close behind another is never met: of 600, one in thirty had less than
half. The second factor lets those behind win as well: at 10,000 pictures shares were between
0.63 and 1.16 of the mean, counted over 10 million texts.

Everything here decides which picture a text gives: none of it may change.
"""

import hashlib
import unicodedata
from collections.abc import Iterator

from core.errors import NonesuchError
from store.queries.reader import IndexReader
from store.queries.rows import PICTURE_COLUMNS, Picture

RING = 1 << 63
PROBES, NEXT, SPREAD = 24, 4, 256.0
LONGEST_BYTES = 1000
_MASK = (1 << 64) - 1

# the state is written out: the indexes of points hold live pictures alone
_LIVE = "state = 'live'"


def _candidates(where: str) -> str:
    """Return the one statement that asks all probes, and the ring's beginning for the last."""
    near = [
        f"SELECT * FROM (SELECT {k} AS probe, point FROM image WHERE {where} {_LIVE} "  # noqa: S608
        f"AND point >= :p{k} ORDER BY point LIMIT {NEXT}) near{k}"
        for k in range(PROBES)
    ]
    first = (
        f"SELECT * FROM (SELECT {PROBES} AS probe, point FROM image WHERE {where} {_LIVE} "  # noqa: S608
        f"ORDER BY point LIMIT {NEXT}) first"
    )
    return " UNION ALL ".join([*near, first])


CATEGORY = "SELECT id FROM category WHERE slug = :slug"
CANDIDATES = _candidates("")
CANDIDATES_IN = _candidates("category_id = :category AND")
_AT_POINT = f"""
SELECT {PICTURE_COLUMNS} FROM image i JOIN category c ON c.id = i.category_id
WHERE i.point = :point AND i.state = 'live' """  # noqa: S608
AT_POINT = _AT_POINT + "ORDER BY i.id LIMIT 1"
AT_POINT_IN = _AT_POINT + "AND i.category_id = :category ORDER BY i.id LIMIT 1"


class BadText(NonesuchError):
    """A text that gives no picture: empty or not Unicode."""


class LongText(BadText):
    """A text that is too long."""


def normal_text(text: str) -> str:
    """Return a text in Unicode's form NFC, so that é is é however it was typed.

    Raises `BadText` for an empty one and one whose address was not UTF-8, `LongText` for one of
    more than `LONGEST_BYTES` bytes of UTF-8.
    """
    # normalising makes no text shorter than a third (UAX #15), and takes long for a long one
    if len(text) <= LONGEST_BYTES * 3:
        text = unicodedata.normalize("NFC", text)
    if not text:
        raise BadText("there is no text", "for example: /seed/anything.webp")
    if "\ufffd" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadText("the text is not UTF-8", "encode it so, then with percent signs")
    if len(text) > LONGEST_BYTES or len(text.encode()) > LONGEST_BYTES:
        raise LongText(
            f"the text is longer than {LONGEST_BYTES} bytes", "take a hash of it as the text"
        )
    return text


def pictures_of_text(reader: IndexReader, text: str, slug: str | None = None) -> Iterator[Picture]:
    """Yield the picture of a text, then those that would take its place, of one category if given.

    Two or three statements for the first, whatever the number of pictures. The text as
    `normal_text` gives it. Yields nothing where there are no pictures.
    """
    inside: dict[str, object] = {}
    if slug is not None:
        known = reader.ask(CATEGORY, {"slug": slug})
        if not known:
            return
        inside = {"category": known[0][0]}
    keys = _keys(text)
    places = {f"p{k}": place for k, (place, _) in enumerate(keys)}
    rows = reader.ask(CANDIDATES_IN if inside else CANDIDATES, {**places, **inside})
    statement = AT_POINT_IN if inside else AT_POINT
    for point in ranking(keys, rows):
        found = reader.ask(statement, {"point": point, **inside})
        if found:  # else it was taken away in this moment
            yield reader.picture(found[0])


def _keys(text: str) -> list[tuple[int, int]]:
    """Return each probe's place on the ring, 63 bits, and its key, 64 bits."""
    stream = hashlib.shake_128(text.encode()).digest(16 * PROBES)
    return [
        (
            int.from_bytes(stream[start : start + 8]) >> 1,
            int.from_bytes(stream[start + 8 : start + 16]),
        )
        for start in range(0, 16 * PROBES, 16)
    ]


def ranking(keys: list[tuple[int, int]], rows: list[tuple[int, int]]) -> Iterator[int]:
    """Yield the points among the rows (probe, point), each probe's in order, best first."""
    near: list[list[int]] = [[] for _ in range(PROBES + 1)]
    for probe, point in rows:
        near[probe].append(point)
    first = near.pop()
    for (place, _), points in zip(keys, near, strict=True):
        # past the end of the ring its beginning follows, as far as it was not met already
        points += [point for point in first[: NEXT - len(points)] if point < place]
    taken: set[int] = set()
    while (best := _best(keys, near, taken)) is not None:
        yield best
        taken.add(best)


def _best(keys: list[tuple[int, int]], near: list[list[int]], taken: set[int]) -> int | None:
    least, best = RING * SPREAD, None
    for (place, key), points in zip(keys, near, strict=True):
        for point in points:
            distance = (point - place) % RING
            if distance >= least:
                break  # the factor is at least 1, and those that follow are farther
            if point not in taken:
                score = distance * SPREAD ** _uniform(point ^ key)
                if score < least:
                    least, best = score, point
    return best


def _uniform(value: int) -> float:
    """Return a number in [0, 1) from 64 bits: the finaliser of SplitMix64 (Steele et al., 2014)."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return (value ^ value >> 31) / 2.0**64
