"""A collapse is told from a beginning, and from a dip."""

import numpy as np

from gan.training.collapse import ROWS, CollapseWatch, diversity


def test_diversity_is_that_between_pictures_not_within_them() -> None:
    random = np.random.RandomState(0)
    one = random.uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    assert diversity(one.repeat(20, axis=0)) < 1e-6
    many = random.uniform(-1, 1, (500, 8, 8, 3))
    np.testing.assert_allclose(diversity(many), 2 / np.sqrt(12), rtol=0.01)


def test_only_rows_on_end_are_a_collapse() -> None:
    watch = CollapseWatch(real=0.5)
    for _ in range(ROWS - 1):
        watch.see(0.01)
    assert watch.is_suspicious
    assert not watch.has_collapsed
    watch.see(0.1)
    assert not watch.is_suspicious
    for _ in range(ROWS):
        watch.see(0.01)
    assert watch.has_collapsed
