"""Near-duplicates: all of them, none else, without comparing everybody with everybody."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.curation import duplicates
from store.curation.duplicates import NEAR_BITS, is_hash, mean_difference, near_groups, near_pairs


def flipped(value: int, bits: list[int]) -> int:
    for bit in bits:
        value ^= 1 << bit
    return value


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 63), unique=True, max_size=8))
def test_near_means_four_bits_wherever_they_are(value: int, bits: list[int]) -> None:
    hashes = [(1, f"{value:016x}"), (2, f"{flipped(value, bits):016x}")]
    assert near_groups(hashes) == ([[1, 2]] if len(bits) <= NEAR_BITS else [])


@given(st.lists(st.integers(0, 255), max_size=40), st.randoms(use_true_random=False))
def test_the_same_groups_as_by_comparing_all(seeds: list[int], chance: random.Random) -> None:
    base = chance.getrandbits(64)
    values = [flipped(base, [seed % 64, seed * 7 % 64, seed // 3 % 64]) for seed in seeds]
    found = near_groups(enumerate(f"{value:016x}" for value in values))
    assert found == slow_groups(values)


def slow_groups(values: list[int]) -> list[list[int]]:
    groups: list[set[int]] = []
    for place, value in enumerate(values):
        near = {p for p in range(place) if (values[p] ^ value).bit_count() <= NEAR_BITS}
        joined = [group for group in groups if group & near]
        groups = [group for group in groups if not group & near]
        groups.append({place}.union(*joined))
    return sorted(sorted(group) for group in groups if len(group) > 1)


@pytest.mark.slow
def test_a_hundred_thousand_are_not_compared_with_each_other() -> None:
    chance = random.Random(0)
    values = [chance.getrandbits(64) for _ in range(100_000)]
    planted = [flipped(values[i], [i % 64, (i + 9) % 64]) for i in range(0, 1000, 100)]
    compared = 0

    class Counted(int):
        def __xor__(self, other: int) -> int:
            nonlocal compared
            compared += 1
            return int.__xor__(self, other)

    pairs = set(near_pairs([Counted(value) for value in values + planted]))
    assert pairs == {(i, 100_000 + i // 100) for i in range(0, 1000, 100)}
    assert compared < 200_000  # of five billion


def test_equal_hashes_are_one_before_anything_is_compared() -> None:
    assert near_groups((i, "0" * 16) for i in range(50_000)) == [list(range(50_000))]


def test_diversity_is_the_mean_over_all_pairs() -> None:
    chance = random.Random(1)
    values = [chance.getrandbits(64) & ~0xFF for _ in range(30)]
    pairs = [(a ^ b).bit_count() / 64 for i, a in enumerate(values) for b in values[:i]]
    found = mean_difference(f"{value:016x}" for value in values)
    assert found is not None and abs(found - sum(pairs) / len(pairs)) < 1e-12
    assert mean_difference(["0" * 16, "0" * 16]) == 0
    assert mean_difference(["0" * 16]) is None and mean_difference([]) is None


def test_only_hashes_are_hashes() -> None:
    assert is_hash("0123456789abcdef")
    for text in (None, "", "xyz", "0" * 15, "0" * 17, "0x" + "0" * 14, "G" * 16):
        assert not is_hash(text)
    assert duplicates.near_groups([]) == []
