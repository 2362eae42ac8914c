"""One picture that somebody sends into a category, as `flask adopt` takes one from a folder."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from core.settings import Settings
from core.slugs import UnknownSlug, checked_name, slugs_of
from store.adopting.known import KnownOriginals, row_for
from store.adopting.recording import GroupWriter
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.formats.encoding import Format
from store.index.category_names import find_slug, slugs_by_name
from store.index.states import REJECTED
from store.index.tables import category


@dataclass(frozen=True)
class Taken:
    """Where a picture is now, or was before."""

    slug: str
    file: str
    outcome: str  # taken, there already or rejected before


def category_for(connection: Connection, word: str) -> tuple[str, str]:
    """Return slug and name of the category that a word names; of a new one where none has it.

    Raises `core.slugs.BadCategoryName`.
    """
    name = checked_name(word)
    try:
        slug = find_slug(connection, name)
    except UnknownSlug:
        known = slugs_by_name(connection)
        return slugs_of([name], known)[name], name
    named = category.select().where(category.c.slug == slug)
    return slug, str(connection.execute(named).one().name)


def take_in(
    engine: Engine, store: PictureStore, settings: Settings, place: tuple[str, str],
    original: str, data: bytes, chosen: Format,
) -> Taken:  # fmt: skip
    """Put a converted picture into a category.

    ``place``: slug and name; ``original``: SHA-256 of the file that was converted to ``data``.
    Raises `IndexUnusable`, `StoreUnusable`.
    """
    with engine.connect() as connection:
        known = KnownOriginals(connection, Quarantine(store, settings.instance_folder), original)
    there = known.find(original)
    row = row_for(data, original, chosen)
    if there is None:
        there = GroupWriter(engine, store, settings).record(*place, [(row, data)]).get(row.file)
    if there is None:
        return Taken(place[0], row.file, "taken")
    rejected = there.state == REJECTED
    return Taken(there.slug, there.file, "rejected before" if rejected else "there already")
