"""A curator's concepts: what single things its real pictures show, a duck, a swan.

Read by linear discriminant analysis: along `axes` the real pictures of one concept lie as near to
each other in every direction, and the concept whose mean is nearest is the one that is read.
Fitted by `flask gan curator`; a curator of earlier versions has none.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import NonesuchError

CONCEPTS = "concepts.npz"
AXES = 128  # along which the means differ most: more of them read worse
SHRINK = 0.1
BETWEEN = 1.15  # times as far as the nearest: a second concept so near is named too
NONE = -1


class BadConcepts(NonesuchError):
    """A table of concepts that cannot be read."""


def signed_root(x: np.ndarray) -> np.ndarray:
    """Return float32: pooled activations are skewed, their roots less so."""
    x = x.astype(np.float32)
    root: np.ndarray = np.sign(x) * np.sqrt(np.abs(x))
    return root


@dataclass(frozen=True)
class Concepts:
    """Means of K concepts' features, in a space in which distances count alike."""

    ids: np.ndarray  # str [K]: Unicode code points, or the names of a data set's files
    slugs: np.ndarray  # str [K]: the category of each
    axes: np.ndarray  # float32 [D, P]
    means: np.ndarray  # float32 [K, P]

    def place(self, features: np.ndarray) -> np.ndarray:
        """Return float32 [N, P]: features float [N, D] along `axes`."""
        placed: np.ndarray = signed_root(features) @ self.axes
        return placed

    def distances(self, placed: np.ndarray) -> np.ndarray:
        """Return squared distances float32 [N, K] to each concept's mean."""
        squares = (placed**2).sum(axis=1)[:, None] + (self.means**2).sum(axis=1)
        found: np.ndarray = np.maximum(squares - 2 * placed @ self.means.T, 0)
        return found

    def nearest(self, distances: np.ndarray, slug: str) -> np.ndarray:
        """Return the one or two nearest concepts of a category, int32 [N, 2], or `NONE`."""
        rows = np.arange(len(distances))
        found = np.full((len(distances), 2), NONE, np.int32)
        own = np.flatnonzero(self.slugs == slug)
        ranked = own[np.argsort(distances[:, own], axis=1, kind="stable")[:, :2]]
        found[:, : ranked.shape[1]] = ranked
        if len(own) > 1:
            first, second = distances[rows, found[:, 0]], distances[rows, found[:, 1]]
            found[second > BETWEEN * first, 1] = NONE
        return found

    def named(self, nearest: np.ndarray) -> list[tuple[str, ...]]:
        """Return the ids of concepts [N, 2] as `nearest` gives them."""
        return [tuple(str(self.ids[k]) for k in row if k != NONE) for row in nearest.tolist()]


def fit_concepts(
    features: np.ndarray, ids: list[str], slugs: list[str]
) -> tuple[Concepts, np.ndarray]:
    """Fit to features float [N, D] of real pictures, of which each shows one concept.

    Returns the table, and the concept of each picture as a position in it, int64 [N]. The
    covariance within concepts is shrunk by `SHRINK` towards one that is equal in every direction.
    """
    keys = sorted(set(zip(slugs, ids, strict=True)))
    position = {key: i for i, key in enumerate(keys)}
    which = np.array([position[key] for key in zip(slugs, ids, strict=True)])
    x = signed_root(features).astype(np.float64)
    counts = np.bincount(which, minlength=len(keys))
    means = np.zeros((len(keys), x.shape[1]))
    np.add.at(means, which, x)
    means /= counts[:, None]
    within = x - means[which]
    covariance = within.T @ within / max(1, len(x) - len(keys))
    even = max(float(np.trace(covariance)) / len(covariance), 1e-9)
    covariance = (1 - SHRINK) * covariance + SHRINK * even * np.eye(len(covariance))
    variances, directions = np.linalg.eigh(covariance)
    whitening = directions / np.sqrt(variances)
    white = means @ whitening
    spread = (white - np.average(white, axis=0, weights=counts)) * np.sqrt(counts)[:, None]
    _, _, turns = np.linalg.svd(spread, full_matrices=False)
    axes = (whitening @ turns[:AXES].T).astype(np.float32)
    found = Concepts(
        ids=np.array([concept for _, concept in keys]),
        slugs=np.array([slug for slug, _ in keys]),
        axes=axes,
        means=(means @ axes).astype(np.float32),
    )
    return found, which


def write_concepts(concepts: Concepts, file: IO[bytes]) -> None:
    """Write the table; the means in half precision, which loses nothing that is read."""
    np.savez_compressed(
        file,
        ids=concepts.ids,
        slugs=concepts.slugs,
        axes=concepts.axes,
        means=concepts.means.astype(np.float16),
    )


def read_concepts(path: Path) -> Concepts | None:
    """Return the table at ``path``, None where there is none. Raises `BadConcepts`."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Concepts(
                ids=kept["ids"],
                slugs=kept["slugs"],
                axes=kept["axes"].astype(np.float32),
                means=kept["means"].astype(np.float32),
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadConcepts(
            f"{path} cannot be read ({error})",
            "make it anew: flask gan curator --run RUN --name NAME --replace",
        ) from error
