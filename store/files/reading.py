"""What a picture's file says: the row that the index keeps of it."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, select

from store.files.protocol import digest
from store.formats.encoding import read_picture
from store.index.tables import Row, category, image
from store.index.writes import NewImage

# another number where `read_row` says something else of the same bytes: all is read again then
READING = 1
LONGEST_SLUG = 100  # characters


def read_row(file: str, data: bytes) -> NewImage:
    """Return the row of a file with these bytes: provenance from its metadata if it has any.

    Raises `BadPicture`.
    """
    read = read_picture(data)
    made = read.provenance
    return NewImage(
        file=file,
        sha256=digest(data),
        bytes=len(data),
        width=read.width,
        height=read.height,
        format=read.format,
        phash=read.phash,
        model=made.model if made else None,
        model_digest=made.model_digest if made else None,
        seed=made.seed if made else None,
        truncation=made.truncation if made else None,
        nearest=(" ".join(made.nearest) or None) if made else None,
        # the index has room for no more, and no category has a longer one
        drawn_as=made.category if made and len(made.category) <= LONGEST_SLUG else None,
    )


def full_rows(connection: Connection, slug: str, state: str) -> Sequence[Row]:
    """Return the rows of a category's pictures of one state, as `new_image` takes them."""
    statement = select(*(image.c[each.name] for each in fields(NewImage))).join(category)
    return connection.execute(
        statement.where(category.c.slug == slug, image.c.state == state)
    ).all()


def new_image(row: Row) -> NewImage:
    """Return what a file said when it was read into this row of `full_rows`."""
    return NewImage(**row._mapping)
