"""Precision, recall, density and coverage within each category."""

from dataclasses import asdict
from typing import Any

import numpy as np

from gan.evaluation.measures.prdc import NEIGHBOURS, compute_prdc
from gan.evaluation.measures.scale import Scale
from gan.evaluation.samples.matching import halves
from gan.evaluation.samples.sets import SEED, Sets


def compare_categories(
    sets: Sets, real: np.ndarray, generated: np.ndarray, scale: Scale
) -> dict[str, dict[str, Any]]:
    """Return figures by the category's slug, from features of all real and generated pictures.

    Too few pictures are held out of a category, so the reference is one half of its training
    pictures and the floor the other; a concept is in one of them. All three have ``n`` pictures.
    ``generated`` and ``floor`` are None where these are too few for 5 neighbours.
    """
    assert sets.categories is not None
    labels = sets.dataset.category_ids()
    random = np.random.RandomState(SEED)
    found = {}
    for i, label in enumerate(sets.dataset.categories):
        rows = random.permutation(sets.train[labels[sets.train] == i])
        first = halves(sets.concepts(rows), SEED)
        made = random.permutation(np.flatnonzero(sets.categories == i))
        n = min(int(first.sum()), int((~first).sum()), len(made))
        figures: dict[str, Any] = {"n": n, "generated": None, "floor": None}
        if n > NEIGHBOURS:
            reference = scale.features(real[rows[first][:n]])
            for name, features in (
                ("generated", generated[made[:n]]),
                ("floor", real[rows[~first][:n]]),
            ):
                overlap = compute_prdc(reference, scale.features(features))
                figures[name] = asdict(overlap) if overlap else None
        found[label.slug] = figures
    return found
