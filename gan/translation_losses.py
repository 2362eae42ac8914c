"""CycleGAN's losses (Zhu et al. 2017, equations 1-3): one function each, returning a scalar."""

import tensorflow as tf


def least_squares_generator_loss(fake: tf.Tensor) -> tf.Tensor:
    """Mean of (D(fake) - 1)², patch logits float32 [N, H, W, 1] (LSGAN, Mao et al. 2017)."""
    return tf.reduce_mean(tf.square(fake - 1))


def least_squares_discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Half of the mean of (D(real) - 1)² plus the mean of D(fake)², as the paper halves it."""
    return (tf.reduce_mean(tf.square(real - 1)) + tf.reduce_mean(tf.square(fake))) / 2


def mean_absolute_difference(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Mean of \\|found - wanted\\|, pictures float32 [N, H, W, C]: cycle and identity loss."""
    return tf.reduce_mean(tf.abs(found - wanted))
