"""The split: whole concepts, one of eight, the same whatever the order."""

import random

from gan.dataset.files import HELD_OUT, TRAIN
from gan.dataset.split import split_concepts


def test_one_of_eight_is_held_out_whatever_the_order() -> None:
    concepts = [f"concept-{i}" for i in range(160)]
    first = split_concepts(concepts)
    shuffled = concepts * 2
    random.Random(1).shuffle(shuffled)
    assert split_concepts(shuffled) == first
    assert list(first.values()).count(HELD_OUT) == 20


def test_small_categories_have_both_sides_and_single_ones_train() -> None:
    for count in range(2, 9):
        sides = list(split_concepts(f"c{i}" for i in range(count)).values())
        assert sides.count(HELD_OUT) == 1
        assert sides.count(TRAIN) == count - 1
    assert split_concepts(["only"]) == {"only": TRAIN}


def test_it_is_pinned_so_that_a_new_version_trains_on_nothing_held_out() -> None:
    split = split_concepts(["1f98a", "1f431", "1f436", "1f984", "1f42d", "1f43a"])
    assert [concept for concept, side in split.items() if side == HELD_OUT] == ["1f43a"]
