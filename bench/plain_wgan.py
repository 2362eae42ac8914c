"""WGAN's step as public tutorials write it: Keras layers and optimizers, a `tf.function` a step.

The same networks as `gan.networks.wgan` and the same schedule of 5 critic steps, in
float32. Written for comparison; nothing else uses it.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import layers

LATENT = 100


def make_generator(channels: list[int]) -> keras.Model:
    normal = keras.initializers.TruncatedNormal(stddev=0.02)
    model = keras.Sequential([keras.Input((LATENT,))])
    model.add(layers.Dense(4 * 4 * channels[0], kernel_initializer=normal))
    model.add(layers.Reshape((4, 4, channels[0])))
    for width in [*channels[1:], 3]:
        model.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=False))
        model.add(layers.ReLU())
        model.add(
            layers.Conv2DTranspose(width, 5, strides=2, padding="same", kernel_initializer=normal)
        )
    model.add(layers.Activation("tanh"))
    return model


def make_critic(size_px: int, channels: list[int]) -> keras.Model:
    normal = keras.initializers.TruncatedNormal(stddev=0.02)
    model = keras.Sequential([keras.Input((size_px, size_px, 3))])
    for i, width in enumerate(channels):
        model.add(layers.Conv2D(width, 5, strides=2, padding="same", kernel_initializer=normal))
        if i:
            model.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=False))
        model.add(layers.LeakyReLU(negative_slope=0.3))
    model.add(layers.Flatten())
    model.add(layers.Dense(1, kernel_initializer=normal))
    return model


def make_step(
    size_px: int, generator_channels: list[int], critic_channels: list[int], batch: int
) -> Callable[[tf.Tensor], None]:
    """Return what makes 5 critic steps and a generator step of pictures [5, N, H, W, 3]."""
    generator = make_generator(generator_channels)
    critic = make_critic(size_px, critic_channels)
    generator_optimizer = keras.optimizers.RMSprop(2e-4)
    critic_optimizer = keras.optimizers.RMSprop(2e-4)

    @tf.function
    def train_critic(real: tf.Tensor) -> tf.Tensor:
        for weight in critic.trainable_variables:
            weight.assign(tf.clip_by_value(weight, -0.01, 0.01))
        noise = tf.random.uniform([batch, LATENT], -1.0, 1.0)
        with tf.GradientTape() as tape:
            fake = generator(noise, training=True)
            real_output = critic(real, training=True)
            fake_output = critic(fake, training=True)
            loss = tf.reduce_mean(fake_output) - tf.reduce_mean(real_output)
        gradients = tape.gradient(loss, critic.trainable_variables)
        critic_optimizer.apply_gradients(zip(gradients, critic.trainable_variables, strict=True))
        return loss

    @tf.function
    def train_generator() -> tf.Tensor:
        noise = tf.random.uniform([batch, LATENT], -1.0, 1.0)
        with tf.GradientTape() as tape:
            fake = generator(noise, training=True)
            loss = -tf.reduce_mean(critic(fake, training=True))
        gradients = tape.gradient(loss, generator.trainable_variables)
        generator_optimizer.apply_gradients(
            zip(gradients, generator.trainable_variables, strict=True)
        )
        return loss

    def step(pictures: tf.Tensor) -> None:
        for real in pictures:
            train_critic(tf.constant(real))
        train_generator()

    return step
