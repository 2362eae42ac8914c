"""Near-duplicates: pictures whose perceptual hashes differ in a few bits.

Two hashes of 64 bits that differ in at most 4 of them, cut into 6 bands, agree in at least 2
bands whole (pigeonhole). So pictures meet in buckets, one per pair of bands and their content,
and only those that share one are compared: 15 look-ups a picture instead of one per other
picture. Equal hashes are one before that: a collapsed model costs no more than a good one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise

NEAR_BITS = 4
_BITS = 64
_BANDS = NEAR_BITS + 2  # so that two at least are untouched
_EDGES = [round(_BITS * i / _BANDS) for i in range(_BANDS + 1)]
_MASKS = [(1 << high) - (1 << low) for low, high in pairwise(_EDGES)]
_HASH = re.compile("[0-9a-f]{16}")
_PAIRS = [a | b for a, b in combinations(_MASKS, 2)]


def near_groups(hashes: Iterable[tuple[int, str]]) -> list[list[int]]:
    """Return groups of ids, two or more each, that near-duplicates tie together.

    ``hashes``: id and perceptual hash, 16 hexadecimal digits. Within a group everyone is within
    `NEAR_BITS` of another, not of all. Ids keep their order, and groups that of their first.
    """
    by_hash: dict[int, list[int]] = {}
    for picture, text in hashes:
        by_hash.setdefault(int(text, 16), []).append(picture)
    values = list(by_hash)
    leader = list(range(len(values)))

    def leader_of(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for first, second in near_pairs(values):
        a, b = sorted((leader_of(first), leader_of(second)))
        leader[b] = a
    groups: dict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        groups[leader_of(place)] += by_hash[value]
    return [sorted(group) for group in groups.values() if len(group) > 1]


def near_pairs(values: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the places of hashes within `NEAR_BITS` of each other, some pairs more than once."""
    earlier = [-1] * len(values)  # in the same bucket: chains, so that no bucket is a list
    for mask in _PAIRS:
        last: dict[int, int] = {}
        for place, value in enumerate(values):
            bucket = value & mask
            other = earlier[place] = last.get(bucket, -1)
            last[bucket] = place
            while other >= 0:
                if (values[other] ^ value).bit_count() <= NEAR_BITS:
                    yield other, place
                other = earlier[other]


def is_hash(text: str | None) -> bool:
    """Say whether this is a perceptual hash: what a file says of itself may be anything."""
    return text is not None and _HASH.fullmatch(text) is not None


def mean_difference(hashes: Iterable[str]) -> float | None:
    """Return the mean share of bits, 0–1, in which two different pictures differ.

    Unrelated pictures differ in about half of them, 0.5; None where there are not two. Counted
    bit by bit, so in one pass: with k of n ones, k · (n - k) pairs differ in that bit.
    """
    ones = [0] * _BITS
    n = 0
    for text in hashes:
        n += 1
        value = int(text, 16)
        for bit in range(_BITS):
            ones[bit] += value >> bit & 1
    if n < 2:
        return None
    return sum(k * (n - k) for k in ones) / (_BITS * n * (n - 1) / 2)
