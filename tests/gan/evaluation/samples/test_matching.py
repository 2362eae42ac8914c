"""Samples of like composition, halves of whole groups, and the control."""

import numpy as np
import pytest

from gan.evaluation.samples.corruption import corrupt
from gan.evaluation.samples.generating import category_counts
from gan.evaluation.samples.matching import halves, matched_blocks
from gan.evaluation.samples.sets import TooFewPictures, match_sets
from tests.gan.evaluation.shapes import good_generator, shapes


def test_blocks_are_disjoint_and_of_the_composition_wanted() -> None:
    categories = np.array([0] * 9 + [1] * 4 + [2] * 7 + [3])
    blocks = matched_blocks(categories, np.array([2, 1, 3, 0]), 4, 0)
    assert len(blocks) == 2  # seven of category 2 give two times three
    for block in blocks:
        assert np.bincount(categories[block], minlength=4).tolist() == [2, 1, 3, 0]
        assert (np.diff(categories[block]) >= 0).all()
    assert len(np.unique(np.concatenate(blocks))) == 12
    again = matched_blocks(categories, np.array([2, 1, 3, 0]), 4, 0)
    np.testing.assert_array_equal(blocks, again)
    assert len(matched_blocks(categories, np.array([2, 1, 1, 0]), 3, 0)) == 3
    assert matched_blocks(categories, np.zeros(4, int), 3, 0) == []


def test_halves_keep_groups_together_and_are_about_equal() -> None:
    groups = [f"g{i % 17}" for i in range(200)]
    first = halves(groups, 0)
    assert 80 <= first.sum() <= 120
    for name in set(groups):
        assert len({bool(f) for f, g in zip(first, groups, strict=True) if g == name}) == 1
    assert not np.array_equal(first, halves(groups, 1))


def test_category_counts_hold_whole_samples_and_raise_the_rare() -> None:
    held_out = np.array([50, 5, 10])
    made = category_counts(held_out, 400)
    assert made.sum() == 400
    assert (made >= 4 * held_out).all()
    assert made.min() > 20
    assert category_counts(held_out, 32).tolist() == [11, 11, 10]


def test_sets_without_categories_and_too_few() -> None:
    dataset = shapes(12)
    generated, categories = good_generator(6)
    sets = match_sets(dataset, generated, categories)
    labels = dataset.category_ids()
    assert np.bincount(labels[sets.reference]).tolist() == [3, 3, 3]
    assert len(sets.generated_blocks) == 2
    for block in sets.generated_blocks:
        np.testing.assert_array_equal(categories[block], labels[sets.reference])
    free = match_sets(dataset, generated, None)
    assert sorted(free.reference) == sorted(free.held_out)
    assert len(free.generated_blocks) == 2
    with pytest.raises(TooFewPictures, match="generate more"):
        match_sets(dataset, generated[:1], categories[:1])


def test_the_control_is_worse_the_stronger_it_is() -> None:
    pictures, _ = good_generator(4)
    np.testing.assert_array_equal(corrupt(pictures, 0.0), pictures)
    changes = [
        np.abs(corrupt(pictures, strength).astype(int) - pictures).mean() for strength in (1, 2, 4)
    ]
    assert 0 < changes[0] < changes[1] < changes[2]
    np.testing.assert_array_equal(corrupt(pictures), corrupt(pictures))
