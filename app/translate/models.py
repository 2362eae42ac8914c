"""The translators of a site: found by name, loaded at the first picture, one of each in a worker.

What translates is imported here when it is called, as for live pictures: LiteRT and NumPy take
more memory than the rest of a worker.
"""

import io
import logging
import os
import re
import threading
import time
from typing import TYPE_CHECKING

from app.http.errors import NotFound, NotMade
from core.errors import NonesuchError
from core.model_kinds import is_translation, newest_version, translator_names
from core.settings import Settings
from core.slugs import nearest

if TYPE_CHECKING:
    from sources.translators.litert import LiteRTTranslator
    from sources.translators.spec import Translator

_NAME = re.compile(r"[a-z0-9_]{1,100}")
_LOOK_AGAIN_S = 1.0
_log = logging.getLogger(__name__)


class LoadedTranslator:
    """A translator whose model.toml is read; its weights come with the first picture."""

    def __init__(self, about: "Translator", identity: object) -> None:
        self.about, self.identity = about, identity
        self.looked = time.monotonic()
        self._running = threading.Lock()  # a LiteRT interpreter is for one thread
        self._runner: LiteRTTranslator | None = None

    def translate(self, signature: str, pixels: bytes) -> bytes:
        """Return a WebP file from uint8 [S, S, 3] in bytes. Raises `NotMade`."""
        import numpy as np
        from PIL import Image

        from sources.translators.litert import LiteRTTranslator

        size = self.about.size_px
        picture = np.frombuffer(pixels, np.uint8).reshape(size, size, 3)
        try:
            with self._running:
                if self._runner is None:
                    self._runner = LiteRTTranslator(self.about)
                made = self._runner.translate(signature, picture)
        except NonesuchError as error:
            _log.warning("translation by %s: %s", self.about.label, error)
            raise NotMade(f"{self.about.name} could not translate this picture") from error
        file = io.BytesIO()
        Image.fromarray(made).save(file, "WEBP", lossless=True)
        return file.getvalue()


class LoadedTranslators:
    """Finds translators by name and keeps them, until another version takes their place."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.models_folder
        self._loaded: dict[str, LoadedTranslator] = {}
        self._loading = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the translators that there are."""
        return translator_names(self._folder)

    def find(self, name: str) -> LoadedTranslator:
        """Return a translator; the first one for an empty name.

        Raises `NotFound` where there is none, `NotMade` where it is broken.
        """
        if not name:
            name = next(iter(self.names()), "")
            if not name:
                raise NotFound(
                    "there is no translator on this site",
                    "its owner may train and export one: flask gan train --recipe cyclegan-small",
                )
        kept = self._loaded.get(name)
        if kept is not None and time.monotonic() - kept.looked < _LOOK_AGAIN_S:
            return kept
        if not _NAME.fullmatch(name) or not is_translation(self._folder / name):
            close = nearest(name[:100], self.names())
            raise NotFound(
                f"there is no translator {name[:100]}",
                f"did you mean {close}?" if close else "",
                what="translator",
                instead=f"/translate/{close}" if close else "/translate",
            )
        with self._loading:
            return self._load(name)

    def _load(self, name: str) -> LoadedTranslator:
        from sources.translators.spec import read_translator

        newest = newest_version(self._folder / name)
        kept = self._loaded.get(name)
        try:
            identity = (os.fspath(newest or ""), (newest or self._folder).stat().st_mtime_ns)
            if kept is not None and kept.identity == identity:
                kept.looked = time.monotonic()
                return kept
            loaded = LoadedTranslator(read_translator(newest or self._folder), identity)
        except (NonesuchError, OSError) as error:
            _log.warning("the translator %s: %s", name, error)
            raise NotMade(f"the translator {name} cannot be used at the moment") from error
        self._loaded[name] = loaded
        return loaded
