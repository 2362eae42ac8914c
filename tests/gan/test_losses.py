"""Losses and penalties against NumPy and against gradients known by hand."""

import keras
import numpy as np
import tensorflow as tf

from gan.losses import (
    between,
    hinge_discriminator_loss,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
    unit_gradient_penalty,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)

REAL = np.array([2.0, -1.0, 0.5], np.float32)
FAKE = np.array([-1.0, 3.0, 0.5], np.float32)


def softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(np.exp(x)))


def test_relativistic_losses_are_softplus_of_the_paired_difference() -> None:
    d = relativistic_discriminator_loss(tf.constant(REAL), tf.constant(FAKE))
    g = relativistic_generator_loss(tf.constant(REAL), tf.constant(FAKE))
    np.testing.assert_allclose(d, softplus(FAKE - REAL).mean(), rtol=1e-6)
    np.testing.assert_allclose(g, softplus(REAL - FAKE).mean(), rtol=1e-6)
    assert abs(float(d) - float(g)) > 0.1  # a swap of the two would be seen


def penalty(critic: keras.Model, pictures: np.ndarray) -> float:
    x = tf.constant(pictures)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = tf.reduce_sum(critic(x))
    return float(squared_gradient_norm(tape.gradient(logits, x)))


def test_penalty_of_a_linear_critic_is_the_square_of_its_weights() -> None:
    weights = np.random.RandomState(0).standard_normal((4, 4, 3)).astype(np.float32)
    pictures = np.random.RandomState(1).standard_normal((5, 4, 4, 3)).astype(np.float32)
    found = penalty(lambda x: tf.reduce_sum(x * weights, axis=[1, 2, 3]), pictures)
    np.testing.assert_allclose(found, np.square(weights).sum(), rtol=1e-5)


def test_penalty_of_a_quadratic_critic_is_the_mean_of_4_x_squared() -> None:
    pictures = np.random.RandomState(1).standard_normal((5, 4, 4, 3)).astype(np.float32)
    found = penalty(lambda x: tf.reduce_sum(tf.square(x), axis=[1, 2, 3]), pictures)
    np.testing.assert_allclose(found, (4 * np.square(pictures)).sum((1, 2, 3)).mean(), rtol=1e-5)


def test_wasserstein_losses_are_differences_of_means() -> None:
    critic = wasserstein_critic_loss(tf.constant(REAL), tf.constant(FAKE))
    np.testing.assert_allclose(critic, FAKE.mean() - REAL.mean(), rtol=1e-6)
    np.testing.assert_allclose(
        wasserstein_generator_loss(tf.constant(FAKE)), -FAKE.mean(), rtol=1e-6
    )


def test_hinge_loss_stops_at_the_margin_on_either_side() -> None:
    found = hinge_discriminator_loss(tf.constant(REAL), tf.constant(FAKE))
    expected = np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(hinge_discriminator_loss(tf.constant([1.5]), tf.constant([-1.5]))) == 0


def test_non_saturating_losses_are_softplus_of_each_logit() -> None:
    d = non_saturating_discriminator_loss(tf.constant(REAL), tf.constant(FAKE))
    g = non_saturating_generator_loss(tf.constant(FAKE))
    np.testing.assert_allclose(d, softplus(-REAL).mean() + softplus(FAKE).mean(), rtol=1e-6)
    np.testing.assert_allclose(g, softplus(-FAKE).mean(), rtol=1e-6)


def test_points_between_lie_at_their_share() -> None:
    real, fake = np.ones((3, 2, 2, 1), np.float32), np.full((3, 2, 2, 1), 5, np.float32)
    alpha = np.array([0, 0.25, 1], np.float32).reshape(3, 1, 1, 1)
    found = between(tf.constant(real), tf.constant(fake), tf.constant(alpha)).numpy()
    np.testing.assert_allclose(found[:, 0, 0, 0], [1, 2, 5])


def test_unit_gradient_penalty_is_the_squared_distance_of_the_norm_from_1() -> None:
    gradients = np.random.RandomState(2).standard_normal((5, 4, 4, 3)).astype(np.float32)
    gradients[0] = 0
    norms = np.sqrt(np.square(gradients).sum((1, 2, 3)))
    given = tf.constant(gradients)
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = unit_gradient_penalty(given)
    np.testing.assert_allclose(found, np.square(norms - 1).mean(), rtol=1e-5)
    assert np.isfinite(tape.gradient(found, given)).all()  # of √0 it would not be
