"""Batches: a function of seed and step, categories by √frequency, mirrored where allowed."""

import dataclasses

import numpy as np
import pytest

from gan.batches.labelled import Batches, Passes
from gan.dataset.files import BadDataset, Dataset
from gan.pixels import on_white, to_uint8, to_unit


def test_the_same_step_gives_the_same_batch_in_another_session(tiny_dataset: Dataset) -> None:
    first, second = Batches(tiny_dataset, seed=3), Batches(tiny_dataset, seed=3)
    first.draw(0, 8)  # what was drawn before must not matter
    for a, b in zip(
        vars(first.draw(41, 8)).values(), vars(second.draw(41, 8)).values(), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.draw(42, 8).pictures, first.draw(41, 8).pictures)
    other = Batches(tiny_dataset, seed=4).draw(41, 8)
    assert not np.array_equal(first.draw(41, 8).pictures, other.pictures)


def test_categories_come_by_the_square_root_of_their_frequency(tiny_dataset: Dataset) -> None:
    batch = Batches(tiny_dataset, seed=0).draw(0, 30_000)
    expected = np.sqrt([12, 8, 4])  # training pictures per category
    np.testing.assert_allclose(batch.categories.mean(axis=0), expected / expected.sum(), atol=0.01)


def test_held_out_pictures_and_left_out_styles_never_come(tiny_dataset: Dataset) -> None:
    batches = Batches(tiny_dataset, seed=0, leave_out_styles=("flat",))
    assert len(batches) == 12
    assert batches.draw(0, 500).styles[:, 1].sum() == 0
    held_out = to_unit(on_white(tiny_dataset.pictures[24:]))
    shown = {p.tobytes() for p in batches.draw(0, 500).pictures}
    trained = {p.tobytes() for p in to_unit(on_white(tiny_dataset.pictures[:24]))}
    assert shown & trained
    assert not shown & ({p.tobytes() for p in held_out} - trained)


def test_mirroring_spares_the_categories_named(tiny_dataset: Dataset) -> None:
    random = np.random.RandomState(0)
    noise = random.randint(0, 255, tiny_dataset.pictures.shape).astype(np.uint8)
    lopsided = dataclasses.replace(tiny_dataset, pictures=noise)
    batch = Batches(lopsided, seed=0, no_mirror=("c1",)).draw(0, 400)
    upright = {p.tobytes() for p in to_unit(on_white(noise))}
    as_stored = np.array([p.tobytes() in upright for p in batch.pictures])
    assert as_stored[batch.categories[:, 1] == 1].all()
    assert 0.4 < as_stored[batch.categories[:, 0] == 1].mean() < 0.6


def test_pictures_stand_on_white_in_minus_1_to_1() -> None:
    clear = np.zeros((600, 2, 2, 4), np.uint8)
    clear[-1, 0, 0] = (200, 100, 0, 128)
    white = on_white(clear)
    assert (white[:-1] == 255).all()
    assert white[-1, 0, 0].tolist() == [227, 177, 127]
    assert to_unit(white).max() == 1.0
    np.testing.assert_array_equal(to_uint8(to_unit(white)), white)


def test_one_picture_is_too_few(tiny_dataset: Dataset) -> None:
    one = dataclasses.replace(
        tiny_dataset, pictures=tiny_dataset.pictures[:1], records=tiny_dataset.records[:1]
    )
    with pytest.raises(BadDataset, match="1 pictures to train on"):
        Batches(one, seed=0)


def passes(dataset: Dataset, seed: int = 3) -> Passes:
    return Passes(dataset, seed, lambda step: 10 * step, no_mirror=("*",))


def test_a_pass_shows_every_picture_once_and_the_next_in_another_order(
    tiny_dataset: Dataset,
) -> None:
    random = np.random.RandomState(0)
    noise = random.randint(0, 255, tiny_dataset.pictures.shape).astype(np.uint8)
    dataset = dataclasses.replace(tiny_dataset, pictures=noise)  # 24 to train on, all different
    batches = passes(dataset)
    shown = [p.tobytes() for step in range(12) for p in batches.draw(step, 10).pictures]
    rounds = [shown[i * 24 : (i + 1) * 24] for i in range(5)]
    assert all(len(set(each)) == 24 for each in rounds)
    assert len({tuple(each) for each in rounds}) == 5
    again = passes(dataset).draw(7, 10).pictures
    np.testing.assert_array_equal(again, batches.draw(7, 10).pictures)
    assert not np.array_equal(again, passes(dataset, seed=4).draw(7, 10).pictures)


def test_nothing_is_mirrored_where_a_star_says_so(tiny_dataset: Dataset) -> None:
    upright = {p.tobytes() for p in to_unit(on_white(tiny_dataset.pictures))}
    assert {p.tobytes() for p in passes(tiny_dataset).draw(0, 200).pictures} <= upright
