"""The step of relativistic pairing: one way back gives both networks' gradients."""

import numpy as np
import pytest
import tensorflow as tf

from gan.losses import relativistic_discriminator_loss, relativistic_generator_loss
from gan.methods import relativistic
from gan.methods.pairing import generator_share
from tests.gan.conftest import make_dataset
from tests.gan.tiny import TINY

pytestmark = pytest.mark.usefixtures("eager")


def test_the_share_is_that_of_the_losses_slopes() -> None:
    real = tf.constant([0.3, -2.0, 9.0, 25.0])
    fake = tf.constant([0.1, 3.0, -9.0, -5.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        d_loss = relativistic_discriminator_loss(real, fake)
        g_loss = relativistic_generator_loss(real, fake)
    slopes = tape.gradient(g_loss, fake), tape.gradient(d_loss, fake)
    np.testing.assert_allclose(generator_share(real, fake), slopes[0] / slopes[1], rtol=1e-4)


def test_pairs_told_apart_beyond_float32_give_finite_factors() -> None:
    assert np.isfinite(generator_share(tf.constant([500.0]), tf.constant([-500.0]))).all()


def test_the_generator_moves_by_the_gradient_of_its_own_loss() -> None:
    """Adam with a first beta of 0 keeps the gradient itself as its momentum."""
    dataset = make_dataset()
    method = relativistic.build(TINY, dataset, "float32")
    random = np.random.RandomState(0)
    for variable in method.generator.trainable_variables:  # some begin at 0 and stop gradients
        variable.assign_add(random.normal(0, 0.05, variable.shape).astype(np.float32))
    batch = TINY.batches(dataset).draw(0, 8)
    number, kimg = 1, 0.01
    seeds = tf.random.split(tf.constant([TINY.seed, number], tf.int32), 5)
    latent = tf.random.stateless_normal([8, TINY.networks(dataset).latent], seeds[0])
    labels = [tf.constant(batch.categories), tf.constant(batch.styles)]
    strength = tf.constant(TINY.augment_strength_at(kimg), tf.float32)
    weight = tf.constant(TINY.projection_weight_at(kimg), tf.float32)
    with tf.GradientTape() as tape:
        fake = method.generator([latent, *labels])
        logits = [
            method.logit(method.seen(examples, one, other, strength), labels, weight)
            for examples, one, other in (
                (tf.constant(batch.pictures), seeds[1], seeds[3]), (fake, seeds[2], seeds[4])
            )
        ]  # fmt: skip
        loss = relativistic_generator_loss(*logits)
    expected = tape.gradient(loss, method.generator.trainable_variables)

    metrics = method.step(number, batch, kimg)

    np.testing.assert_allclose(metrics["loss/generator"], loss, rtol=1e-5)
    momenta = method.generator_optimizer.variables[1 : 1 + len(expected)]
    for momentum, gradient in zip(momenta, expected, strict=True):
        assert np.abs(gradient).max() > 0
        np.testing.assert_allclose(momentum, gradient, rtol=1e-3, atol=1e-6)
