"""Samples of like composition: what differs between two must not be how often a category comes."""

import hashlib
from collections.abc import Sequence

import numpy as np


def counts(categories: np.ndarray, number: int) -> np.ndarray:
    """Return how often each of ``number`` categories comes, int [number]."""
    return np.bincount(categories, minlength=number)


def matched_blocks(
    categories: np.ndarray, wanted: np.ndarray, most: int, seed: int
) -> list[np.ndarray]:
    """Return up to ``most`` disjoint samples, int [sum(wanted)] each, in the order of categories.

    Each has ``wanted[c]`` positions of category c, drawn by ``seed``. As many as there are
    pictures for.
    """
    random = np.random.RandomState(seed)
    by_category = [random.permutation(np.flatnonzero(categories == c)) for c in range(len(wanted))]
    asked = [(found, n) for found, n in zip(by_category, wanted, strict=True) if n]
    if not asked:
        return []
    blocks = min(most, *(len(found) // n for found, n in asked))
    return [
        np.concatenate([found[i * n : (i + 1) * n] for found, n in asked]) for i in range(blocks)
    ]


def halves(groups: Sequence[str], seed: int) -> np.ndarray:
    """Return for each picture whether it is in the first half, bool [N]; groups stay together.

    Groups in the order of a hash go where fewer pictures are, so that the halves are about equal.
    """
    names = np.array(groups)
    unique, sizes = np.unique(names, return_counts=True)
    order = sorted(
        range(len(unique)), key=lambda i: hashlib.sha256(f"{seed} {unique[i]}".encode()).digest()
    )
    first: set[str] = set()
    balance = 0
    for i in order:
        if balance <= 0:
            first.add(unique[i])
            balance += sizes[i]
        else:
            balance -= sizes[i]
    return np.isin(names, sorted(first))
