"""Does the category show? Readers of real pictures on generated ones, and the reverse."""

from typing import Any

import keras
import numpy as np

from gan.evaluation.measures.linear_probe import LinearProbe, fit_linear_probe
from gan.evaluation.samples.sets import SEED, Sets
from gan.pixels import to_unit

BATCH = 64
TRAIN_SAMPLE = 1000  # training pictures that the readers are tried on


def right(logits: np.ndarray, categories: np.ndarray, among: int) -> float:
    """Return the share, 0-1, of pictures whose category is among the ``among`` highest logits."""
    return float(is_right(logits, categories, among).mean())


def is_right(logits: np.ndarray, categories: np.ndarray, among: int = 1) -> np.ndarray:
    """Return for each picture whether fewer than ``among`` other logits are higher, bool [N]."""
    ranks = (logits > logits[np.arange(len(logits)), categories][:, None]).sum(axis=1)
    found: np.ndarray = ranks < among
    return found


def log_shares(logits: np.ndarray) -> np.ndarray:
    """Return the logarithms of softmax, float64 [N, C]."""
    x = logits.astype(np.float64)
    x -= x.max(axis=1, keepdims=True)
    found: np.ndarray = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return found


def read(
    network: keras.Model, linear: LinearProbe, pictures: np.ndarray, features: np.ndarray
) -> np.ndarray:
    """Return logits [N, C]: the sum of what a network and a linear reader of features say.

    ``pictures``: uint8 [N, H, W, 3]; ``features``: float [N, D].
    """
    parts = [
        network.predict_on_batch(to_unit(pictures[i : i + BATCH]))
        for i in range(0, len(pictures), BATCH)
    ]
    found: np.ndarray = log_shares(np.concatenate(parts)) + log_shares(linear.logits(features))
    return found


def row(pictures: str, logits: np.ndarray, categories: np.ndarray) -> dict[str, Any]:
    return {
        "pictures": pictures,
        "n": len(logits),
        "top1": right(logits, categories, 1),
        "top5": right(logits, categories, 5),
    }


def category_accuracy(
    sets: Sets,
    network: keras.Model,
    taught: keras.Model,
    real: np.ndarray,
    mirrored: np.ndarray,
    generated: np.ndarray,
) -> dict[str, Any]:
    """Return how often readers are right, overall and per category.

    ``real``, ``mirrored``, ``generated``: features of all pictures. ``read`` is by the network and
    the linear reader of real features together, the best that is known here; its figure on
    held-out pictures is what the others are shares of. ``read_by_generated`` is by the same two,
    trained on the generated pictures alone (``taught`` is that network): were they as good as real
    ones, and as many, it would read held-out ones about as well. ``read_linear`` is by the linear
    readers alone.
    """
    assert sets.categories is not None
    labels = sets.dataset.category_ids()
    number = len(sets.dataset.categories)
    both = np.concatenate([real[sets.train], mirrored[sets.train]])
    linear = fit_linear_probe(both, np.tile(labels[sets.train], 2), number)
    reverse = fit_linear_probe(generated, sets.categories, number)
    sample = np.random.RandomState(SEED).permutation(sets.train)[:TRAIN_SAMPLE]
    held_out, held_labels = sets.held_out, labels[sets.held_out]
    by_both = {
        "train": read(network, linear, sets.real[sample], real[sample]),
        "held_out": read(network, linear, sets.real[held_out], real[held_out]),
        "generated": read(network, linear, sets.generated, generated),
    }
    rows = [
        row("real, trained on", by_both["train"], labels[sample]),
        row("real, held-out concepts", by_both["held_out"], held_labels),
        row("generated", by_both["generated"], sets.categories),
    ]
    by_generated = row(
        "real, held-out concepts",
        read(taught, reverse, sets.real[held_out], real[held_out]),
        held_labels,
    )
    trained_on = {"real pictures": linear, "generated pictures": reverse}
    linear_rows = [
        {
            "trained_on": name,
            **row("real, held-out concepts", reader.logits(real[held_out]), held_labels),
        }
        for name, reader in trained_on.items()
    ]
    linear_rows.insert(
        1,
        {
            "trained_on": "real pictures",
            **row("generated", linear.logits(generated), sets.categories),
        },
    )
    best = rows[1]["top1"]
    return {
        "read": rows,
        "read_by_generated": by_generated,
        "read_linear": linear_rows,
        "of_held_out": {
            "generated": rows[2]["top1"] / best if best else None,
            "by_generated": by_generated["top1"] / best if best else None,
        },
        "right_per_category": {
            label.slug: {
                "held_out": _share(by_both["held_out"], held_labels, i),
                "generated": _share(by_both["generated"], sets.categories, i),
            }
            for i, label in enumerate(sets.dataset.categories)
        },
    }


def _share(logits: np.ndarray, categories: np.ndarray, category: int) -> dict[str, Any]:
    here = categories == category
    found = is_right(logits, categories)[here]
    return {"n": int(here.sum()), "right": float(found.mean()) if len(found) else None}
