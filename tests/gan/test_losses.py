"""Losses and penalties against NumPy and against gradients known by hand."""

import numpy as np
import tensorflow as tf

from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)

REAL = np.array([2.0, -1.0, 0.5], np.float32)
FAKE = np.array([-1.0, 3.0, 0.5], np.float32)


def softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x))


def test_relativistic_losses_are_softplus_of_the_paired_difference() -> None:
    d = relativistic_discriminator_loss(tf.constant(REAL), tf.constant(FAKE))
    g = relativistic_generator_loss(tf.constant(REAL), tf.constant(FAKE))
    np.testing.assert_allclose(d, softplus(FAKE - REAL).mean(), rtol=1e-6)
    np.testing.assert_allclose(g, softplus(REAL - FAKE).mean(), rtol=1e-6)
    assert abs(float(d) - float(g)) > 0.1  # a swap of the two would be seen


def penalty(critic, pictures: np.ndarray) -> float:
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
