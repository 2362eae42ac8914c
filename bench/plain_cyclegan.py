"""CycleGAN's step as tutorials have it, on the networks of `gan.networks.cyclegan`.

Written anew, in float32: Keras layers, instance norm from `tf.nn.moments`, one persistent tape over
all passes, four gradients and four optimizers. It has no pool: its discriminators judge the same
passes, which is less work than ours do.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

CYCLE_WEIGHT = 10.0


class InstanceNormalization(keras.layers.Layer):
    """As tutorials have it, without its scale and shift."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5)


class Reflect(keras.layers.Layer):
    """Reflection padding."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def call(self, x: tf.Tensor) -> tf.Tensor:
        side = [self.width, self.width]
        return tf.pad(x, [[0, 0], side, side, [0, 0]], "REFLECT")


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(0.0, 0.02)


def _conv(channels: int, size: int, stride: int, padding: str, *, bias: bool = False):  # type: ignore[no-untyped-def]
    return keras.layers.Conv2D(
        channels, size, stride, padding, use_bias=bias, kernel_initializer=_normal()
    )


def generator(size_px: int, channels: int, blocks: int) -> keras.Model:
    """The ResNet generator."""
    picture = x = keras.layers.Input([size_px, size_px, 3])
    x = _conv(channels, 7, 1, "valid")(Reflect(3)(x))
    x = keras.layers.ReLU()(InstanceNormalization()(x))
    for factor in (2, 4):
        x = _conv(channels * factor, 3, 2, "same")(x)
        x = keras.layers.ReLU()(InstanceNormalization()(x))
    for _ in range(blocks):
        y = _conv(channels * 4, 3, 1, "valid")(Reflect(1)(x))
        y = keras.layers.ReLU()(InstanceNormalization()(y))
        y = _conv(channels * 4, 3, 1, "valid")(Reflect(1)(y))
        x = keras.layers.Add()([x, InstanceNormalization()(y)])
    for factor in (2, 1):
        x = keras.layers.Conv2DTranspose(
            channels * factor, 3, 2, "same", use_bias=False, kernel_initializer=_normal()
        )(x)
        x = keras.layers.ReLU()(InstanceNormalization()(x))
    x = _conv(3, 7, 1, "valid", bias=True)(Reflect(3)(x))
    return keras.Model(picture, keras.layers.Activation("tanh")(x))


def discriminator(size_px: int, channels: int) -> keras.Model:
    """The 70×70 PatchGAN."""
    picture = x = keras.layers.Input([size_px, size_px, 3])
    x = keras.layers.LeakyReLU(0.2)(_conv(channels, 4, 2, "same", bias=True)(x))
    for factor in (2, 4):
        x = _conv(channels * factor, 4, 2, "same")(x)
        x = keras.layers.LeakyReLU(0.2)(InstanceNormalization()(x))
    x = _conv(channels * 8, 4, 1, "valid")(keras.layers.ZeroPadding2D()(x))
    x = keras.layers.LeakyReLU(0.2)(InstanceNormalization()(x))
    x = _conv(1, 4, 1, "valid", bias=True)(keras.layers.ZeroPadding2D()(x))
    return keras.Model(picture, x)


def make_step(
    size_px: int, channels: int, blocks: int, discriminator_channels: int
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return a step on pictures of A and of B, float32 [N, S, S, 3] each."""
    g, f = (generator(size_px, channels, blocks) for _ in range(2))
    judge_a, judge_b = (discriminator(size_px, discriminator_channels) for _ in range(2))
    networks = (g, f, judge_a, judge_b)
    optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in networks]

    def towards(logits: tf.Tensor, target: float) -> tf.Tensor:
        return tf.reduce_mean(tf.square(logits - target))

    def distance(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.abs(x - y))

    @tf.function
    def train_step(real_a: tf.Tensor, real_b: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(persistent=True) as tape:
            fake_b = g(real_a, training=True)
            cycled_a = f(fake_b, training=True)
            fake_a = f(real_b, training=True)
            cycled_b = g(fake_a, training=True)
            same_a = f(real_a, training=True)
            same_b = g(real_b, training=True)
            judged_real_a = judge_a(real_a, training=True)
            judged_real_b = judge_b(real_b, training=True)
            judged_fake_a = judge_a(fake_a, training=True)
            judged_fake_b = judge_b(fake_b, training=True)
            cycle = CYCLE_WEIGHT * (distance(real_a, cycled_a) + distance(real_b, cycled_b))
            identity_b = CYCLE_WEIGHT / 2 * distance(real_b, same_b)
            identity_a = CYCLE_WEIGHT / 2 * distance(real_a, same_a)
            losses = (
                towards(judged_fake_b, 1) + cycle + identity_b,
                towards(judged_fake_a, 1) + cycle + identity_a,
                (towards(judged_real_a, 1) + towards(judged_fake_a, 0)) / 2,
                (towards(judged_real_b, 1) + towards(judged_fake_b, 0)) / 2,
            )
        for network, optimizer, loss in zip(networks, optimizers, losses, strict=True):
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return tf.add_n(losses)

    def step(a: np.ndarray, b: np.ndarray) -> None:
        float(train_step(tf.constant(a), tf.constant(b)))  # reading a number waits for the device

    return step
