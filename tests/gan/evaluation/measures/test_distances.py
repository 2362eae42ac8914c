"""Distances and manifolds against the plainest form of their definitions."""

import itertools

import numpy as np
import pytest
from scipy.linalg import sqrtm

from gan.evaluation.measures.frechet_distance import frechet_distance
from gan.evaluation.measures.kernel_distance import kernel_distance, standard_error
from gan.evaluation.measures.neighbours import nearest, squared_distances
from gan.evaluation.measures.prdc import compute_prdc
from gan.evaluation.measures.scale import fit_scale

RANDOM = np.random.RandomState(0)
X = RANDOM.standard_normal((40, 6)).astype(np.float32)
Y = (RANDOM.standard_normal((30, 6)) * 1.5 + 1.0).astype(np.float32)


def test_kernel_distance_is_the_sum_over_pairs() -> None:
    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (float(np.dot(a, b)) / 6 + 1) ** 3

    same_x = [kernel(a, b) for a, b in itertools.permutations(X.astype(float), 2)]
    same_y = [kernel(a, b) for a, b in itertools.permutations(Y.astype(float), 2)]
    between = [kernel(a, b) for a in X.astype(float) for b in Y.astype(float)]
    expected = np.mean(same_x) + np.mean(same_y) - 2 * np.mean(between)
    assert kernel_distance(X, Y) == pytest.approx(expected, rel=1e-4)
    assert expected > 0.1


def test_kernel_distance_is_unbiased_and_its_error_is_of_the_right_size() -> None:
    random = np.random.RandomState(1)
    pairs = [random.standard_normal((2, 60, 5)) for _ in range(200)]
    found = [kernel_distance(a, b) for a, b in pairs]
    errors = [standard_error(a, b) for a, b in pairs]
    assert abs(np.mean(found)) < 3 * np.std(found) / 200**0.5
    # pieces are small, so the error is on the safe side
    assert 1 < np.mean([e for e in errors if e is not None]) / np.std(found) < 6
    assert standard_error(X[:19], Y) is None


def test_frechet_distance_is_the_formula_with_a_matrix_root() -> None:
    s, t = np.cov(X, rowvar=False), np.cov(Y, rowvar=False)
    shift = ((X.mean(0) - Y.mean(0)) ** 2).sum()
    expected = shift + np.trace(s + t - 2 * np.real(sqrtm(s @ t)))
    assert frechet_distance(X, Y) == pytest.approx(expected, rel=1e-4)
    assert frechet_distance(X, X) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(X, X + 2) == pytest.approx(6 * 4, rel=1e-4)
    assert np.isfinite(frechet_distance(X[:3], Y[:3]))  # fewer pictures than dimensions


def plain_manifold(real: np.ndarray, made: np.ndarray, k: int) -> tuple[float, ...]:
    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.sqrt(((a.astype(float) - b) ** 2).sum()))

    def reach(sample: np.ndarray, i: int) -> float:
        return sorted(distance(sample[i], b) for j, b in enumerate(sample) if j != i)[k - 1]

    real_reach = [reach(real, i) for i in range(len(real))]
    made_reach = [reach(made, j) for j in range(len(made))]
    inside = [[distance(a, b) < real_reach[i] for b in made] for i, a in enumerate(real)]
    recalled = [
        any(distance(a, b) < r for b, r in zip(made, made_reach, strict=True)) for a in real
    ]
    inside_array = np.array(inside)
    return (
        float(inside_array.any(0).mean()),
        float(np.mean(recalled)),
        float(inside_array.sum() / k / len(made)),
        float(inside_array.any(1).mean()),
    )


@pytest.mark.parametrize("k", [1, 5])
def test_manifolds_are_those_of_the_definitions(k: int) -> None:
    found = compute_prdc(X, Y, k)
    assert found is not None
    precision, recall, density, coverage = plain_manifold(X, Y, k)
    assert found.precision == pytest.approx(precision)
    assert found.recall == pytest.approx(recall)
    assert found.density == pytest.approx(density)
    assert found.coverage == pytest.approx(coverage)
    assert 0 < precision < 1 or k == 1


def test_identical_sets_are_at_no_distance_and_overlap_wholly() -> None:
    found = compute_prdc(X, X.copy(), 5)
    assert found is not None
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    many = np.random.RandomState(2).standard_normal((1000, 6))
    # not quite 0: the unbiased estimate leaves out what is equal within, but not between
    assert -0.05 < kernel_distance(many, many) <= 0
    assert kernel_distance(many, many + 0.5) > 0.3


def test_too_few_for_so_many_neighbours() -> None:
    assert compute_prdc(X[:5], Y, 5) is None
    assert compute_prdc(X, Y[:5], 5) is None
    assert compute_prdc(X[:6], Y[:6], 5) is not None


def test_distances_and_the_nearest() -> None:
    plain = ((X[:, None].astype(float) - Y[None]) ** 2).sum(-1)
    np.testing.assert_allclose(squared_distances(X, Y), plain, rtol=1e-4, atol=1e-4)
    distances, rows = nearest(X, [Y, -Y])
    both = np.minimum(plain, ((X[:, None].astype(float) + Y[None]) ** 2).sum(-1))
    np.testing.assert_array_equal(rows, both.argmin(1))
    np.testing.assert_allclose(distances, np.sqrt(both.min(1)), rtol=1e-4)
    far = X + 10  # sums of squares lose digits; the distance to itself is 0 all the same
    assert nearest(far, [far])[0].max() == 0


def test_the_scale_makes_training_pictures_unit() -> None:
    x = np.random.RandomState(4).standard_normal((300, 100)) * np.linspace(1, 30, 100) + 7
    scale = fit_scale(x)
    assert (scale.features(x) ** 2).mean() == pytest.approx(1, rel=1e-3)
    principal = scale.principal(x)
    assert principal.shape == (300, 64)
    assert principal.var(axis=0).sum() == pytest.approx(1, rel=1e-3)
    assert 0.6 < scale.explained < 1
    flat = fit_scale(np.ones((5, 3)))  # no variance at all
    assert np.isfinite(flat.principal(np.ones((2, 3)))).all()
