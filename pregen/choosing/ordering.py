"""A category's candidates in the order in which they are shown: good ones, and unlike ones.

The best of every concept comes first, then the seconds, as far as they are good; and unlike ones
before those that repeat a form in another paint. Candidates with many crumbs, holes or stripes,
those farthest from anything real, and near-copies of training pictures are left out.
"""

import numpy as np

from pregen.choosing.measuring import Measured
from sources.curators.flaws import Flaws
from sources.curators.quality import Points
from store.curation.duplicates import NEAR_BITS

MOST_CRUMBS, MOST_HOLES, MOST_STRIPES = 0.06, 0.08, 0.05  # above, a candidate is out
LEAST_BODY = 0.04  # of the picture
UNREAL = 0.05  # of the candidates, those farthest from real pictures, are out
GOOD = 0.5  # of the candidates, the better ones, can be kept
# decided on sheets of candidates, in deviations of quality
AGAIN = 0.35  # off for a picture of the same concept before, and again when these are doubled
ALIKE = 1.4  # off for one that is the same as another before


def is_usable(
    points: Points, qualities: np.ndarray, hashes: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Say of each candidate if it can be kept, bool [N].

    ``hashes``: theirs, uint64 [N]; ``known``: those of training pictures, uint64 [H].
    """
    realism = points.realism
    able: np.ndarray = (
        _is_clean(points.flaws)
        & (qualities >= np.quantile(qualities, GOOD))
        & (realism >= np.quantile(realism, UNREAL))
        & ~near_any(hashes, known)
    )
    return able


def _is_clean(flaws: Flaws) -> np.ndarray:
    """Of a model whose usual pictures have more of a flaw, the better half is clean enough."""
    clean = flaws.body >= LEAST_BODY
    for found, most in (
        (flaws.crumbs, MOST_CRUMBS),
        (flaws.holes, MOST_HOLES),
        (flaws.stripes, MOST_STRIPES),
    ):
        clean &= found <= max(most, float(np.median(found)))
    return clean


def put_in_order(
    points: Points, qualities: np.ndarray, usable: np.ndarray, measured: Measured, keep: int
) -> list[int]:
    """Return the places of at most ``keep`` usable candidates, in the order to show them.

    None is a near-duplicate of an earlier one.
    """
    left = np.flatnonzero(usable)
    worth, placed = qualities[left].astype(np.float64), points.placed[left]
    forms, hashes = _forms(measured.thumbs[left]), measured.hashes[left]
    concept = points.nearest[left, 0]
    far, unlike = _usual_distance(placed), _usual_distance(forms)
    alike, times = np.zeros(len(left)), np.zeros(len(left))
    free = np.ones(len(left), bool)
    chosen: list[int] = []
    while len(chosen) < keep and free.any():
        value = np.where(free, worth - AGAIN * np.log2(1 + times) - ALIKE * alike, -np.inf)
        best = int(np.argmax(value))
        chosen.append(int(left[best]))
        free &= ~near_any(hashes, hashes[best : best + 1])
        free[best] = False
        if concept[best] >= 0:
            times[concept == concept[best]] += 1
        apart = _distances(placed, placed[best]) / far + _distances(forms, forms[best]) / unlike
        alike = np.maximum(alike, 1 - apart / 2)
    return chosen


def near_any(hashes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Say of each of uint64 [N] whether it is within `NEAR_BITS` of any of uint64 [H]."""
    found = np.zeros(len(hashes), bool)
    for start in range(0, len(hashes), 256) if len(known) else ():
        bits = np.bitwise_count(hashes[start : start + 256, None] ^ known)
        found[start : start + 256] = (bits <= NEAR_BITS).any(axis=1)
    return found


def _forms(thumbs: np.ndarray) -> np.ndarray:
    """Return float32 [N, 64]: where there is ink, whatever its colour."""
    ink = (255 - thumbs.min(axis=-1).astype(np.float32)) / 255
    forms: np.ndarray = np.minimum(ink * 2, 1).reshape(len(thumbs), -1)
    return forms


def _distances(points: np.ndarray, one: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.sqrt(((points - one) ** 2).sum(axis=1))
    return found


def _usual_distance(points: np.ndarray) -> float:
    """Return the median distance between two of float [N, P], of some hundred of them."""
    some = points[:: max(1, len(points) // 300)]
    pairs = [_distances(some[i + 1 :], one) for i, one in enumerate(some)]
    together = np.concatenate(pairs) if pairs else np.zeros(0)
    return float(np.median(together)) + 1e-6 if len(together) else 1.0
