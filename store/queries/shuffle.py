"""A shuffle that nobody has to remember: a keyed permutation of 0 … total-1, computed per step.

The permutation is a Feistel network over the smallest 2^(2h) that holds ``total`` (h bits a side,
eight rounds), walked along its cycles: a value outside of 0 … total-1 is permuted again until it
lies inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). The domain is less
than four times ``total``, so that takes under four evaluations on average. Everything is unsigned
32-bit arithmetic; `app/export/scripts/walk.js` says the same in JavaScript, for sites without a
server, and a test holds the two together.

    mix(x)      x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16
    key(k, i)   mix(mix(k + 0x9e3779b9 * i) ^ i)                              i = 1 … 8
    round i     (left, right) → (right, left ^ (mix(right ^ key(k, i)) & (2^h - 1)))

``mix`` is the integer hash "lowbias32" by Chris Wellons.

A visitor's walk is ``<seed>.<step>``. The seed's last eight hexadecimal digits (all of it, where
it has at most eight) are the key; twelve digits before them name the picture that the visitor saw
first, so that it does not come again as a later step. With ``first`` the number of that picture
(`store.queries.gallery` numbers the live pictures, category after category) and 0 ≤ step:

    lap, place = divmod(step, total)
    k          = key, in later laps mix(key + 0x85ebca6b * lap)
    start      = inverse_k(first) in lap 0 where the picture is there, else 0
    number     = permute_k((start + place) mod total)

So ``total`` steps show every picture once, and another lap shows them in another order. Nothing is
kept of what a visitor has seen: where pictures come or go between two steps, the walk goes on over
those that are there, some of which may come again and some not at all in this lap.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_MASK = 0xFFFFFFFF
_ROUNDS = 8
_WALK = re.compile(r"(?P<first>[0-9a-f]{12})?(?P<key>[0-9a-f]{1,8})\.(?P<step>[0-9]{1,12})")
MOST = 1 << 32  # pictures that a walk can tell apart


class Walk(NamedTuple):
    """One step of one visitor's shuffle."""

    first: str  # short hash of the picture seen first, or empty
    key: int  # unsigned, 32 bits
    step: int

    def at(self, step: int) -> str:
        """Return how another step of the same walk is written."""
        digits = f"{self.key:08x}" if self.first else f"{self.key:x}"
        return f"{self.first}{digits}.{step}"

    def number(self, total: int, first: int | None) -> int:
        """Return which of ``total`` pictures this step shows; ``first``: the first one's number."""
        lap, place = divmod(self.step, total)
        key = _mix(self.key + 0x85EBCA6B * lap) if lap else self.key
        start = 0 if first is None or lap else place_of(key, first, total)
        return permute(key, (start + place) % total, total)


def read_walk(text: str) -> Walk | None:
    """Return the walk that an address names, None where it is none."""
    match = _WALK.fullmatch(text)
    if match is None or (match["first"] and len(match["key"]) != 8):
        return None
    return Walk(match["first"] or "", int(match["key"], 16), int(match["step"]))


def permute(key: int, place: int, total: int) -> int:
    """Return what stands at a place of the shuffle: a bijection of 0 … total-1."""
    half, keys = _network(key, total)
    while True:
        place = _encrypt(place, half, keys)
        if place < total:
            return place


def place_of(key: int, number: int, total: int) -> int:
    """Return the place at which a number stands: the inverse of `permute`."""
    half, keys = _network(key, total)
    while True:
        number = _decrypt(number, half, keys)
        if number < total:
            return number


@lru_cache(maxsize=1024)
def _network(key: int, total: int) -> tuple[int, tuple[int, ...]]:
    if not 0 < total <= MOST:
        raise ValueError(f"a walk is over 1 to {MOST} pictures, not {total}")
    half = max(1, ((total - 1).bit_length() + 1) // 2)
    return half, tuple(_mix(_mix(key + 0x9E3779B9 * i) ^ i) for i in range(1, _ROUNDS + 1))


def _encrypt(value: int, half: int, keys: tuple[int, ...]) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for key in keys:
        left, right = right, left ^ (_mix(right ^ key) & mask)
    return left << half | right


def _decrypt(value: int, half: int, keys: tuple[int, ...]) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for key in reversed(keys):
        left, right = right ^ (_mix(left ^ key) & mask), left
    return left << half | right


def _mix(x: int) -> int:
    x &= _MASK
    x = (x ^ x >> 16) * 0x7FEB352D & _MASK
    x = (x ^ x >> 15) * 0x846CA68B & _MASK
    return x ^ x >> 16
