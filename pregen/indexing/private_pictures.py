"""Which adopted pictures say more than they show (`store.formats.private_parts`)."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from store.files.parallel import in_parallel
from store.files.protocol import PictureStore
from store.formats.private_parts import private_parts
from store.index.states import LIVE, OFF
from store.index.tables import category, image


def private_pictures(
    connection: Connection, store: PictureStore, since: datetime | None = None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield category/file and private parts of the adopted pictures that have some.

    ``since``: only of those that came into the index from then on. Raises `StoreUnusable`.
    """
    adopted = (
        select(category.c.slug, image.c.file)
        .join(category)
        .where(image.c.model_digest.is_(None), image.c.state.in_((LIVE, OFF)))
        .order_by(category.c.slug, image.c.file)
    )
    if since is not None:
        adopted = adopted.where(image.c.created >= since)
    rows = connection.execute(adopted).all()
    read = in_parallel(lambda row: store.read(row.slug, row.file), rows, store.at_once)
    for row, data in zip(rows, read, strict=True):
        parts = private_parts(data) if data is not None else ()
        if parts:
            yield f"{row.slug}/{row.file}", parts
