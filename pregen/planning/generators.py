"""What is said of a generator, kept beside its pictures: its folder may be gone one day.

Its licence, and the attributions of what it was trained on, hold as long as its pictures are shown.
"""

from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from core.errors import NonesuchError
from sources.biggan.handles import Caches
from sources.registry import find_model
from sources.spec.description import Model
from store.index.states import LIVE
from store.index.tables import generator, image

CARD = "MODEL_CARD.md"
_LONGEST_CARD = 2**20  # characters


def remember_generator(connection: Connection, model: Model) -> None:
    """Write down what its folder says now."""
    connection.execute(delete(generator).where(generator.c.digest == model.digest))
    connection.execute(
        insert(generator).values(
            digest=model.digest,
            model=model.label,
            title=model.title,
            licence=model.licence,
            size_px=model.stored_px,
            card=_card_of(model.folder),
        )
    )


def remember_generators_here(connection: Connection, models_folder: Path, caches: Caches) -> int:
    """Do so for all that made what is shown, are not written down, and are here; return how many.

    As before this program kept that, or where the index was made anew.
    """
    known = select(generator.c.digest)
    made = (
        select(image.c.model, image.c.model_digest)
        .where(image.c.state == LIVE, image.c.model_digest.is_not(None))
        .where(image.c.model_digest.not_in(known), image.c.model.is_not(None))
        .distinct()
    )
    count = 0
    for row in connection.execute(made).all():
        try:
            model = find_model(models_folder, row.model, caches)
        except NonesuchError:
            continue
        if model.digest == row.model_digest:
            remember_generator(connection, model)
            count += 1
    return count


def _card_of(folder: Path) -> str:
    try:
        text = (folder / CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return text[:_LONGEST_CARD].replace("\0", "")
