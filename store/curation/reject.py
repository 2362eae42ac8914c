"""Taking pictures out of the store for good, and back: moved aside, with a tombstone in the index.

A tombstone keeps `flask index` from bringing a picture back and `flask pregen` from making it
again. Every act is written down in the same transaction (`store.curation.log`), so it can be
undone, and so are the files that are to follow (`store.curation.settling`).
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from store.curation.log import new_batch, record
from store.curation.settling import mark, names_taken, portions, rename_image, rows_of, settle
from store.files.protocol import PictureStore, digest, names_of
from store.files.quarantine import Quarantine, copy
from store.files.reading import read_row
from store.formats.encoding import BadPicture
from store.index.database import writing
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import Row, image
from store.index.writes import (
    reject_image,
    renew_image,
    restore_image,
    withdraw_rejection,
)


def reject_images(
    engine: Engine,
    folder: PictureStore,
    instance: Path,
    image_ids: Sequence[int],
    batch: str | None = None,
) -> int:
    """Reject pictures that are live or off; their files move to ``instance``/rejected/<category>/.

    The row goes first: a crash between the two leaves a file that `flask index` knows as rejected
    by its tombstone. A file that was replaced by hand is rejected for what it is now, and other
    pictures that hold these bytes go with it. Returns how many went. ``batch``: what is undone
    together, by default these. Raises `IndexUnusable`, `StoreUnusable`.
    """
    quarantine = Quarantine(folder, instance)
    batch = new_batch() if batch is None else batch
    count = 0
    replaced = set[str]()
    for ids in portions(image_ids):
        with writing(engine) as connection:
            shown = [row for row in rows_of(connection, ids) if row.state in (LIVE, OFF)]
            replaced |= _accept_changes(
                connection, quarantine, [row for row in shown if row.state == LIVE]
            )
            rejected = [row for row in shown if reject_image(connection, row.id)]
            record(connection, batch, "reject", [(row.slug, row.file) for row in rejected])
            mark(connection, [(row.id, row.state, row.file) for row in rejected])
        settle(engine, quarantine, [row.id for row in rejected])
        count += len(rejected)
    if not image_ids:
        settle(engine, quarantine)
    if replaced:
        same = _holding(engine, quarantine, sorted(replaced))
        count += reject_images(engine, folder, instance, same, batch) if same else 0
    return count


def restore_images(
    engine: Engine,
    folder: PictureStore,
    instance: Path,
    image_ids: Sequence[int],
    batch: str | None = None,
) -> int:
    """Take rejected pictures back into the store; return how many.

    One whose file is gone, or is not what was rejected, stays so; it is missing where another one
    with its bytes came back, since these are no longer rejected. Where a name is another
    picture's by now, the one that comes back gets a new one. Raises `IndexUnusable`,
    `StoreUnusable`.
    """
    quarantine = Quarantine(folder, instance)
    batch = new_batch() if batch is None else batch
    count = 0
    for ids in portions(image_ids):
        with writing(engine) as connection:
            rejected = [row for row in rows_of(connection, ids) if row.state == REJECTED]
            back = copy_back(connection, quarantine, rejected)
            for row, _ in back:
                restore_image(connection, row.id)
            shown = {row.sha256 for row, _ in back}
            for row in rejected:
                if row.sha256 in shown:
                    withdraw_rejection(connection, row.id)
            record(connection, batch, "restore", [(row.slug, name) for row, name in back])
        settle(engine, quarantine, [row.id for row, _ in back])
        count += len(back)
    if not image_ids:
        settle(engine, quarantine)
    return count


def copy_back(
    connection: Connection, quarantine: Quarantine, rows: Sequence[Row]
) -> list[tuple[Row, str]]:
    """Put files of pictures that are to be shown where they belong; return rows and names.

    Files are durable when it returns, and stay where they were until `settle`; rows have their new
    names by then. Those whose bytes are nowhere are left out. A row never tells of a file that a
    power cut can take.
    """
    taken = names_taken(connection, rows)

    def copied(row: Row) -> tuple[str, str, str] | None:
        """Return the name there, and state and name where it was."""
        goal = OFF if row.off and row.state == REJECTED else LIVE
        found = quarantine.find_anywhere(row.slug, row.file, row.sha256, first=row.state)
        if found is None:
            return None
        state, was, data = found
        if state == goal:  # it was never moved
            return was, state, was
        name = copy(
            quarantine.places[state], quarantine.places[goal], row.slug, was, data,
            names_of(row.file, row.sha256), taken[row.slug],
        )  # fmt: skip
        return name, state, was

    came = [
        (row, *found)
        for row, found in zip(rows, quarantine.each(copied, rows), strict=True)
        if found is not None
    ]
    for slug in {row.slug for row, *_ in came}:
        quarantine.store.sync(slug)
        quarantine.beside[OFF].sync(slug)
    for row, name, _, _ in came:
        rename_image(connection, row.id, row.slug, row.file, name)
    mark(connection, [(row.id, state, file) for row, _, state, file in came])
    return [(row, name) for row, name, _, _ in came]


def _accept_changes(
    connection: Connection, quarantine: Quarantine, rows: Sequence[Row]
) -> set[str]:
    """Note what pictures are that were replaced by hand, since it is this that is rejected.

    Return the SHA-256 of these.
    """
    found = quarantine.each(lambda row: quarantine.store.read(row.slug, row.file), rows)
    accepted = set[str]()
    for row, data in zip(rows, found, strict=True):
        if data is not None and digest(data) != row.sha256:
            try:
                renew_image(connection, row.id, read_row(row.file, data))
            except BadPicture:
                continue  # nobody would take it in again
            accepted.add(digest(data))
    return accepted


def _holding(engine: Engine, quarantine: Quarantine, hashes: Sequence[str]) -> list[int]:
    """Return the pictures that are live or off, have one of these hashes, and no other file."""
    with engine.connect() as connection:
        ids = connection.execute(
            select(image.c.id).where(image.c.sha256.in_(hashes), image.c.state.in_((LIVE, OFF)))
        ).scalars()
        rows = rows_of(connection, list(ids))
    places = quarantine.places
    found = quarantine.each(lambda row: places[row.state].read(row.slug, row.file), rows)
    return [
        row.id
        for row, data in zip(rows, found, strict=True)
        if data is None or digest(data) == row.sha256
    ]
