"""One loaded generator of live pictures: what is wished, drawn, judged and encoded.

What generates is imported here when it is called: see `app.live.models`.
"""

import logging
import random
import threading
import time
import zlib
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from app.http.errors import BadParameter, NotFound, NotMade
from app.live.judge import LiveJudge, Verdict
from core.errors import NonesuchError
from core.licences import Licence
from core.slugs import nearest

if TYPE_CHECKING:
    import numpy as np

    from sources.runtimes.latents import Draw
    from sources.runtimes.source import Source
    from sources.spec.description import ModelCategory
    from store.formats.encoding import Format
    from store.formats.metadata import Provenance

MOST_DRAWN = 4  # of which the best is shown
CPU_S = 0.06  # for drawing and judging them
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """One picture, decided upon."""

    category: "ModelCategory"
    seed: int
    truncations: tuple[float, float]
    towards: int | None = None  # another seed, and how much of the way to it
    share: float = 0.0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed that it comes from."""
        return (self.seed,) if self.towards is None else (self.seed, self.towards)


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
        self, source: "Source", *, is_remote: bool, judge: LiveJudge | None = None,
        licence: Licence | None = None,
    ) -> None:  # fmt: skip
        """``licence``: what its pictures say inside."""
        self._source, self._judge, self._licence = source, judge, licence
        self._model = source.model
        self._categories = {category.slug: category for category in self._model.categories}
        # any seed may draw anything of a category: its parts are of chosen seeds alone
        self._drawable = {slug: each for slug, each in self._categories.items() if not each.of}
        # a LiteRT interpreter is for one thread; a server takes several calls
        self._running = None if is_remote else threading.Lock()

    def wish(
        self,
        seed: int | None,
        slug: str | None,
        truncation: float | None,
        off: frozenset[str] = frozenset(),
        way: tuple[int, float] | None = None,
    ) -> Wish:
        """Return the picture that is meant; what is not given is drawn, with a seed from it.

        ``off``: categories that the owner switched off; the model seems not to know them. ``way``:
        another seed, and how much of the way to it, 0-1. Raises `NotFound` for a category and
        `BadParameter` for a truncation it does not have.
        """
        if slug is not None and (slug in off or slug not in self._drawable):
            close = nearest(slug[:100], self._drawable.keys() - off)
            raise NotFound(
                f"{self._model.name} knows no category {slug[:100]}",
                f"did you mean {close}?" if close else "all of them are at /categories",
                what="category",
            )
        category = self._drawable[slug] if slug else self._drawn_category(seed, off)
        truncations = self._model.truncations_of(category)
        if truncation is not None:
            lowest, highest = self._model.truncation.lowest, self._model.truncation.highest
            if not lowest <= truncation <= highest:  # also where it is not a number
                raise BadParameter(
                    f"truncation={truncation:g} is out of range",
                    f"{self._model.name} takes {lowest:g} to {highest:g}",
                )
            truncations = (truncation, truncation)
        seed = random.getrandbits(32) if seed is None else seed
        return Wish(category, seed, truncations, *(way or ()))

    def _drawn_category(self, seed: int | None, off: frozenset[str]) -> "ModelCategory":
        every = list(self._drawable.values())
        shown = [each for each in every if not each.hidden] or every
        categories = [each for each in shown if each.is_live] or shown
        first = random.randrange(len(categories))
        if seed is not None:
            first = zlib.crc32(str(seed).encode()) % len(categories)
        # the next one that is on: seeds of all other categories keep theirs
        for category in categories[first:] + categories[:first]:
            if category.slug not in off:
                return category
        raise NotFound(
            f"all categories of {self._model.name} are switched off",
            f"switch one on with: flask curate category on {categories[first].slug}",
            what="model",
        )

    def slugs_like(self, category: "ModelCategory") -> list[str]:
        """Return a category's slug and those of its parts, of which any may show the same seed."""
        return [each.slug for each in self._model.categories if each.family == category.slug]

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
        way = "" if wish.towards is None else f" {wish.towards} {wish.share}"
        return f"{self._model.digest} {wish.category.slug} {wish.seed} {wish.truncations}{way}"

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
        from sources.interpolation import between
        from sources.runtimes.latents import draw

        model = self._model
        drawn = draw(model, wish.seed, wish.truncations)
        if wish.towards is not None:
            end = draw(model, wish.towards, wish.truncations)
            drawn = between(model, drawn, end, wish.share, "spherical")
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
            towards=drawing.wish.towards,
            share=drawing.wish.share,
        )
        drawn = finished(picture, model.finish, size_px)
        return encode(drawn, chosen, provenance, self._licence)
