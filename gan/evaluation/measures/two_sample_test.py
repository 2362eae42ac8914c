"""Can a classifier tell two sets apart? Trained on one half, read on the other (Lopez-Paz & Oquab
2017). 50 % would be perfect; what two sets of real pictures give is the floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from gan.evaluation.measures.classifier import build_classifier
from gan.evaluation.measures.linear_probe import fit_linear_probe
from gan.evaluation.samples.matching import halves
from gan.pixels import to_unit

FEWEST = 8  # pictures a side
BATCH = 64
EPOCHS, FEWEST_STEPS, MOST_STEPS = 10, 150, 600
SEED = 23


@dataclass(frozen=True)
class Side:
    """One of the two sets."""

    pictures: np.ndarray  # uint8 [N, H, W, 3]
    features: np.ndarray  # float [N, D]
    groups: Sequence[str]  # pictures of one group are not split between the halves


def two_sample_test(first: Side, second: Side, steps: int | None = None) -> dict[str, Any] | None:
    """Return how often the other half is told right, by features and by pixels; None with too few.

    ``by_features``: a linear reader of the features. ``by_pixels``: a small convolutional network
    that sees every pixel, so it finds traces that features smooth over. It is trained for
    ``steps``, 10 epochs within limits when None, and left out with 0.
    ``error``: one standard error of such a share. Both sides weigh the same, whatever their sizes.
    """
    if min(len(first.pictures), len(second.pictures)) < FEWEST:
        return None
    pictures = np.concatenate([first.pictures, second.pictures])
    features = np.concatenate([first.features, second.features])
    sides = np.repeat([0, 1], [len(first.pictures), len(second.pictures)])
    train = np.concatenate([halves(side.groups, SEED) for side in (first, second)])
    if min(np.bincount(sides[part], minlength=2).min() for part in (train, ~train)) == 0:
        return None
    reader = fit_linear_probe(features[train], sides[train], 2)
    by_features = _balanced(reader.logits(features[~train]), sides[~train])
    by_pixels = None
    if steps is None:
        steps = min(MOST_STEPS, max(FEWEST_STEPS, EPOCHS * int(train.sum()) // BATCH))
    if steps:
        by_pixels = _balanced(_read_pixels(pictures, sides, train, steps), sides[~train])
    return {
        "n": int(train.sum()),
        "read": int((~train).sum()),
        "by_features": by_features,
        "by_pixels": by_pixels,
        "error": float(0.5 / (~train).sum() ** 0.5),
    }


def _balanced(logits: np.ndarray, sides: np.ndarray) -> float:
    right = logits.argmax(axis=1) == sides
    return float(np.mean([right[sides == side].mean() for side in (0, 1)]))


def _read_pixels(
    pictures: np.ndarray, sides: np.ndarray, train: np.ndarray, steps: int
) -> np.ndarray:
    """Train a network on one half, mirrored by chance; return the other half's logits [N, 2]."""
    keras.utils.set_random_seed(SEED)
    random = np.random.RandomState(SEED)
    model = build_classifier(pictures.shape[1], 2)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-2), loss, jit_compile=False)
    rows = [np.flatnonzero(train & (sides == side)) for side in (0, 1)]
    half = min(BATCH // 2, *map(len, rows))
    for _ in range(steps):
        drawn = np.concatenate([random.choice(found, half, replace=False) for found in rows])
        batch = to_unit(pictures[drawn])
        mirrored = random.random_sample(len(batch)) < 0.5
        batch[mirrored] = batch[mirrored, :, ::-1]
        model.train_on_batch(batch, sides[drawn])
    read = np.flatnonzero(~train)
    parts = [
        model.predict_on_batch(to_unit(pictures[read[i : i + BATCH]]))
        for i in range(0, len(read), BATCH)
    ]
    return np.concatenate(parts)
