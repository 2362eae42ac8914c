"""The generators that visitors' browsers may run: found by name, with the files that they need."""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.browser.description import Seeds, describe, is_for_browsers, weights_of
from app.browser.offers import DESCRIPTION, FOLDER
from app.browser.runtime import Runtime, RuntimeFile, read_runtime
from core.errors import NonesuchError
from core.settings import Settings
from store.curation.withheld import Withheld

if TYPE_CHECKING:
    from sources.spec.description import Model

_LOOK_AGAIN_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrowserGenerator:
    """A model that browsers can run, and the runtime for it."""

    model: "Model"
    weights: RuntimeFile  # its file, as it was when it was opened
    runtime: Runtime
    chosen: Mapping[str, Sequence[tuple[int, int]]]

    @property
    def description(self) -> str:
        """The address of the document that describes it, below the site's own."""
        return f"{FOLDER}/{self.model.name}/{DESCRIPTION}"

    @property
    def files(self) -> dict[str, Path]:
        """Where the files lie, by the names that they are sent by; the names hold their digests."""
        paths = {file.name: self.runtime.folder / file.name for file in self.runtime.files}
        return {**paths, self.weights.name: self.model.folder / self.model.litert_file}


class BrowserGenerators:
    """Finds them by name, and again where a version or the runtime came."""

    def __init__(self, settings: Settings, withheld: Withheld) -> None:
        self._models, self._home = settings.models_folder, settings.home
        self._withheld = withheld
        self._found: dict[str, tuple[float, object, BrowserGenerator | None]] = {}
        self._documents: dict[str, tuple[float, bytes]] = {}

    def find(self, name: str) -> BrowserGenerator | None:
        """Return the newest version of a model; None where browsers cannot run it."""
        now = time.monotonic()
        looked, identity, found = self._found.get(name, (-_LOOK_AGAIN_S, None, None))
        if now - looked < _LOOK_AGAIN_S:
            return found
        current = self._identity(name)
        if current != identity or found is None:
            found = self._open(name)
        self._found[name] = (now, current, found)
        return found

    def first(self) -> str:
        """Return the first name, in their order, of a model that browsers can run; empty: none."""
        from sources.registry import model_names

        return next((name for name in model_names(self._models) if self.find(name)), "")

    def document(self, name: str) -> bytes | None:
        """Return a model's description, at most `_LOOK_AGAIN_S` old, None where there is none."""
        generator = self.find(name)
        if generator is None:
            return None
        made, document = self._documents.get(name, (-_LOOK_AGAIN_S, b""))
        if time.monotonic() - made > _LOOK_AGAIN_S:
            model = generator.model
            rejected, stored = self._withheld.seeds_of(model.label, model.digest)
            seeds = Seeds(rejected, stored, self._withheld.categories())
            described = describe(
                model, generator.chosen, seeds, generator.weights, generator.runtime
            )
            document = json.dumps(described, separators=(",", ":")).encode()
            self._documents[name] = (time.monotonic(), document)
        return document

    def _open(self, name: str) -> BrowserGenerator | None:
        runtime = read_runtime(self._home)
        if runtime is None:
            return None
        from sources.curators.chosen_seeds import read_chosen
        from sources.registry import find_model

        try:
            model = find_model(self._models, name)
            if not is_for_browsers(model):
                return None
            found = read_chosen(model)
        except (NonesuchError, OSError) as error:
            _log.warning("visitors' browsers get no %s: %s", name, error)
            return None
        chosen = {
            slug: [(each.seed, round(each.truncation * 50)) for each in selection.seeds]
            for slug, selection in (found.selections.items() if found else ())
        }
        return BrowserGenerator(model, weights_of(model), runtime, chosen)

    def _identity(self, name: str) -> object:
        """Return what changes when a version or the runtime is added or replaced."""
        try:
            status = os.stat(self._models / name)  # noqa: PTH116
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns


def put_files(
    generators: BrowserGenerators, name: str, put: Callable[[str, bytes], None]
) -> BrowserGenerator | None:
    """Give what browsers need to draw a model's pictures to ``put``, by address and content.

    Returns the generator, None where browsers cannot run it. Raises OSError.
    """
    generator, document = generators.find(name), generators.document(name)
    if generator is None or document is None:
        return None
    put(generator.description, document)
    for file, path in generator.files.items():
        put(f"{FOLDER}/{name}/{file}", path.read_bytes())
    return generator
