"""Pictures that look alike, named by the files that they came from."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Engine, select

from core.gathering.census import NAMED_AT_MOST
from store.curation.duplicates import is_hash, near_groups
from store.index.states import LIVE
from store.index.tables import category, image

_IN_A_LINE = 4


def alike(engine: Engine, labels: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield lines that name new pictures which look like others of their category.

    ``labels``: (slug, file) of the new ones → what they were called before.
    """
    groups: list[list[str]] = []
    for slug in sorted({slug for slug, _ in labels}):
        statement = (
            select(image.c.id, image.c.file, image.c.phash)
            .join(category)
            .where(category.c.slug == slug, image.c.state == LIVE)
        )
        with engine.connect() as connection:
            rows = {row.id: row for row in connection.execute(statement) if is_hash(row.phash)}
        for ids in near_groups((row.id, row.phash) for row in rows.values()):
            files = [rows[each].file for each in ids]
            if any((slug, file) in labels for file in files):
                groups.append([labels.get((slug, file), f"{slug}/{file}") for file in files])
    for names in groups[:NAMED_AT_MOST]:
        more = len(names) - _IN_A_LINE
        rest = f" and {more:,} more" if more > 0 else ""
        yield f"look alike: {', '.join(names[:_IN_A_LINE])}{rest}"
    if groups:
        several = "group looks" if len(groups) == 1 else "groups look"
        yield (
            f"{len(groups):,} {several} alike, and all were taken; see them at /curate/duplicates, "
            "or with: flask curate duplicates"
        )
