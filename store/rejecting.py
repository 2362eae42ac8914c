"""Taking pictures out of the store for good: moved aside, with a tombstone in the index."""

import os
from pathlib import Path

from sqlalchemy import Engine, select

from store.changes import retire_image
from store.database import writing
from store.pictures import PictureFolder
from store.tables import LIVE, REJECTED, category, image

FOLDER = "rejected"


def reject_images(
    engine: Engine, folder: PictureFolder, instance: Path, image_ids: list[int]
) -> int:
    """Reject live pictures; their files move to ``instance``/rejected/<category>/.

    The row goes first: a crash between the two leaves a file that `flask index` knows as rejected
    by its tombstone. Returns how many were live.
    """
    count = 0
    for image_id in image_ids:
        with writing(engine) as connection:
            row = connection.execute(
                select(image.c.file, image.c.state, category.c.slug)
                .join(category)
                .where(image.c.id == image_id)
            ).one()
            if row.state != LIVE:
                continue
            retire_image(connection, image_id, REJECTED)
        move_aside(folder, instance, row.slug, row.file)
        count += 1
    return count


def move_aside(folder: PictureFolder, instance: Path, slug: str, file: str) -> None:
    """Move a file from the store to the rejected ones, if it is still there."""
    path = folder.path(slug, file)
    if path is None or not path.exists():
        return
    target = instance / FOLDER / slug
    target.mkdir(parents=True, exist_ok=True)
    os.replace(path, target / file)
