"""Curation at generation: of some candidates the best are kept, by a separate network's word.

A candidate must be realistic, as real pictures are or more so than most candidates, and no
near-duplicate of a training picture, of one that the store has of this category, or of a better
candidate. Of those the ones that show their category best are kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import numpy as np
from PIL import Image

from sources.curators.curator import Curator
from store.curation.duplicates import NEAR_BITS
from store.formats.encoding import perceptual_hash


@dataclass
class CandidateTally:
    """What became of a category's candidates; each is counted once but in ``candidates``."""

    candidates: int = 0
    unreal: int = 0
    copies: int = 0  # near-duplicates of training pictures
    alike: int = 0  # near-duplicates of pictures kept
    kept: int = 0

    @property
    def acceptance(self) -> float:
        """Share of the candidates that could have been kept, 0–1."""
        refused = self.unreal + self.copies + self.alike
        return 1 - refused / self.candidates if self.candidates else 0.0

    def __add__(self, other: "CandidateTally") -> "CandidateTally":
        return CandidateTally(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(CandidateTally))
        )


class Chooser:
    """Chooses among candidates, category by category, and counts."""

    def __init__(self, curator: Curator, stored: Callable[[str], Iterable[str]]) -> None:
        """``stored``: the perceptual hashes, hexadecimal, of what the store has of a category."""
        self._curator, self._stored = curator, stored
        self._seen: dict[str, np.ndarray] = {}
        self.tallies: dict[str, CandidateTally] = {}
        self.barren: set[int] = set()  # first seeds of candidates of which none was kept

    def choose(self, slug: str, pictures: np.ndarray, keep: int) -> dict[int, tuple[str, ...]]:
        """Return the places of at most ``keep`` pictures, uint8 [N, S, S, 3 or 4], in order.

        Each with the concepts that it is nearest to, where the curator knows any.
        """
        tally = self.tallies.setdefault(slug, CandidateTally())
        tally.candidates += len(pictures)
        if slug not in self._seen:
            self._seen[slug] = np.array([int(text, 16) for text in self._stored(slug)], np.uint64)
        judged = self._curator.judge(pictures, slug)
        chosen: list[int] = []
        for place in np.argsort(-judged.shows, kind="stable").tolist():
            if not judged.real[place]:
                tally.unreal += 1
                continue
            value = int(perceptual_hash(Image.fromarray(pictures[place])), 16)
            if near(self._curator.fitted.hashes, value):
                tally.copies += 1
            elif near(self._seen[slug], value):
                tally.alike += 1
            elif len(chosen) < keep:
                chosen.append(place)
                self._seen[slug] = np.append(self._seen[slug], np.uint64(value))
        tally.kept += len(chosen)
        return {place: judged.nearest[place] for place in sorted(chosen)}

    def report(self) -> list[str]:
        """Return a table: what became of the candidates, a line a category, worst first."""
        lines = [
            f"{'category':<28}{'candidates':>11}{'unreal':>8}{'copies':>8}{'alike':>7}{'kept':>7}"
            f"{'accepted':>10}"
        ]
        ranked = sorted(self.tallies.items(), key=lambda pair: (pair[1].acceptance, pair[0]))
        total = sum((tally for _, tally in ranked), CandidateTally())
        for slug, t in [*ranked, ("all", total)]:
            lines.append(
                f"{slug:<28}{t.candidates:>11,}{t.unreal:>8,}{t.copies:>8,}{t.alike:>7,}{t.kept:>7,}"
                f"{t.acceptance:>10.0%}"
            )
        return lines


def near(hashes: np.ndarray, value: int) -> bool:
    """Say whether a perceptual hash is within `NEAR_BITS` of any of uint64 [H]."""
    return bool((np.bitwise_count(hashes ^ np.uint64(value)) <= NEAR_BITS).any())
