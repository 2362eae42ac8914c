"""Seeds, permutations and batches: golden values, since addresses depend on them for good."""

from pathlib import Path

import numpy as np

from pregen.planning.batches import seed_of
from pregen.planning.request import choose_categories
from sources.runtimes.latents import draw
from sources.spec.description import read_model


def test_seeds_are_readable_and_apart() -> None:
    assert seed_of(0, 3, 5) == 3_000_005
    assert seed_of(1, 0, 0) == 2_654_435_761
    seeds = {seed_of(run, p, k) for run in (0, 1, 2) for p in range(100) for k in range(80)}
    assert len(seeds) == 3 * 100 * 80


def test_golden_draw(models: Path) -> None:
    """NumPy's frozen stream through the inverse CDF: these numbers never change."""
    one = draw(read_model(models / "tiny" / "1"), 3_000_005, (0.4, 0.7))
    assert one.truncation == 0.64
    assert one.choices == {"style": 0}
    np.testing.assert_allclose(
        one.latents["latent"][:4], [0.73873717, -0.51212108, -1.49265003, -0.85831666], rtol=1e-6
    )
    assert np.abs(one.latents["latent"]).max() <= 2


def test_a_seed_gives_numpys_own_stream(models: Path) -> None:
    """Whatever was drawn before it: the stream is seeded anew, not continued."""
    model = read_model(models / "tiny" / "1")
    for seed in (7, 0, 2**32 - 1):
        first = np.random.RandomState(seed).random_sample()
        assert draw(model, seed, (0.02, 1.0)).truncation == round((1 + int(first * 50)) * 0.02, 2)


def test_truncations_are_multiples_of_a_fiftieth_and_even(models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    drawn = [draw(model, seed, (0.4, 0.7)).truncation for seed in range(3200)]
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [round(0.4 + 0.02 * i, 2) for i in range(16)]
    assert counts.min() > 140  # 200 expected of each


def test_latents_are_standard_normal_cut_at_two(models: Path) -> None:
    from scipy import stats

    model = read_model(models / "tiny" / "1")
    values = np.concatenate([draw(model, s, (0.4, 0.7)).latents["latent"] for s in range(2000)])
    assert stats.kstest(values, stats.truncnorm(-2, 2).cdf).pvalue > 1e-4
    assert stats.kstest(values, stats.norm.cdf).pvalue < 1e-4  # the test can tell


def test_categories_are_a_prefix_of_one_permutation(models: Path) -> None:
    model = read_model(models / "tiny" / "1")
    for seed in range(5):
        full = choose_categories(model, "5", seed)
        assert len(set(full)) == 5
        for count in range(1, 5):
            assert choose_categories(model, str(count), seed) == full[:count]
