"""Fitting a curator's concepts to a data set's pictures, and saying how well they are read."""

from dataclasses import dataclass

import numpy as np

from gan.dataset.files import Dataset
from sources.curators.concepts import Concepts, fit_concepts

FEWEST = 3  # drawings of a concept, so that its mean says something without one of them


@dataclass(frozen=True)
class ConceptsAbout:
    """How well concepts are read, of pictures that are left out of their concept's mean."""

    concepts: int
    pictures: int  # of concepts with `FEWEST` drawings or more
    right: float  # of concepts read, 0-1
    right_category: float


def fit_dataset_concepts(
    dataset: Dataset, leave_out_styles: tuple[str, ...], features: np.ndarray
) -> tuple[Concepts, ConceptsAbout] | None:
    """Fit to all pictures of a data set, the held-out ones too: nothing here judges a model.

    ``features``: float [N, D] of all its pictures. None where no concept has `FEWEST` pictures, as
    in a folder of single ones: there a mean would be a picture.
    """
    used = [i for i, r in enumerate(dataset.records) if r.style not in leave_out_styles]
    records = [dataset.records[i] for i in used]
    ids, slugs = [r.concept for r in records], [r.category for r in records]
    concepts, which = fit_concepts(features[used], ids, slugs)
    counts = np.bincount(which)[which]
    enough = counts >= FEWEST
    if not enough.any():
        return None
    distances = concepts.distances(concepts.place(features[used]))
    rows = np.arange(len(which))
    # without a picture its concept's mean lies farther from it by n / (n - 1)
    distances[rows, which] *= (counts / np.maximum(counts - 1, 1)) ** 2
    read = distances.argmin(axis=1)[enough]
    known = which[enough]
    return concepts, ConceptsAbout(
        concepts=len(concepts.ids),
        pictures=int(enough.sum()),
        right=float((read == known).mean()),
        right_category=float((concepts.slugs[read] == concepts.slugs[known]).mean()),
    )
