"""GAN losses and penalties: one function each, on logits or gradients, returning a scalar mean."""

import tensorflow as tf


def relativistic_discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """softplus(D(fake) - D(real)), logits float32 [N], real and fake paired.

    Relativistic pairing GAN: Jolicoeur-Martineau 2019; R3GAN, Huang et al. 2024, eq. 2.
    """
    return tf.reduce_mean(tf.math.softplus(fake - real))


def relativistic_generator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """softplus(D(real) - D(fake)), logits float32 [N], real and fake paired."""
    return tf.reduce_mean(tf.math.softplus(real - fake))


def squared_gradient_norm(gradients: tf.Tensor) -> tf.Tensor:
    """Mean over samples of ‖∇‖², from input gradients float32 [N, H, W, C].

    γ/2 times this on real pictures is R1 (Mescheder et al. 2018), on fake ones R2.
    """
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))
