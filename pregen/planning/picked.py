"""Batches of chosen seeds: the good ones first, in the file's order or a permutation of it.

A batch is always the same seeds of that order, whatever an earlier run made, so that a picture
cannot depend on where that was interrupted.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pregen.planning.batches import Known, SeedBatch, Sequel, in_sizes
from sources.curators.chosen_seeds import ChosenSeed


def picked_batches(
    sequel: Sequel, picks: Sequence[ChosenSeed], known: Known, needed: int
) -> Iterator[SeedBatch]:
    """Yield batches of chosen seeds until ``needed`` are there, or the seeds have run out."""
    start = 0
    while needed > 0 and start < len(picks):
        together = picks[start : start + sequel.width]
        lacking = [
            each.seed
            for each in together
            if each.seed not in known.live and each.seed not in known.taken
        ][:needed]
        for call in _calls(sequel, together) if lacking else ():
            seeds = tuple(each.seed for each in call)
            if wanted := frozenset(lacking) & frozenset(seeds):
                yield SeedBatch(sequel.category, seeds, wanted, tuple(call))
        needed -= len(lacking)
        start += sequel.width


def _calls(sequel: Sequel, picks: Sequence[ChosenSeed]) -> Iterator[Sequence[ChosenSeed]]:
    """Yield calls of the generator; each of one truncation where the model takes one per call."""
    if not sequel.truncations:
        yield picks
        return
    groups = defaultdict(list)
    for each in picks:
        groups[each.truncation].append(each)
    for truncation in sorted(groups):
        yield from in_sizes(groups[truncation], sequel.batch)
