"""The report per category, made again only for those that changed since it was last looked at."""

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

if TYPE_CHECKING:
    from store.curation.report import CategoryReport


class Reports:
    """Keeps one report per category, as long as its pictures are the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, CategoryReport]] = {}
        self._making = threading.Lock()

    def all(self, connection: Connection) -> "list[CategoryReport]":
        """Return all categories' reports, by name."""
        from store.curation.report import report

        marks = self._marks(connection)
        with self._making:
            changed = [s for s, mark in marks.items() if self._kept.get(s, (None,))[0] != mark]
            for start in range(0, len(changed), 500):
                for made in report(connection, changed[start : start + 500]):
                    self._kept[made.slug] = (marks[made.slug], made)
            self._kept = {slug: self._kept[slug] for slug in marks if slug in self._kept}
            found = [made for _, made in self._kept.values()]
        return sorted(found, key=lambda made: (made.name.casefold(), made.slug))

    @staticmethod
    def _marks(connection: Connection) -> dict[str, Hashable]:
        """Return what changes when a category's pictures do: how many, and the sum of their ids."""
        from store.index.tables import category, image  # 50 ms that the other pages do without

        rows = connection.execute(
            select(
                category.c.slug, category.c.name, category.c.off, image.c.state,
                func.count(image.c.id).label("n"), func.sum(image.c.id).label("ids"),
            )
            .outerjoin(image)
            .group_by(category.c.slug, category.c.name, category.c.off, image.c.state)
            .order_by(category.c.slug, image.c.state)
        )  # fmt: skip
        marks: dict[str, tuple[object, ...]] = {}
        for row in rows:
            mark = (row.name, row.off, row.state, row.n, int(row.ids or 0))
            marks[row.slug] = (*marks.get(row.slug, ()), mark)
        return dict(marks)
