"""Linear readers, spaces, telling apart: each learns what is there and nothing where nothing is."""

from pathlib import Path

import numpy as np
import pytest

from gan.dataset.files import HELD_OUT, TRAIN
from gan.evaluation.measures.category_accuracy import log_shares, right
from gan.evaluation.measures.linear_probe import fit_linear_probe
from gan.evaluation.measures.two_sample_test import Side, two_sample_test
from gan.evaluation.real_features import dataset_digest, real_features
from gan.evaluation.spaces import random_space
from gan.pixels import on_white
from tests.gan.evaluation.shapes import good_generator, shapes


def test_right_counts_ties_and_ranks() -> None:
    logits = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [0.0, 5.0, 4.0]])
    categories = np.array([0, 0, 2])
    assert right(logits, categories, 1) == pytest.approx(1 / 3)
    assert right(logits, categories, 2) == pytest.approx(2 / 3)
    assert right(logits, categories, 3) == 1.0


def test_log_shares_are_those_of_softmax() -> None:
    logits = np.array([[1.0, 2.0, -np.inf], [1000.0, 0.0, 0.0]])
    np.testing.assert_allclose(np.exp(log_shares(logits)).sum(axis=1), 1)
    assert log_shares(logits)[0, 1] == pytest.approx(-np.log1p(np.exp(-1)))


def test_a_linear_reader_reads_what_is_linear_and_never_an_unknown_category() -> None:
    random = np.random.RandomState(0)
    centres = random.standard_normal((4, 20)) * 2
    categories = random.choice([0, 1, 3], 400)
    features = centres[categories] + random.standard_normal((400, 20))
    reader = fit_linear_probe(features[:300], categories[:300], 4)
    found = reader.logits(features[300:]).argmax(axis=1)
    assert (found == categories[300:]).mean() > 0.95
    assert 2 not in found
    shuffled = fit_linear_probe(features[:300], random.permutation(categories[:300]), 4)
    assert (shuffled.logits(features[300:]).argmax(axis=1) == categories[300:]).mean() < 0.6


def test_a_random_space_is_the_same_at_every_call_and_knows_shapes() -> None:
    dataset = shapes(40)
    space, again, other = random_space(0), random_space(0), random_space(1)
    assert space.network.count_params() == 520_896
    pictures = on_white(dataset.pictures)
    features = space.embed(pictures)
    assert features.shape == (120, 1024) and features.dtype == np.float16
    np.testing.assert_array_equal(features, again.embed(pictures))
    assert not np.allclose(features, other.embed(pictures))
    train, held = dataset.indices(TRAIN), dataset.indices(HELD_OUT)
    categories = dataset.category_ids()
    reader = fit_linear_probe(features[train], categories[train], 3)
    assert right(reader.logits(features[held]), categories[held], 1) > 0.7
    assert space.embed(np.zeros((3, 100, 100, 3), np.uint8)).shape == (3, 1024)


def test_features_of_real_pictures_are_kept_until_the_pictures_change(tmp_path: Path) -> None:
    dataset, space = shapes(4), random_space(0)
    said: list[str] = []
    digest = dataset_digest(dataset)
    first = real_features(tmp_path, dataset, digest, space, said.append)
    np.testing.assert_array_equal(
        first, real_features(tmp_path, dataset, digest, space, said.append)
    )
    assert len(said) == 1
    mirrored = real_features(tmp_path, dataset, digest, space, said.append, mirrored=True)
    assert not np.array_equal(first, mirrored)
    np.testing.assert_array_equal(mirrored, space.embed(on_white(dataset.pictures)[:, :, ::-1]))
    changed = shapes(4)
    changed.pictures[0, 0, 0] = 255
    assert dataset_digest(changed) != digest


def side(pictures: np.ndarray, name: str) -> Side:
    features = pictures[:, ::4, ::4].reshape(len(pictures), -1).astype(np.float32)
    return Side(pictures, features, [f"{name}{i}" for i in range(len(pictures))])


def test_telling_apart_finds_a_difference_and_none_where_none_is() -> None:
    here, _ = good_generator(60, seed=1)
    there, _ = good_generator(60, seed=2)
    none = two_sample_test(side(here, "a"), side(there, "b"), steps=40)
    assert none is not None
    assert (none["n"] + none["read"], none["error"]) == (360, pytest.approx(0.037, abs=0.003))
    assert abs(none["by_features"] - 0.5) < 3 * none["error"]
    assert abs(none["by_pixels"] - 0.5) < 3 * none["error"]
    tinted = there.copy()
    tinted[:, :6, :6] = (120, 200, 60)
    found = two_sample_test(side(here, "a"), side(tinted, "b"), steps=80)
    assert found is not None
    assert min(found["by_features"], found["by_pixels"]) > 0.9
    assert two_sample_test(side(here[:7], "a"), side(there, "b"), steps=1) is None
