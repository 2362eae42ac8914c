"""Batches of two domains of unequal size."""

import dataclasses

import numpy as np
import pytest

from gan.batches.unpaired import UnpairedBatches
from gan.dataset.files import TRAIN, BadDataset, Dataset
from gan.dataset.two_domains import domain_indices
from gan.pixels import on_white, to_unit
from tests.gan.conftest import make_dataset


@pytest.fixture
def unequal() -> Dataset:
    """12 pictures of A and 7 of B to train on, all different."""
    data = make_dataset(32)
    a, b = domain_indices(data, TRAIN)
    chosen = np.concatenate([a[:12], b[:7]])
    pictures = data.pictures[chosen].copy()
    pictures[:, 0, 0, 3], pictures[:, 0, 0, 0] = 255, np.arange(19) * 10
    records = [data.records[i] for i in chosen]
    return dataclasses.replace(data, pictures=pictures, records=records)


def test_each_domain_is_seen_whole_before_it_begins_anew(unequal: Dataset) -> None:
    batches = UnpairedBatches(unequal, 3, 1.0, mirror=False)
    assert len(batches) == 12
    seen = [[int(r) for step in range(28) for r in batches.rows(d, step, 3)] for d in (0, 1)]
    for rows, count in zip(seen, (12, 7), strict=True):
        orders = [rows[i : i + count] for i in range(0, 84, count)]
        assert all(sorted(order) == list(range(count)) for order in orders)
        assert len({tuple(order) for order in orders}) > 5


def test_a_batch_holds_a_and_then_b_and_depends_on_seed_and_step_alone(unequal: Dataset) -> None:
    batches = UnpairedBatches(unequal, 3, 1.0, mirror=False)
    first = batches.draw(9, 2)
    batches.draw(0, 2)
    again = UnpairedBatches(unequal, 3, 1.0, mirror=False).draw(9, 2)
    np.testing.assert_array_equal(first.pictures, again.pictures)
    other = UnpairedBatches(unequal, 4, 1.0, mirror=False).draw(9, 2)
    assert not np.array_equal(first.pictures, other.pictures)
    assert first.styles.argmax(axis=1).tolist() == [0, 0, 1, 1]
    white = to_unit(on_white(unequal.pictures))
    rows = [*batches.rows(0, 9, 2), *(12 + batches.rows(1, 9, 2))]
    np.testing.assert_array_equal(first.pictures, white[rows])


def test_pictures_are_enlarged_cut_and_mirrored(unequal: Dataset) -> None:
    plain = UnpairedBatches(unequal, 3, 1.0, mirror=False)
    mirrored = UnpairedBatches(unequal, 3, 1.0, mirror=True)
    turned = 0
    for step in range(40):
        before, after = plain.draw(step, 1).pictures, mirrored.draw(step, 1).pictures
        for x, y in zip(before, after, strict=True):
            flipped = np.array_equal(x[:, ::-1], y)
            assert flipped or np.array_equal(x, y)
            turned += flipped
    assert 20 < turned < 60
    enlarged = UnpairedBatches(unequal, 3, 286 / 256, mirror=False)
    pictures = np.concatenate([enlarged.draw(step, 1).pictures for step in range(10)])
    assert pictures.shape == (20, 32, 32, 3)
    assert not np.array_equal(pictures[0], plain.draw(0, 1).pictures[0])


def test_three_styles_are_refused(unequal: Dataset) -> None:
    with pytest.raises(BadDataset, match="3 styles, and a translator is trained on 2"):
        UnpairedBatches(dataclasses.replace(unequal, styles=["a", "b", "c"]), 0, 1.0, mirror=True)
