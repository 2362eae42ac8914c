"""Batches put together to jobs: what one machine makes at a time, and what a dying one costs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pregen.planning.batches import Candidates, SeedBatch
from sources.spec.description import ModelCategory

JOB = 64  # pictures: as many as one commit takes, and long enough that handing out costs little


@dataclass(frozen=True)
class Job:
    """Batches of one category, as a plan composed them."""

    category: ModelCategory
    batches: tuple[SeedBatch, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Category and first seed: no two jobs of a plan share them."""
        return self.category.slug, self.batches[0].seeds[0]


def jobs_of(batches: Iterable[SeedBatch | Candidates]) -> Iterator[Job]:
    """Yield jobs of about `JOB` pictures of one category, in the order of the batches.

    Raises `TypeError` for candidates: what is chosen hangs on what was chosen before.
    """
    together: list[SeedBatch] = []
    count = 0
    for batch in batches:
        if isinstance(batch, Candidates):
            raise TypeError("candidates are chosen on one machine")
        if together and (batch.category != together[0].category or count >= JOB):
            yield Job(together[0].category, tuple(together))
            together, count = [], 0
        together.append(batch)
        count += len(batch.seeds)
    if together:
        yield Job(together[0].category, tuple(together))
