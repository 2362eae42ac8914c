"""How each category fares: pictures, near-duplicates, diversity, rejects, suggested truncation."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store.curation.duplicates import is_hash, mean_difference, near_groups
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import Row, category, image

_CERTAIN = 3.0  # standard errors by which two shares must differ: many cuts are tried
_FEWEST = 10  # pictures on either side of a split


@dataclass(frozen=True, slots=True)
class CategoryReport:
    """One category in figures. Near-duplicates are those that could go: all but one a group."""

    slug: str
    name: str
    off: bool
    pictures: int  # live, or off where the category is
    rejected: int
    missing: int
    near_duplicates: int
    diversity: float | None  # mean share of hash bits in which two pictures differ: 0.5 is most
    truncations: tuple[float, float] | None  # of its pictures, rejected ones too
    suggested: tuple[float, float] | None  # where it can be told that another range is better
    reason: str = ""


def report(connection: Connection, slugs: Sequence[str] | None = None) -> Iterator[CategoryReport]:
    """Yield a report per category, by name; one category's rows are in memory at a time."""
    wanted = select(category.c.id, category.c.slug, category.c.name, category.c.off)
    if slugs is not None:
        wanted = wanted.where(category.c.slug.in_(slugs))
    for found in connection.execute(wanted.order_by(category.c.name, category.c.slug)).all():
        rows = connection.execute(
            select(
                image.c.id, image.c.state, image.c.phash, image.c.truncation
            ).where(image.c.category_id == found.id).order_by(image.c.id)
        ).all()  # fmt: skip
        yield _report_of(found, rows)


def _report_of(found: Row, rows: Sequence[Row]) -> CategoryReport:
    shown = [row for row in rows if row.state in (LIVE, OFF)]
    states = Counter(row.state for row in rows)
    hashed = [(row.id, row.phash) for row in shown if is_hash(row.phash)]
    groups = near_groups(hashed)
    drawn = [row.truncation for row in rows if row.truncation is not None]
    truncations = (min(drawn), max(drawn)) if drawn else None
    suggested, reason = None, ""
    if truncations is not None:
        repeated = {image_id for group in groups for image_id in group[1:]}
        suggested, reason = suggest(rows, repeated, truncations)
    return CategoryReport(
        slug=found.slug,
        name=found.name,
        off=found.off,
        pictures=len(shown),
        rejected=states[REJECTED],
        missing=states[MISSING],
        near_duplicates=sum(len(group) - 1 for group in groups),
        diversity=mean_difference(phash for _, phash in hashed),
        truncations=truncations,
        suggested=suggested,
        reason=reason,
    )


def suggest(
    rows: Sequence[Row], repeated: set[int], truncations: tuple[float, float]
) -> tuple[tuple[float, float] | None, str]:
    """Return a better range of truncation, where the pictures prove one, and why.

    Pictures of high truncation are the more varied and the more broken: where those above some
    value were rejected more often than those below, the range ends there. Those of low truncation
    resemble each other: where they repeat more often, it begins there.
    """
    low, high = truncations
    judged = [(row.truncation, row.state == REJECTED) for row in rows
              if row.truncation is not None and row.state in (LIVE, OFF, REJECTED)]  # fmt: skip
    live = [(t, row.id in repeated) for row in rows
            if (t := row.truncation) is not None and row.state in (LIVE, OFF)]  # fmt: skip
    reasons = []
    top = _split(judged, bad_above=True)
    if top is not None:
        high = top[0]
        reasons.append(f"{top[1]:.0%} above it were rejected, {top[2]:.0%} below")
    bottom = _split([(t, bad) for t, bad in live if t <= high], bad_above=False)
    if bottom is not None:
        low = bottom[0]
        reasons.append(f"{bottom[1]:.0%} below it repeat others, {bottom[2]:.0%} above")
    if not reasons:
        return None, ""
    return (low, high), "; ".join(reasons)


def _split(
    marked: Sequence[tuple[float, bool]], *, bad_above: bool
) -> tuple[float, float, float] | None:
    """Return where to cut, the share of bad ones beyond it and the share before, or None.

    The cut with the greatest difference in standard errors (two-proportion z), if that exceeds
    `_CERTAIN`; at least `_FEWEST` pictures on either side.
    """
    ordered = sorted(marked, key=lambda pair: pair[0] if bad_above else -pair[0])
    total, bad_total = len(ordered), sum(bad for _, bad in ordered)
    best: tuple[float, float, float] | None = None
    most = _CERTAIN
    bad_before = 0
    for place in range(1, total):
        value, bad = ordered[place - 1]
        bad_before += bad
        if ordered[place][0] == value or not _FEWEST <= place <= total - _FEWEST:
            continue
        before, beyond = bad_before / place, (bad_total - bad_before) / (total - place)
        pooled = bad_total / total
        error = (pooled * (1 - pooled) * (1 / place + 1 / (total - place))) ** 0.5
        if error and (beyond - before) / error > most:
            most, best = (beyond - before) / error, (value, beyond, before)
    return best
