"""What the owner did, written down in the transaction that did it, so that it can be undone."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from store.index.tables import curation

UNRECORDED = ""  # the batch of what is itself the undoing of another


@dataclass(frozen=True)
class Act:
    """One thing that the owner did: to some pictures, or to a whole category."""

    batch: str
    act: str  # reject, restore, off or on
    pictures: tuple[tuple[str, str], ...]  # category, file
    categories: tuple[str, ...]


def new_batch() -> str:
    """Return a name for what will be undone at once."""
    return secrets.token_hex(8)


def record(
    connection: Connection, batch: str, act: str, subjects: Sequence[tuple[str, str | None]]
) -> None:
    """Write down an act; ``subjects``: category and file, or category and None."""
    if subjects and batch != UNRECORDED:
        created = datetime.now(UTC)
        connection.execute(
            insert(curation),
            [
                {"batch": batch, "act": act, "slug": slug, "file": file, "created": created}
                for slug, file in subjects
            ],
        )


def last_act(connection: Connection) -> Act | None:
    """Return what was done last and is not undone yet."""
    newest = select(curation.c.batch, curation.c.act).order_by(curation.c.id.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    if found is None:
        return None
    rows = connection.execute(
        select(curation.c.slug, curation.c.file)
        .where(curation.c.batch == found.batch)
        .order_by(curation.c.id)
    ).all()
    return Act(
        found.batch,
        found.act,
        tuple((row.slug, row.file) for row in rows if row.file is not None),
        tuple(row.slug for row in rows if row.file is None),
    )


def rename(connection: Connection, slug: str, old: str, new: str) -> None:
    """Follow a picture that got another name."""
    of_it = (curation.c.slug == slug, curation.c.file == old)
    connection.execute(update(curation).where(*of_it).values(file=new))


def forget(connection: Connection, batch: str) -> None:
    """Strike out an act: it is undone."""
    connection.execute(delete(curation).where(curation.c.batch == batch))
