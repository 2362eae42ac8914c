"""Renaming and merging categories, as far as it is done in the index.

All functions work inside the caller's transaction, which nobody else writes beside.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, case, delete, insert, select, update

from store.index.states import LIVE, MISSING
from store.index.tables import alias, category, curation, image, target, unmoved
from store.index.writes import lock_category, retire_image, set_count


def rename_rows(connection: Connection, category_id: int, slug: str, name: str) -> None:
    """Give a category another slug and display name; those that it had lead to it."""
    own = category.c.id == category_id
    was = connection.execute(select(category.c.slug, category.c.name).where(own)).one()
    if slug != was.slug:
        connection.execute(delete(alias).where(alias.c.slug == slug))  # its own, from before
        connection.execute(
            insert(alias).values(slug=was.slug, name=was.name, category_id=category_id)
        )
        follow_slug(connection, was.slug, slug)
    connection.execute(update(category).where(own).values(slug=slug, name=name, named=True))


def merge_rows(connection: Connection, source_id: int, target_id: int) -> int:
    """Put a category's pictures behind those of another, and strike it out; return how many.

    No picture of the two may have the same file name, nor the same model and seed. Both are off, or
    none is.
    """
    n, _ = lock_category(connection, source_id)
    before, _ = lock_category(connection, target_id)
    was = connection.execute(
        select(category.c.slug, category.c.name).where(category.c.id == source_id)
    ).one()
    slug = connection.execute(
        select(category.c.slug).where(category.c.id == target_id)
    ).scalar_one()
    moved = connection.execute(
        update(image)
        .where(image.c.category_id == source_id)
        .values(
            category_id=target_id,
            ord=case((image.c.state == LIVE, image.c.ord + before), else_=None),
        )
    ).rowcount
    set_count(connection, source_id, n, 0)
    set_count(connection, target_id, before, before + n)
    keys = select(target.c.model_digest, target.c.drawn_as).where(target.c.category_id == target_id)
    for row in connection.execute(keys).all():
        this = (target.c.model_digest == row.model_digest, target.c.drawn_as == row.drawn_as)
        connection.execute(delete(target).where(target.c.category_id == source_id, *this))
    for table in (target, alias):
        of_source = table.c.category_id == source_id
        connection.execute(update(table).where(of_source).values(category_id=target_id))
    connection.execute(delete(category).where(category.c.id == source_id))
    connection.execute(insert(alias).values(slug=was.slug, name=was.name, category_id=target_id))
    # that the whole category was switched off or on is not to be undone for the other one
    connection.execute(
        delete(curation).where(curation.c.slug == was.slug, curation.c.file.is_(None))
    )
    follow_slug(connection, was.slug, slug)
    return moved


def follow_slug(connection: Connection, old: str, new: str) -> None:
    """Let what the owner did to a category's pictures be undone where they are now."""
    connection.execute(update(curation).where(curation.c.slug == old).values(slug=new))


def forget_images(connection: Connection, ids: Sequence[int]) -> None:
    """Strike pictures out, whatever their state; their files stay."""
    for image_id in ids:
        retire_image(connection, image_id, MISSING)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        connection.execute(delete(unmoved).where(unmoved.c.image_id.in_(some)))
        connection.execute(delete(image).where(image.c.id.in_(some)))
