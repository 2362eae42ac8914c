"""CycleGAN's losses against NumPy."""

import numpy as np

from gan.translation_losses import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    mean_absolute_difference,
)

RANDOM = np.random.RandomState(0)
REAL, FAKE = (RANDOM.normal(0.3, 1, (2, 3, 3, 1)).astype(np.float32) for _ in range(2))


def test_the_generator_is_drawn_towards_one() -> None:
    expected = ((FAKE.astype(np.float64) - 1) ** 2).mean()
    np.testing.assert_allclose(least_squares_generator_loss(FAKE), expected, rtol=1e-6)


def test_the_discriminator_is_drawn_towards_one_and_zero_at_half_the_weight() -> None:
    expected = 0.5 * (((REAL - 1.0) ** 2).mean() + (FAKE**2.0).mean())
    np.testing.assert_allclose(least_squares_discriminator_loss(REAL, FAKE), expected, rtol=1e-6)
    assert expected != 0.5 * (((FAKE - 1.0) ** 2).mean() + (REAL**2.0).mean())


def test_cycle_and_identity_are_mean_absolute_differences() -> None:
    expected = np.abs(REAL - FAKE).mean()
    np.testing.assert_allclose(mean_absolute_difference(REAL, FAKE), expected, rtol=1e-6)
