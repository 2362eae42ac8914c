"""What is still to be made: seeds, and batches whose composition never depends on the past.

Picture k of the category at position p of its model has the seed

    (--seed · 2654435761 + p · 1,000,000 + k) mod 2^32

so all seeds of a run differ, more samples extend it, and a seed can be read: with --seed 0,
3000005 is the sixth picture of category 3. A batch is always the same 8 (or so) seeds of one
category; when only some of them are missing the whole batch is generated and only those are
stored. So a picture cannot depend on where an earlier run was interrupted.

Where seeds were chosen for the model they come first: see pregen.planning.picked. When they have
run out the rest is picked among candidates.

With --oversample N a group is N batches, of which the best batch's worth is kept. Which ones
depends on their seeds and on what the category had before. A group of which any picture was kept
is not judged again; where files of it are missing, these very ones are made again.

Categories without any picture come first, with one batch each: then every category shows something
after seconds, and the rest follows category by category.

Of a model that takes one truncation per call, a batch holds seeds that draw the same truncation.
They are sorted out among `WINDOW` batches' worth of seeds, always the same ones.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import Connection, or_, select

from pregen.planning.batches import Candidates, Known, SeedBatch, Sequel
from pregen.planning.picked import picked_batches
from pregen.planning.request import SAMPLES_MOST, Request
from sources.spec.description import Model
from store.files.protocol import MADE_FILE, PictureStore
from store.index.category_names import slug_of
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image


@dataclass(frozen=True)
class Plan:
    """The batches that a request still needs."""

    batches: tuple[SeedBatch | Candidates, ...]
    present: int  # pictures of the request that are there
    openings: int = 0  # so many batches, at the beginning, open categories without a picture

    def opening(self) -> "Plan":
        """Return the part that gives every category its first pictures."""
        return replace(self, batches=self.batches[: self.openings])

    @property
    def has_candidates(self) -> bool:
        """Whether pictures are to be chosen while they are made."""
        return any(isinstance(batch, Candidates) for batch in self.batches)

    def only(self, kind: type[SeedBatch] | type[Candidates]) -> "Plan":
        """Return the part of one kind."""
        return replace(self, batches=tuple(b for b in self.batches if isinstance(b, kind)))

    @property
    def missing(self) -> int:
        """Pictures to be stored."""
        return sum(batch.count for batch in self.batches)


def make_plan(
    connection: Connection,
    folder: PictureStore,
    model: Model,
    request: Request,
    batch: int,
    barren: Collection[int] = (),
) -> Plan:
    """Return what a request still needs, given the index and the files that are really there.

    ``barren``: first seeds of groups of candidates of which nothing was good enough.
    """
    position_of = {known.slug: i for i, known in enumerate(model.categories)}
    openings: list[SeedBatch | Candidates] = []
    others: list[SeedBatch | Candidates] = []
    present = 0
    for wanted in request.categories:
        known = known_of(connection, folder, model, wanted.slug)
        needed = request.samples - len(known.live)
        present += min(len(known.live), request.samples)
        if needed > 0:
            base = position_of[wanted.slug]
            truncations = request.truncations_of(model, wanted) if model.is_scalar else None
            first = Sequel(wanted, base, request, batch, truncations)
            batches = _batches_of(first, known, needed, barren)
            if not known.live:
                openings.extend(islice(batches, 1))
            others.extend(batches)
    return Plan((*openings, *others), present, len(openings))


def _batches_of(
    sequel: "Sequel", known: "Known", needed: int, barren: Collection[int]
) -> Iterator[SeedBatch | Candidates]:
    """Yield what a category still needs: chosen seeds first, where there are any."""
    for picked in picked_batches(sequel, sequel.request.picks_of(sequel.category), known, needed):
        needed -= picked.count
        yield picked
    if sequel.category.of:  # what other seeds draw could be anything of that category
        return
    if sequel.request.candidates > 1:
        yield from _candidates(sequel, known, needed, barren)
    else:
        yield from _batches(sequel, known, needed)


def known_of(connection: Connection, folder: PictureStore, model: Model, slug: str) -> Known:
    """Return the pictures of one category made by ``model``; a live row without a file is none.

    ``slug``: the model's; the index may call the category otherwise, and have put others of the
    model's into it. A seed of these is taken: of one model a category has each seed once. A picture
    that somebody replaced by hand keeps its name and so its seed: it is not overwritten.
    """
    own = or_(image.c.model_digest == model.digest, image.c.model_digest.is_(None))
    place = slug_of(connection, slug)
    rows = connection.execute(
        select(image.c.seed, image.c.file, image.c.state, image.c.drawn_as)
        .join(category)
        .where(category.c.slug == place, own)
    ).all()
    files = set(folder.files_of(place))
    live: dict[int, str] = {}
    taken: set[int] = set()
    gone: set[int] = set()
    for row in rows:
        seed = row.seed if row.seed is not None else _seed_in(row.file)
        if seed is not None and (row.state == REJECTED or row.drawn_as not in (None, slug)):
            taken.add(seed)
        elif seed is not None and row.state == LIVE and row.file in files:
            live[seed] = row.file
        elif seed is not None:
            gone.add(seed)
    return Known(live, frozenset(taken), frozenset(gone))


def _seed_in(file: str) -> int | None:
    match = MADE_FILE.fullmatch(file)
    return int(match["seed"]) if match else None


def _batches(sequel: Sequel, known: Known, needed: int) -> Iterator[SeedBatch]:
    start = 0
    while needed > 0 and start < SAMPLES_MOST:
        seeds = sequel.seeds(start)
        lacking = [s for s in seeds if s not in known.live and s not in known.taken][:needed]
        for together in sequel.compose(seeds) if lacking else ():
            if wanted := frozenset(lacking) & frozenset(together):
                yield SeedBatch(sequel.category, tuple(together), wanted)
        needed -= len(lacking)
        start += sequel.width


def _candidates(
    sequel: Sequel, known: Known, needed: int, barren: Collection[int]
) -> Iterator[SeedBatch | Candidates]:
    """Yield groups of candidates, and of groups that were judged what is missing of them."""
    judged = known.live.keys() | known.taken | known.gone
    start = 0
    while needed > 0 and start < SAMPLES_MOST:
        chunks = [sequel.seeds(start + i * sequel.width) for i in range(sequel.request.candidates)]
        calls = tuple(tuple(call) for chunk in chunks for call in sequel.compose(chunk))
        seeds = {seed for call in calls for seed in call}
        start += sequel.width * sequel.request.candidates
        if chunks[0][0] in barren:
            continue
        if seeds & judged:
            for call in calls:
                if again := frozenset(sorted(known.gone & set(call))[:needed]):
                    yield SeedBatch(sequel.category, call, again)
                    needed -= len(again)
            continue
        keep = min(needed, sequel.width)
        yield Candidates(sequel.category, calls, keep)
        needed -= keep
