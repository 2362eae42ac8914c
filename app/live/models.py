"""The generators of live pictures: loaded at the first call, one of each in a worker.

What generates is imported here when it is called, so a worker that never gets a live call has
neither LiteRT nor NumPy in memory: they take about as much as the rest of it.
"""

import logging
import os
import random
import re
import threading
import time
import zlib
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from app.http.errors import BadParameter, NotFound, NotMade
from app.live.judge import LiveJudge, Verdict, open_judge
from core.errors import NonesuchError
from core.settings import BadSetting, Settings
from core.slugs import nearest

if TYPE_CHECKING:
    import numpy as np

    from sources.runtimes.latents import Draw
    from sources.runtimes.source import Source
    from sources.spec.description import ModelCategory
    from store.formats.encoding import Format
    from store.formats.metadata import Provenance

_NAME = re.compile(r"[a-z0-9_]{1,100}")
_LOOK_AGAIN_S = 1.0
_TRY_AGAIN_S = 10.0  # loading a broken model at every call would be work for nothing
MOST_DRAWN = 4  # of which the best is shown
CPU_S = 0.06  # for drawing and judging them
_DEADLINE_S = 10  # of a server that makes live pictures
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """One picture, decided upon."""

    category: "ModelCategory"
    seed: int
    truncations: tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A picture as the generator made it."""

    wish: Wish
    drawn: "Draw"
    picture: "np.ndarray"  # uint8 [S, S, 3 or 4]
    verdict: Verdict


class LiveModel:
    """A loaded generator."""

    def __init__(
        self, source: "Source", *, is_remote: bool, judge: LiveJudge | None = None
    ) -> None:
        self._source, self._judge = source, judge
        self._model = source.model
        self._categories = {category.slug: category for category in self._model.categories}
        # a LiteRT interpreter is for one thread; a server takes several calls
        self._running = None if is_remote else threading.Lock()

    def wish(
        self,
        seed: int | None,
        slug: str | None,
        truncation: float | None,
        off: frozenset[str] = frozenset(),
    ) -> Wish:
        """Return the picture that is meant; what is not given is drawn, with a seed from it.

        ``off``: categories that the owner switched off; the model seems not to know them. Raises
        `NotFound` for a category and `BadParameter` for a truncation it does not have.
        """
        if slug is not None and (slug in off or slug not in self._categories):
            close = nearest(slug[:100], self._categories.keys() - off)
            raise NotFound(
                f"{self._model.name} knows no category {slug[:100]}",
                f"did you mean {close}?" if close else "all of them are at /categories",
                what="category",
            )
        category = self._categories[slug] if slug else self._drawn_category(seed, off)
        truncations = self._model.truncations_of(category)
        if truncation is not None:
            lowest, highest = self._model.truncation.lowest, self._model.truncation.highest
            if not lowest <= truncation <= highest:  # also where it is not a number
                raise BadParameter(
                    f"truncation={truncation:g} is out of range",
                    f"{self._model.name} takes {lowest:g} to {highest:g}",
                )
            truncations = (truncation, truncation)
        return Wish(category, random.getrandbits(32) if seed is None else seed, truncations)

    def _drawn_category(self, seed: int | None, off: frozenset[str]) -> "ModelCategory":
        every = self._model.categories
        categories = [each for each in every if not each.hidden] or every
        first = random.randrange(len(categories))
        if seed is not None:
            first = zlib.crc32(str(seed).encode()) % len(categories)
        # the next one that is on: seeds of all other categories keep theirs
        for category in (*categories[first:], *categories[:first]):
            if category.slug not in off:
                return category
        raise NotFound(
            f"all categories of {self._model.name} are switched off",
            f"switch one on with: flask curate category on {categories[first].slug}",
            what="model",
        )

    @property
    def label(self) -> str:
        """The model's name/version."""
        return self._model.label

    @property
    def digest(self) -> str:
        """The SHA-256 that its pictures carry."""
        return self._model.digest

    def key(self, wish: Wish) -> str:
        """Return what a picture's content depends upon, besides its format."""
        return f"{self._model.digest} {wish.category.slug} {wish.seed} {wish.truncations}"

    def redraw(self, made: "Provenance", size_px: int, extension: str) -> bytes | None:
        """Return a picture that this model made, in another size; None where it did not.

        Raises `NotMade`.
        """
        from store.formats.encoding import EXTENSION_FORMATS

        category = self._categories.get(made.category)
        finish = self._model.finish
        if finish is None or category is None or made.model_digest != self._model.digest:
            return None
        wish = Wish(category, made.seed, (made.truncation, made.truncation))
        drawing = self._draw(wish, Verdict(nearest=made.nearest))
        return self.encode(drawing, EXTENSION_FORMATS[extension], size_px)

    def draw_best(self, wishes: "Iterable[Wish]") -> Drawing:
        """Return the best of the first few wishes' pictures, as many as `CPU_S` suffices for.

        Without a judge the first one. Raises `NotMade` when the generator is broken or its server
        does not answer.
        """
        best: Drawing | None = None
        started = time.thread_time()
        for count, wish in enumerate(islice(wishes, MOST_DRAWN), 1):
            drawing = self._draw(wish)
            if best is None or drawing.verdict.quality > best.verdict.quality:
                best = drawing
            spent = time.thread_time() - started
            if self._judge is None or spent + spent / count > CPU_S:
                break
        if best is None:
            raise NotMade(f"{self._model.name} was to draw nothing")
        return best

    def _draw(self, wish: Wish, verdict: Verdict | None = None) -> Drawing:
        """Draw a picture and judge it, unless it was judged before."""
        from sources.runtimes.latents import draw

        model = self._model
        drawn = draw(model, wish.seed, wish.truncations)
        try:
            # judged under the lock as well: a curator's interpreter is for one thread too
            with self._running or nullcontext():
                picture = self._source.generate(wish.category.label, [drawn])[0]
                if verdict is None and self._judge is not None:
                    verdict = self._judge.judge(picture, wish.category)
        except NonesuchError as error:
            _log.warning("live picture of %s, seed %d: %s", model.label, wish.seed, error)
            raise NotMade(f"{model.name} could not make this picture") from error
        return Drawing(wish, drawn, picture, verdict or Verdict())

    def make(self, wish: Wish, chosen: "Format", size_px: int = 0) -> bytes:
        """Return the bytes of a picture with its provenance: as `draw_best` and `encode`."""
        return self.encode(self.draw_best([wish]), chosen, size_px)

    def encode(self, drawing: Drawing, chosen: "Format", size_px: int = 0) -> bytes:
        """Return the bytes of a picture with its provenance.

        ``size_px``: another size than the one that is stored; for models with a finish alone.
        """
        from PIL import Image

        from sources.spec.finish import finished
        from store.formats.encoding import encode, perceptual_hash
        from store.formats.metadata import Provenance

        model, picture = self._model, drawing.picture
        provenance = Provenance(
            model=model.label,
            model_digest=model.digest,
            category=drawing.wish.category.slug,
            seed=drawing.wish.seed,
            truncation=drawing.drawn.truncation,
            phash=perceptual_hash(Image.fromarray(picture)),
            nearest=drawing.verdict.nearest,
        )
        return encode(finished(picture, model.finish, size_px), chosen, provenance)


@dataclass
class _Entry:
    identity: object = None
    looked: float = 0.0
    model: LiveModel | None = None
    failure: str = ""


class LiveModels:
    """Finds generators by name and keeps them, until another version takes their place."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.models_folder
        self._served = served_models(settings.live_serving)
        self._entries: dict[str, _Entry] = {}
        self._loading = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the models that there are, without reading them."""
        try:
            found = {e.name for e in os.scandir(self._folder) if e.is_dir() and _is_model(e.path)}
        except OSError:
            found = set()
        return sorted(found | set(self._served))

    def check_name(self, name: str) -> None:
        """Raise `NotFound` unless there is such a model."""
        if name in self._served:
            return
        if _NAME.fullmatch(name) and _is_model(f"{self._folder}/{name}"):
            return
        close = nearest(name[:100], self.names())
        raise NotFound(
            f"there is no model {name[:100]}",
            f"did you mean {close}?" if close else "",
            what="model",
            instead=f"/live/{close}" if close else "",
        )

    def ready(self, name: str) -> LiveModel | None:
        """Return the model if it is loaded and still the newest one."""
        entry = self._entries.get(name)
        if entry is None or entry.model is None:
            return None
        now = time.monotonic()
        if now - entry.looked > _LOOK_AGAIN_S:
            entry.looked = now
            if self._identity(name) != entry.identity:
                return None
        return entry.model

    def load(self, name: str) -> LiveModel:
        """Load the newest version of a model. Raises `NotMade`, for a while without trying."""
        with self._loading:
            ready = self.ready(name)
            if ready is not None:
                return ready
            now = time.monotonic()
            entry = self._entries.get(name)
            if entry is None or not entry.failure or now - entry.looked > _TRY_AGAIN_S:
                entry = _Entry(self._identity(name), now)
                try:
                    entry.model = self._open(name)
                except NonesuchError as error:
                    entry.failure = str(error)
                    _log.warning("live pictures of %s: %s", name, error)
                self._entries[name] = entry
            if entry.model is None:
                raise NotMade(f"the model {name} cannot be used at the moment")
            return entry.model

    def forget(self, name: str) -> None:
        """Load a model anew at the next call: its server may have another version by then."""
        if name in self._served:
            self._entries.pop(name, None)

    def _open(self, name: str) -> LiveModel:
        from sources.registry import find_model, open_source
        from sources.spec.description import LITERT, SERVING

        model = find_model(
            self._folder, _impatient(self._served[name]) if name in self._served else name
        )
        if model.runtime not in (LITERT, SERVING):
            raise NotMade(f"{name} needs TensorFlow", "give it a LiteRT file or a server")
        # one thread: how many run at once is what the turns are for
        source = open_source(model, 1)
        return LiveModel(source, is_remote=model.runtime == SERVING, judge=open_judge(model))

    def _identity(self, name: str) -> object:
        """Return what changes when a version is added or replaced: then its folder's entries do."""
        if name in self._served:
            return None
        try:
            status = os.stat(f"{self._folder}/{name}")  # noqa: PTH116 - a Path takes three times
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_mtime_ns


def _is_model(folder: str) -> bool:
    """Say whether the newest version in a model's folder has a LiteRT file that makes pictures."""
    from core.model_kinds import is_translation

    try:
        newest = max((e.name for e in os.scandir(folder) if e.name.isdecimal()), key=int)
        has_file = any(name.endswith(".tflite") for name in os.listdir(f"{folder}/{newest}"))
    except (OSError, ValueError):
        return False
    return has_file and not is_translation(folder)


def _impatient(address: str) -> str:
    """Return an address with a visitor's patience, unless it says another."""
    base, _, options = address.partition("?")
    return f"{base}?tries=1&deadline={_DEADLINE_S}&{options}"


def served_models(entries: tuple[str, ...]) -> dict[str, str]:
    """Return name → address from ``name=tfserving://…`` entries. Raises `BadSetting`."""
    served = {}
    for entry in entries:
        name, found, address = entry.partition("=")
        if not found or not _NAME.fullmatch(name) or not address.startswith("tfserving"):
            raise BadSetting(
                f"NONESUCH_LIVE_SERVING: {entry!r} is no name=address",
                "for example: emoji=tfserving://localhost:8501/emoji",
            )
        served[name] = address
    return served
