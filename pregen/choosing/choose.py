"""Choosing a model's seeds: candidates are measured, judged, put in order and written down."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.cpu import usable_cores
from core.files import write_durably
from core.progress import Progress
from pregen.choosing.measuring import CHUNK, Measured, Measuring
from pregen.choosing.ordering import is_usable, put_in_order
from sources.curators.chosen_seeds import Chosen, ChosenSeed, Selection, write_chosen
from sources.curators.curator import Curator, read_curator
from sources.curators.quality import Points, points_of, quality, scale_of
from sources.spec.description import Model, ModelCategory

_BLOCK = 2000  # candidates whose distances to all concepts are in memory at once
CARD, HEADING = "MODEL_CARD.md", "## Chosen seeds"
FIRST_SHOWN = 60  # of a category: as many as pregen makes of it


@dataclass(frozen=True)
class ChoiceResult:
    """What was chosen."""

    path: Path
    kept: int
    concepts: int  # nearest to one of the first `FIRST_SHOWN` of its category


class Choosing:
    """One choice of a model's seeds."""

    def __init__(
        self,
        model: Model,
        home: Path,
        categories: Sequence[ModelCategory],
        candidates: int,
        run_seed: int,
    ) -> None:
        """Raises `NoCurator`, `BadConcepts`."""
        self._model, self._categories, self._candidates = model, categories, candidates
        self._curator: Curator = read_curator(model)
        self._measuring = Measuring(model, home, run_seed)
        labels = list(dict.fromkeys(category.label for category in categories))
        self.missing = self._measuring.missing(labels, candidates)

    @property
    def to_measure(self) -> int:
        """How many candidates are to be drawn and measured."""
        return len(self.missing) * CHUNK

    def measure(self, echo: Callable[[str], None]) -> None:
        """Measure what is missing, on all cores. Raises `MeasuringFailed`, OSError."""
        if not self.missing:
            return
        with (
            Progress(self.to_measure, echo, "candidate") as progress,
            closing(self._measuring.measure(self.missing, usable_cores())) as measured,
        ):
            for _ in measured:
                progress.add(CHUNK)

    def choose(self, keep: int, say: Callable[[str], None]) -> ChoiceResult:
        """Judge all candidates and write the file; ``say`` gets a line for each category."""
        selections, shown = {}, set()
        taken = defaultdict[int, list[np.ndarray]](list)  # of each label, by parts: their hashes
        for category in sorted(self._categories, key=lambda each: not each.of):
            measured = self._measuring.read(category.label, self._candidates)
            parts = [each for each in self._categories if each.of == category.slug]
            known = np.concatenate([self._curator.fitted.hashes, *taken[category.label]])
            selection = select(category, parts, measured, self._curator, keep, known)
            selections[category.slug] = selection
            if category.of:
                seeds = [each.seed for each in selection.seeds]
                taken[category.label].append(measured.hashes[np.isin(measured.seeds, seeds)])
            first = {
                (category.slug, near)
                for each in selection.seeds[:FIRST_SHOWN]
                for near in each.nearest[:1]
            }
            shown |= first
            say(
                f"{category.slug:<28}{len(selection.seeds):>6} of {len(measured):,}"
                f"{len(first):>6} concepts among the first {min(FIRST_SHOWN, len(selection.seeds))}"
            )
        chosen = Chosen(self._model.digest, self._candidates, selections)
        path = write_chosen(self._model, chosen)
        say_in_card(self._model, chosen)
        return ChoiceResult(path, sum(len(s.seeds) for s in selections.values()), len(shown))


def say_in_card(model: Model, chosen: Chosen) -> None:
    """Say in the model card, where there is one, that networks picked, and out of how many."""
    path = model.folder / CARD
    if not path.is_file():
        return
    kept = sum(len(selection.seeds) for selection in chosen.selections.values())
    count = len({each.label for each in model.categories if each.slug in chosen.selections})
    section = (
        f"{HEADING}\n\nNetworks picked the pictures that are made by default, no person did: the "
        f"first of {kept:,} seeds, chosen out of {chosen.candidates * count:,} candidates, "
        f"{chosen.candidates:,} in each of {count} categories.\n\nHow: docs/choosing.md. The "
        "figures in this card are of pictures that nobody picked.\n\n"
    )
    text = path.read_text(encoding="utf-8")
    before, found, after = text.partition(f"{HEADING}\n")
    rest = after[after.find("\n## ") + 1 :] if "\n## " in after else ""
    if not found:
        before, found, after = text.partition("## Data\n")
        rest = f"{found}{after}"
    write_durably(path, f"{before}{section}{rest}".encode())


def select(
    category: ModelCategory,
    parts: Sequence[ModelCategory],
    measured: Measured,
    curator: Curator,
    keep: int,
    known: np.ndarray,
) -> Selection:
    """Return the best ``keep`` candidates of a category in the order to show them.

    ``parts``: categories of some of its concepts. Every second candidate that is nearest to one of
    these is for them, so that no seed is in two categories. ``known``: perceptual hashes, uint64
    [H], of which none is to come near.
    """
    points = _points(category.family, measured, curator)
    scale = scale_of(points)
    qualities = quality(points, scale)
    nothing: list[tuple[str, ...]] = [()] * len(measured)
    nearest = curator.concepts.named(points.nearest) if curator.concepts else nothing
    theirs = category.concepts or {concept for part in parts for concept in part.concepts}
    for_part = np.array([near[:1] != () and near[0] in theirs for near in nearest], bool)
    for_part[1::2] = False
    usable = is_usable(points, qualities, measured.hashes, known)
    usable &= for_part if category.of else ~for_part
    seeds = tuple(
        ChosenSeed(
            int(measured.seeds[i]),
            round(float(measured.truncations[i]), 2),
            float(qualities[i]),
            nearest[i],
        )
        for i in put_in_order(points, qualities, usable, measured, keep)
    )
    return Selection(seeds, scale)


def _points(slug: str, measured: Measured, curator: Curator) -> Points:
    parts = [
        points_of(
            measured.features[rows], measured.flaws[rows], slug, curator.fitted, curator.concepts
        )
        for rows in (slice(i, i + _BLOCK) for i in range(0, len(measured), _BLOCK))
    ]
    columns = ("counted", "nearest", "placed")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    return replace(parts[0], **joined, flaws=measured.flaws)
