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


def wasserstein_critic_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Mean D(fake) - mean D(real), logits float32 [N] (Arjovsky et al. 2017, algorithm 1)."""
    return tf.reduce_mean(fake) - tf.reduce_mean(real)


def wasserstein_generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """-mean D(fake), logits float32 [N]."""
    return -tf.reduce_mean(fake)


def between(real: tf.Tensor, fake: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """Return real + α (fake - real): float32 [N, H, W, C], α float32 [N, 1, 1, 1] in [0, 1]."""
    return real + alpha * (fake - real)


def unit_gradient_penalty(gradients: tf.Tensor) -> tf.Tensor:
    """Mean over samples of (‖∇‖ - 1)², from input gradients float32 [N, H, W, C].

    λ times this at points between real and fake pictures is WGAN-GP's (Gulrajani et al. 2017,
    eq. 3). ε under the root keeps its gradient finite where ∇ is 0.
    """
    norm = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]) + 1e-12)
    return tf.reduce_mean(tf.square(norm - 1))


def hinge_discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Mean max(0, 1 - D(real)) + mean max(0, 1 + D(fake)), logits float32 [N].

    Lim & Ye 2017; SAGAN, Zhang et al. 2019, eq. 4.
    """
    return tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + fake))


def non_saturating_discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Mean softplus(-D(real)) + mean softplus(D(fake)), logits float32 [N] (Goodfellow 2014)."""
    return tf.reduce_mean(tf.math.softplus(-real)) + tf.reduce_mean(tf.math.softplus(fake))


def non_saturating_generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """Mean softplus(-D(fake)), logits float32 [N] (Goodfellow 2014)."""
    return tf.reduce_mean(tf.math.softplus(-fake))


def squared_gradient_norm(gradients: tf.Tensor) -> tf.Tensor:
    """Mean over samples of ‖∇‖², from input gradients float32 [N, H, W, C].

    γ/2 times this on real pictures is R1 (Mescheder et al. 2018), on fake ones R2.
    """
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))
