"""One run of pregen, from the request to the summary."""

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import Connection, select

from core.cpu import usable_cores
from core.progress import Progress
from core.settings import Settings
from core.slugs import UnknownSlug
from pregen.engines.chooser import Chooser
from pregen.engines.local import BatchEngine, LocalEngine
from pregen.engines.recording import Recorder
from pregen.filling.estimating import Estimate, estimate
from pregen.planning.batches import Candidates, SeedBatch
from pregen.planning.generators import remember_generator
from pregen.planning.plan import Plan, make_plan
from pregen.planning.request import BadRequest, Request
from pregen.planning.targets import forget_targets, remember_targets, strike_targets
from sources.curators.curator import read_curator
from sources.runtimes.ranges import WrongRange
from sources.runtimes.source import Source
from sources.spec.description import Model
from store.curation.duplicates import is_hash
from store.curation.reject import reject_images
from store.files.opening import open_pictures
from store.formats.encoding import Format
from store.index.category_names import aliases, find_slug, slug_of
from store.index.database import (
    IndexMissing,
    IndexUnusable,
    check_revision,
    open_engine,
    writing,
)
from store.index.migrating import engine_to_plan_on, upgrade
from store.index.states import LIVE
from store.index.tables import category, image

BYTES_GUESS = 8192  # per picture, until one has been made
ROUNDS = 8  # of candidates, until enough of them were good enough


class Filling:
    """The store, the index and the plan of one request."""

    def __init__(
        self, settings: Settings, model: Model, request: Request, batch: int, *, dry_run: bool,
        first: bool = False,
    ) -> None:  # fmt: skip
        """``first``: make no more than the first pictures of categories that have none."""
        self.settings, self.model = settings, model
        self.store = open_pictures(settings)
        self.engine = engine_to_plan_on(settings) if dry_run else open_engine(settings, write=True)
        if not dry_run:
            upgrade(self.engine)
        check_revision(self.engine)
        with self.engine.connect() as connection:
            self._places = aliases(connection)
            off = set(connection.execute(select(category.c.slug).where(category.c.off)).scalars())
            off |= {before for before, now in self._places.items() if now in off}
            self.off = [c.slug for c in request.categories if c.slug in off]
            self.request = without(request, off)
            self._batch, self._first = batch, first
            self.plan = self._make_plan(connection)
        self.present, self.short = self.plan.present, 0
        self.chooser: Chooser | None = None

    def estimate(self, sources: Sequence[Source], chosen: Format) -> Estimate:
        """Make some batches, keep nothing, and extrapolate."""
        return estimate(self.settings, self.model, self.request, self.plan, sources, chosen)

    def fill(self, sources: Sequence[Source], chosen: Format, echo: Callable[[str], None]) -> int:
        """Make what is missing on this machine; return how many pictures were recorded.

        With candidates in more than one round where too few were good enough; `chooser` then has
        the figures, and `short` what is still missing. Raises `NoCurator`.
        """
        if self.plan.has_candidates:
            self.chooser = Chooser(read_curator(self.model, usable_cores()), self._hashes)

        def local(recorder: Recorder, progress: Progress) -> BatchEngine:
            return LocalEngine(sources, recorder, chosen, self.request, progress.add, self.chooser)

        made, all_wanted = 0, self.plan.missing
        if self.chooser is not None and (seeds := self.plan.only(SeedBatch)).batches:
            # candidates are chosen beside what the category has: that must be there by then
            rest, self.plan = self.plan.only(Candidates), seeds
            made += self.run(local, chosen, echo)
            self.plan = rest
        for _ in range(ROUNDS):
            wanted = self.plan.missing
            done = self.run(local, chosen, echo)
            made += done
            if self.chooser is None or done == wanted:
                break
            with self.engine.connect() as connection:
                self.plan = self._make_plan(connection, self.chooser.barren)
        self.short = all_wanted - made
        return made

    def _make_plan(self, connection: Connection, barren: Collection[int] = ()) -> Plan:
        plan = make_plan(connection, self.store, self.model, self.request, self._batch, barren)
        return plan.opening() if self._first else plan

    def _hashes(self, slug: str) -> list[str]:
        """Return the perceptual hashes of what is shown of a category of the model's."""
        with self.engine.connect() as connection:
            slug = slug_of(connection, slug)
            found = connection.execute(
                select(image.c.phash)
                .join(category)
                .where(category.c.slug == slug, image.c.state == LIVE)
            ).scalars()
            return [text for text in found if is_hash(text)]

    def run(
        self,
        engine_of: Callable[[Recorder, Progress], BatchEngine],
        chosen: Format,
        echo: Callable[[str], None],
    ) -> int:
        """Make what is missing, by an engine; return how many pictures were recorded."""
        self.remember(chosen)
        self.store.prepare(
            {self._places.get(c.slug, c.slug) for c in self.request.categories},
            self.plan.missing * BYTES_GUESS + self.settings.free_space_floor_mb * 2**20,
        )
        recorder = Recorder(self.engine, self.store, self.settings.instance_folder)
        with Progress(self.plan.missing, echo) as progress:
            try:
                engine_of(recorder, progress).run(self.plan.batches)
            except WrongRange:  # its model.toml is mended first: that is another model
                with writing(self.engine) as connection:
                    slugs = [each.slug for each in self.request.categories]
                    strike_targets(connection, self.model, slugs)
                raise
        return progress.done

    def remember(self, chosen: Format) -> None:
        """Write down what there shall be, for `flask top-up`."""
        with writing(self.engine) as connection:
            remember_targets(connection, self.model, self.request, chosen.name)
            remember_generator(connection, self.model)

    def old(self) -> list[int]:
        """Return the ids of the request's pictures that other versions of this model made."""
        slugs = [c.slug for c in self.request.categories]
        with self.engine.connect() as connection:
            found = connection.execute(
                select(image.c.id).where(
                    image.c.drawn_as.in_(slugs),
                    image.c.state == LIVE,
                    image.c.model.startswith(f"{self.model.name}/", autoescape=True),
                    image.c.model_digest != self.model.digest,
                )
            ).scalars()
            return list(found)

    def replace_old(self) -> int:
        """Reject these pictures; return how many."""
        ids = self.old()
        with writing(self.engine) as connection:
            forget_targets(connection, self.model, [c.slug for c in self.request.categories])
        return reject_images(self.engine, self.store, self.settings.instance_folder, ids)


def in_the_models_words(settings: Settings, model: Model, wanted: str) -> str:
    """Return ``--categories`` with the names that a model has for categories.

    The owner may have renamed or merged them. A name that is the model's own, or nobody's, stays.
    """
    own = {each.slug for each in model.categories}
    words = [word.strip() for word in wanted.split(",")]
    if (len(words) == 1 and re.fullmatch(r"[+-]?\d+", words[0])) or own.issuperset(words):
        return wanted
    try:
        engine = open_engine(settings)
        check_revision(engine)
    except (IndexMissing, IndexUnusable):
        return wanted
    with engine.connect() as connection:
        led = aliases(connection)
        found = []
        for word in words:
            meant = [word]
            if word and word not in own:
                with suppress(UnknownSlug):
                    place = find_slug(connection, word)
                    meant = sorted(each for each in own if led.get(each, each) == place) or meant
            found += meant
    return ",".join(found)


def without(request: Request, off: Collection[str]) -> Request:
    """Return the request less the categories that are off. Raises `BadRequest` for none."""
    wanted = tuple(c for c in request.categories if c.slug not in off)
    if not wanted:
        slugs = " ".join(c.slug for c in request.categories[:5])
        raise BadRequest(
            "the categories asked for are off", f"switch them on: flask curate category on {slugs}"
        )
    return replace(request, categories=wanted)
