"""Every name of a category leads to it: its slug, its display name, and what it was called before.

No alias is the slug of a category: whoever would make a category under one gets the category that
it leads to (`store.index.writes.ensure_category`).
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from core.errors import NonesuchError
from core.slugs import check_known, same_name
from store.index.tables import alias, category


class RenamedMeanwhile(NonesuchError):
    """A category that was renamed or merged while pictures were made for it."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"the category {slug} was renamed or merged meanwhile",
            "run the same command again: it goes on in the new place",
        )


def slug_of(connection: Connection, slug: str) -> str:
    """Return the slug of the category that is, or was, called so; itself where none is."""
    statement = select(category.c.slug).join(alias).where(alias.c.slug == slug)
    return str(connection.execute(statement).scalar() or slug)


def aliases(connection: Connection) -> dict[str, str]:
    """Return former slug → slug."""
    rows = connection.execute(
        select(alias.c.slug, category.c.slug.label("now")).join_from(alias, category)
    )
    return {row.slug: row.now for row in rows}


def slugs_by_name(connection: Connection) -> dict[str, str]:
    """Return display name or former name → slug; a name that categories share is the oldest's."""
    now = connection.execute(select(category.c.name, category.c.slug).order_by(category.c.id))
    found: dict[str, str] = {}
    for row in now:
        found.setdefault(row.name, row.slug)
    before = select(alias.c.slug, alias.c.name, category.c.slug.label("now"))
    before = before.join_from(alias, category)
    for former in connection.execute(before.order_by(alias.c.slug)):
        found.setdefault(former.name, former.now)
        found.setdefault(former.slug, former.now)
    return found


def find_slug(connection: Connection, word: str) -> str:
    """Return the slug of the category that a word names: by any of its names, in any case.

    Raises `core.slugs.UnknownSlug`.
    """
    word = word.strip()[:200]
    slugs = list(connection.execute(select(category.c.slug).order_by(category.c.slug)).scalars())
    if word in slugs:
        return word
    by_name: dict[str, str] = {}
    for name, slug in slugs_by_name(connection).items():
        by_name.setdefault(same_name(name), slug)
    for slug in slugs:
        by_name.setdefault(same_name(slug), slug)
    known = dict.fromkeys([*slugs, *aliases(connection)])
    return by_name.get(same_name(word)) or check_known(word, known, "category in the index")


def find_slugs(connection: Connection, words: Iterable[str]) -> list[str]:
    """Return the slugs that words name, each once. Raises `core.slugs.UnknownSlug`."""
    return list(dict.fromkeys(find_slug(connection, word) for word in words))
