"""A picture's own bytes, for what is made of it."""

import logging
from pathlib import Path

from app.http.errors import Gone, NotFound, StoreSilent
from app.live.redrawing import Redrawing
from app.pictures.addresses import SIZES
from core.settings import Settings
from store.files.protocol import PictureStore, StoreUnusable, digest
from store.queries.rows import Picture

log = logging.getLogger(__name__)


class Originals:
    """The files of live pictures, in a folder or a bucket."""

    def __init__(
        self, settings: Settings, store: PictureStore, redrawing: Redrawing | None = None
    ) -> None:
        """``redrawing``: what draws generated pictures anew in sizes above their own."""
        self._folder = None if settings.store_url else settings.images_folder
        self._store, self._redrawing = store, redrawing

    def path(self, picture: Picture) -> Path | None:
        """Return where a picture's file is; None in a bucket."""
        return self._folder and Path(self._folder) / picture.category / picture.file

    def read(self, picture: Picture) -> bytes:
        """Return a picture's bytes. Raises `Gone`, `NotFound` and `StoreSilent`."""
        try:
            data = self._store.read(picture.category, picture.file)
        except StoreUnusable as error:
            log.warning("%s", error)
            raise StoreSilent("the store of the pictures does not answer", "ask again") from error
        if data is None:
            raise Gone(f"the picture {picture.short_hash} was removed")
        if digest(data) != picture.sha256:
            raise NotFound("its file is not the one that is in the index", what="picture")
        return data

    def sharpest(self, picture: Picture, px: int) -> bytes:
        """Return the bytes to make a picture of ``px`` pixels from, its longer side.

        The file, or where that is smaller, and can be drawn anew, a larger one. Raises `Busy` too.
        """
        data = self.read(picture)
        if self._redrawing is None or px <= max(picture.width, picture.height):
            return data
        size = next(size for size in SIZES if size >= px)
        return self._redrawing.draw(picture, data, size, "png") or data
