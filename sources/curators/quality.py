"""How good a candidate is among those of its category: what choosing and live pictures go by.

Four things count, each in deviations among many candidates of the category: nearness to a concept
of the category against half the nearness to those of all others, how well the curator's reader sees
the category, what can be seen within the outline, and realism. Flaws are taken off.
"""

from dataclasses import dataclass

import numpy as np

from sources.curators.concepts import NONE, Concepts
from sources.curators.curator import Fitted
from sources.curators.flaws import Flaws

# Nearness, category, detail, realism. A logistic regression on what two raters took for shapeless
# among 240 pictures gave .74, .61 and .72 for a category's usual deviation of the first three; the
# other numbers were decided on sheets of candidates.
COUNTS = np.array([1.0, 0.8, 1.0, 0.25], np.float32)
ENOUGH_DETAIL = 2.0  # deviations: more of it is not better
CRUMBS, HOLES, STRIPES, CUT, PIECES = 30.0, 12.0, 40.0, 6.0, 0.4


@dataclass(frozen=True)
class Points:
    """What is found of N candidates of one category."""

    counted: np.ndarray  # float32 [N, 4]: as `COUNTS` counts them
    flaws: Flaws
    nearest: np.ndarray  # int32 [N, 2]: concepts, as positions in `Concepts`, or `NONE`
    placed: np.ndarray  # float32 [N, P]: where like ones are near

    @property
    def realism(self) -> np.ndarray:
        found: np.ndarray = self.counted[:, 3]
        return found


@dataclass(frozen=True)
class CandidateScale:
    """What is usual among a category's candidates."""

    mean: np.ndarray  # float32 [4]
    deviation: np.ndarray  # float32 [4]
    pieces: float  # of a drawing


def points_of(
    features: np.ndarray, flaws: Flaws, slug: str, fitted: Fitted, concepts: Concepts | None
) -> Points:
    """Return what is found of candidates of ``slug``, from features float [N, D].

    Without concepts nearness is 0 for all.
    """
    features = features.astype(np.float32)
    count = len(features)
    nearness, nearest = np.zeros(count), np.full((count, 2), NONE, np.int32)
    if concepts is None:
        placed = fitted.place(features)
    else:
        placed = concepts.place(features)
        distances = concepts.distances(placed)
        nearness, nearest = _nearness(concepts, distances, slug), concepts.nearest(distances, slug)
    shows = fitted.shows(features)[:, fitted.slugs.tolist().index(slug)]
    counted = (nearness, shows, np.log1p(flaws.detail), fitted.realism(features))
    return Points(np.stack(counted, axis=1).astype(np.float32), flaws, nearest, placed)


def _nearness(concepts: Concepts, distances: np.ndarray, slug: str) -> np.ndarray:
    """Return float [N]: 0 where the category has no concepts."""
    own = concepts.slugs == slug
    if not own.any():
        return np.zeros(len(distances))
    apart = distances[:, ~own].min(axis=1) if not own.all() else 0.0
    found: np.ndarray = apart / 2 - distances[:, own].min(axis=1)
    return found


def scale_of(points: Points) -> CandidateScale:
    """Return what is usual among candidates."""
    mean, deviation = points.counted.mean(axis=0), points.counted.std(axis=0)
    return CandidateScale(mean, deviation + np.float32(1e-6), float(np.median(points.flaws.pieces)))


def quality(points: Points, scale: CandidateScale) -> np.ndarray:
    """Return float32 [N]: 0 is usual, a deviation about 1, and flaws are taken off."""
    deviations = (points.counted - scale.mean) / scale.deviation
    deviations[:, 2] = np.minimum(deviations[:, 2], ENOUGH_DETAIL)
    flaws = points.flaws
    found: np.ndarray = deviations @ COUNTS - (
        CRUMBS * flaws.crumbs
        + HOLES * flaws.holes
        + STRIPES * flaws.stripes
        + CUT * flaws.cut
        + PIECES * np.maximum(flaws.pieces - scale.pieces, 0)
    )
    return found.astype(np.float32)
