"""Files follow their rows: what an act has changed in the index is done to the files afterwards.

An act commits its rows and, with them, where each picture's file lies by then (`mark`). `settle`
moves the files and strikes that out. Where it is stopped, or a folder or bucket refuses, the next
act of whatever kind goes on with it. A crash leaves a file too many, never one too few.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine, delete, insert, select, tuple_, update

from store.curation.log import rename
from store.files.protocol import digest, names_of
from store.files.quarantine import FOLDERS, Quarantine, copy
from store.index.database import writing
from store.index.tables import Row, category, image, unmoved

_Each = TypeVar("_Each")
AT_ONCE = 64  # pictures per commit: other writers wait for as long as one takes


def mark(connection: Connection, where: Sequence[tuple[int, str, str]]) -> None:
    """Write down pictures whose files are to follow: row id, state and name that a file has now."""
    if not where:
        return
    ids = [image_id for image_id, _, _ in where]
    for some in portions(ids, 500):
        connection.execute(delete(unmoved).where(unmoved.c.image_id.in_(some)))
    connection.execute(
        insert(unmoved),
        [{"image_id": image_id, "state": state, "file": file} for image_id, state, file in where],
    )


def settle(engine: Engine, quarantine: Quarantine, image_ids: Sequence[int] = ()) -> None:
    """Bring files to where their rows say: of these pictures first, then what others left.

    Under the index's lock: two who act on one picture do not move its file past each other.
    Raises `IndexUnusable`, `StoreUnusable`.
    """
    with engine.connect() as connection:
        left = list(
            connection.execute(
                select(unmoved.c.image_id).order_by(unmoved.c.image_id)
            ).scalars()
        )  # fmt: skip
    known = set(left)
    first = [each for each in dict.fromkeys(image_ids) if each in known]
    others = known.difference(first)
    for ids in portions([*first, *(each for each in left if each in others)]):
        with writing(engine) as connection:
            _follow(connection, quarantine, _unmoved(connection, ids))
            connection.execute(delete(unmoved).where(unmoved.c.image_id.in_(ids)))


def _follow(connection: Connection, quarantine: Quarantine, rows: Sequence[Row]) -> None:
    """Copy all files to where they belong, make that durable, then remove them where they were."""
    rows = [
        row
        for row in rows
        if row.state in quarantine.places and (row.state, row.file) != (row.was, row.was_file)
    ]
    taken = names_taken(connection, rows)

    def copied(row: Row) -> tuple[str, str, str] | None:
        """Return the name that its file has where it belongs, and state and name where it was.

        None: there is nothing to do.
        """
        source, target = quarantine.places[row.was], quarantine.places[row.state]
        data = source.read(row.slug, row.was_file)
        if data is None and not source.has(row.slug, row.was_file):
            # it was moved before, or never came to where it was to be before
            found = quarantine.find_anywhere(row.slug, row.file, row.sha256, first=row.state)
            if found is None or found[0] == row.state:
                return None if found is None else (found[1], "", "")
            state, file, data = found
            names = names_of(row.file, row.sha256)
            place = quarantine.places[state]
            return copy(place, target, row.slug, file, data, names, taken[row.slug]), state, file
        if row.was in FOLDERS and (data is None or digest(data) != row.sha256):
            return None  # it came back before, and something else lies there by now
        if (
            data is not None
            and digest(data) != row.sha256
            and quarantine.find(row.state, row.slug, row.file, row.sha256)
        ):
            return None  # the picture was moved before, and this is another under its name
        names = names_of(row.file, row.sha256)
        name = copy(source, target, row.slug, row.was_file, data, names, taken[row.slug])
        return name, row.was, row.was_file

    done = zip(rows, quarantine.each(copied, rows), strict=True)
    moved = [(row, *where) for row, where in done if where is not None]
    for state, slug in {(row.state, row.slug) for row, *_ in moved}:
        quarantine.places[state].sync(slug)
    left = [(state, row.slug, file) for row, _, state, file in moved if state]
    quarantine.each(lambda each: quarantine.places[each[0]].remove(*each[1:]), left)
    for row, name, _, _ in moved:
        rename_image(connection, row.id, row.slug, row.file, name)


def move_out(
    quarantine: Quarantine,
    state: str,
    slug: str,
    file: str,
    row: Row | None,
    other: tuple[str, str] | None = None,
) -> None:
    """Move a file that is in the store again to where pictures of a state lie.

    ``row``: of the picture in this category, if there is one; ``other``: category and file of the
    same bytes. What lies there is enough. Raises `StoreUnusable`.
    """
    data = quarantine.store.read(slug, file)
    if data is None:
        return
    if other is not None and quarantine.beside[state].read(*other) == data:
        quarantine.store.remove(slug, file)
        return
    found = digest(data)
    # the row's name is for the picture that it tells of, and no other rendition of it
    own = None if row is None else row.file
    names = [name for name in names_of(file, found) if name != own]
    if row is not None and row.sha256 == found:
        names.insert(0, row.file)
    copy(quarantine.store, quarantine.beside[state], slug, file, data, names)
    quarantine.beside[state].sync(slug)
    quarantine.store.remove(slug, file)


def give_way(
    connection: Connection,
    category_id: int,
    slug: str,
    wanted: Collection[str],
    own: Collection[int],
) -> list[int]:
    """Free names for pictures that are taken in: whose they were get others; return their ids.

    ``own``: rows that may keep such a name. Files of the others follow when they are settled.
    """
    rows = [
        row
        for some in portions(sorted(wanted), 500)
        for row in connection.execute(
            select(image.c.id, image.c.file, image.c.sha256, image.c.state).where(
                image.c.category_id == category_id, image.c.file.in_(some)
            )
        )
        if row.id not in own
    ]
    for row in rows:
        names = names_of(row.file, row.sha256)[1:]
        statement = select(image.c.file).where(
            image.c.category_id == category_id, image.c.file.in_(names)
        )
        taken = {*wanted, *connection.execute(statement).scalars()}
        name = next(name for name in names if name not in taken)
        rename_image(connection, row.id, slug, row.file, name)
    mark(connection, [(row.id, row.state, row.file) for row in rows if row.state in FOLDERS])
    return [row.id for row in rows]


def rename_image(connection: Connection, image_id: int, slug: str, old: str, new: str) -> None:
    """Note that a picture's file has another name, in its row and in what was done to it."""
    if new != old:
        connection.execute(update(image).where(image.c.id == image_id).values(file=new))
        rename(connection, slug, old, new)


def names_taken(connection: Connection, rows: Sequence[Row]) -> dict[str, Collection[str]]:
    """Return by category which of the names that these pictures could get are other pictures'."""
    wanted = [(row.slug, name) for row in rows for name in names_of(row.file, row.sha256)[1:]]
    found: dict[str, set[str]] = {row.slug: set() for row in rows}
    for some in portions(wanted, 200):
        statement = (
            select(category.c.slug, image.c.file)
            .join_from(image, category)
            .where(tuple_(category.c.slug, image.c.file).in_(some))
        )
        for row in connection.execute(statement):
            found[row.slug].add(row.file)
    return dict(found)


def portions(each: Sequence[_Each], size: int = AT_ONCE) -> Iterator[Sequence[_Each]]:
    """Yield a sequence in pieces."""
    return (each[start : start + size] for start in range(0, len(each), size))


def rows_of(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """Return rows in the order of ``ids``; their categories are locked until the end.

    Each has id, category_id, slug, off, file, sha256 and state.
    """
    lock_categories(connection, ids)
    statement = (
        select(
            image.c.id, image.c.category_id, category.c.slug, category.c.off, image.c.file,
            image.c.sha256, image.c.state,
        )
        .join(category)
        .where(image.c.id.in_(ids))
    )  # fmt: skip
    found = {row.id: row for row in connection.execute(statement)}
    return [found[image_id] for image_id in dict.fromkeys(ids) if image_id in found]


def _unmoved(connection: Connection, ids: Sequence[int]) -> Sequence[Row]:
    lock_categories(connection, ids)
    statement = (
        select(
            image.c.id, category.c.slug, image.c.file, image.c.sha256, image.c.state,
            unmoved.c.state.label("was"), unmoved.c.file.label("was_file"),
        )
        .join_from(unmoved, image)
        .join(category)
        .where(image.c.id.in_(ids))
        .order_by(image.c.id)
    )  # fmt: skip
    return connection.execute(statement).all()


def lock_categories(connection: Connection, ids: Sequence[int]) -> None:
    """Lock the categories of these rows, in one order for all, before the rows are read.

    What PostgreSQL had to wait for it would show as it was.
    """
    of_these = select(image.c.category_id).where(image.c.id.in_(ids))
    connection.execute(
        select(category.c.id)
        .where(category.c.id.in_(of_these))
        .order_by(category.c.id)
        .with_for_update()
    ).all()
