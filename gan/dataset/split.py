"""Train and held-out: whole concepts on one side, the same side at every run."""

import hashlib
from collections.abc import Iterable

from gan.dataset.files import HELD_OUT, TRAIN

HELD_OUT_EVERY = 8  # one concept of eight, about 12 % of the pictures


def split_concepts(concepts: Iterable[str], every: int = HELD_OUT_EVERY) -> dict[str, str]:
    """Return the split of each concept of one category.

    Concepts are ordered by their SHA-256 and each ``every``-th is held out, so that a category
    of at least two concepts has pictures on both sides and the order of reading changes nothing.
    """
    ordered = sorted(set(concepts), key=lambda c: hashlib.sha256(c.encode()).hexdigest())
    held = set(ordered[every - 1 :: every]) or set(ordered[-1:] if len(ordered) > 1 else [])
    return {concept: HELD_OUT if concept in held else TRAIN for concept in ordered}
