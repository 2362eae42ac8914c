"""A generated picture in a size above its own, drawn anew: sharper than its file enlarged.

Its file says which model, seed and truncation it came from. Where that model is not here, has no
finish or cannot be loaded, the file is enlarged as any other.
"""

import io
from typing import TYPE_CHECKING

from app.http.errors import NotFound, NotMade
from app.live.models import LiveModels
from app.live.slots import Slots
from core.errors import NonesuchError
from store.queries.rows import Picture

if TYPE_CHECKING:
    from app.live.shared_slots import SharedSlots
    from store.formats.metadata import Provenance


class Redrawing:
    """Draws stored pictures anew, in the slots of live ones."""

    def __init__(self, models: LiveModels, slots: "Slots | SharedSlots") -> None:
        self._models, self._slots = models, slots

    def draw(self, picture: Picture, data: bytes, size: int, extension: str) -> bytes | None:
        """Return a picture's file in another size and format, or None: it cannot be drawn.

        ``data``: the file that is stored. Raises `app.http.errors.Busy` where all slots are taken:
        what is made is kept for good, so it is not made worse for being asked for at a bad time.
        """
        if picture.model is None or size <= max(picture.width, picture.height):
            return None
        made = _made_from(data)
        if made is None or made.model != picture.model:
            return None
        name = made.model.partition("/")[0]
        try:
            self._models.check_name(name)
            with self._slots.slot():
                model = self._models.ready(name) or self._models.load(name)
                return model.redraw(made, size, extension)
        except (NotFound, NotMade):
            return None


def _made_from(data: bytes) -> "Provenance | None":
    from store.formats.encoding import open_picture
    from store.formats.metadata import read_provenance

    try:
        with open_picture(io.BytesIO(data)) as image:
            return read_provenance(image)
    except NonesuchError:
        return None
