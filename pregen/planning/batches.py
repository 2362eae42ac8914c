"""Seeds in their order, and the batches that they are put together to.

How that is done is described in `pregen.planning.plan`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pregen.planning.request import SAMPLES_MOST, Request
from sources.curators.chosen_seeds import ChosenSeed
from sources.runtimes.latents import Draw, draw, truncation_drawn
from sources.runtimes.source import batch_sizes
from sources.spec.description import Model, ModelCategory

T = TypeVar("T")
WINDOW = 8  # batches: 64 seeds, so that 60 samples are one window
SEED_STRIDE = 2_654_435_761  # odd and near 2^32 / φ: runs with other --seed values stay apart


def seed_of(run_seed: int, position: int, number: int) -> int:
    """Return the seed, 0 … 2^32-1, of picture ``number`` of the category at ``position``."""
    return (run_seed * SEED_STRIDE + position * SAMPLES_MOST + number) % 2**32


@dataclass(frozen=True)
class SeedBatch:
    """One call of the generator: all its seeds, and those to be stored."""

    category: ModelCategory
    seeds: tuple[int, ...]
    wanted: frozenset[int]
    picks: tuple[ChosenSeed, ...] = ()  # of chosen seeds: what was found of each

    def drawn(self, model: Model, truncations: tuple[float, float]) -> list[list[Draw]]:
        """Return what the seeds of each call decide; a chosen seed has its own truncation.

        ``truncations``: the range of the others.
        """
        if self.picks:
            return [[draw(model, p.seed, (p.truncation, p.truncation)) for p in self.picks]]
        return [[draw(model, seed, truncations) for seed in self.seeds]]

    @property
    def nearest(self) -> dict[int, tuple[str, ...]]:
        """The concepts that a seed's picture is nearest to, where that is known."""
        return {pick.seed: pick.nearest for pick in self.picks}

    @property
    def count(self) -> int:
        """Pictures to be stored."""
        return len(self.wanted)


@dataclass(frozen=True)
class Candidates:
    """Several calls of the generator, of whose pictures the best are to be kept."""

    category: ModelCategory
    calls: tuple[tuple[int, ...], ...]
    count: int  # pictures to be stored, at most

    def drawn(self, model: Model, truncations: tuple[float, float]) -> list[list[Draw]]:
        """Return what the seeds of each call decide."""
        return [[draw(model, seed, truncations) for seed in call] for call in self.calls]

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, in the order of the calls."""
        return tuple(seed for call in self.calls for seed in call)


@dataclass(frozen=True)
class Known:
    """What the index and the folders hold of one category of a model."""

    live: dict[int, str]  # seed → file of live pictures whose file is there
    taken: frozenset[int]  # seeds of rejected pictures: not to be made again
    gone: frozenset[int] = frozenset()  # seeds of pictures whose file is not there


@dataclass(frozen=True)
class Sequel:
    """The seeds of one category in their order, and how they are put together."""

    category: ModelCategory
    position: int
    request: Request
    batch: int
    truncations: tuple[float, float] | None  # where a call takes one truncation; drawn from these

    @property
    def width(self) -> int:
        """Seeds that are put together at a time."""
        return self.batch * WINDOW if self.truncations else self.batch

    def seeds(self, start: int) -> list[int]:
        """Return the next seeds from picture ``start`` on."""
        return [seed_of(self.request.seed, self.position, start + k) for k in range(self.width)]

    def compose(self, seeds: list[int]) -> Iterator[Sequence[int]]:
        """Yield the batches of these seeds."""
        if not self.truncations:
            yield seeds
            return
        groups = defaultdict(list)
        for seed in seeds:
            groups[truncation_drawn(seed, self.truncations)].append(seed)
        for truncation in sorted(groups):
            yield from in_sizes(groups[truncation], self.batch)


def in_sizes(seeds: Sequence[T], batch: int) -> Iterator[Sequence[T]]:
    """Cut seeds into calls of the sizes that a source runs, largest first."""
    start = 0
    for size in batch_sizes(batch):
        while len(seeds) - start >= size:
            yield seeds[start : start + size]
            start += size
