"""Relativistic pairing with R1 + R2: both networks move at once, from one pass through each.

Loss and penalties after R3GAN (Huang et al. 2024). The generator's and the discriminator's
gradients come from the same forward passes (simultaneous descent), which saves a quarter of the
work of alternating steps on a CPU.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from gan.augment import seen
from gan.dataset.files import DatasetAbout
from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)
from gan.networks.residual import build_discriminator, build_generator
from gan.training.batches import Batch
from gan.training.machine import dtype_policy
from gan.training.options import PenalisedOptions
from gan.training.updates import apply_gradients, average_of, move_average


@dataclass(frozen=True)
class Options(PenalisedOptions):
    """The numbers of a run by this method."""

    discriminator_channels: tuple[int, ...] = (48, 96, 192, 256)  # from size/2 down to 4×4


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force."""
    networks = options.networks(dataset)
    return {
        "generator": build_generator(networks),
        "discriminator": build_discriminator(networks, options.discriminator_channels),
    }


def build(options: Options, dataset: DatasetAbout, policy: str, *_: object) -> "Relativistic":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return Relativistic(options, dataset, policy)


class Relativistic:
    """Networks, their optimizers and the EMA generator; see `gan.training.method.Method`."""

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        self.options = options
        self.networks = options.networks(dataset)
        with dtype_policy(policy):
            made = models(options, dataset)
        self.generator, self.discriminator = made["generator"], made["discriminator"]
        self.ema = average_of(self.generator, self.networks)
        self.generator_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self._plain = tf.function(lambda *args: self._step(*args, penalise=False))
        self._penalised = tf.function(lambda *args: self._step(*args, penalise=True))

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        return {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "ema": self.ema.variables,
            "generator_adam": self.generator_optimizer.variables,
            "discriminator_adam": self.discriminator_optimizer.variables,
        }

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``; see `Method.step`.

        Returns losses, mean logits, ``diversity`` (the mean over pixels of the deviation within
        the batch of generated pictures) and, at every ``penalty_every``-th step, the penalties.
        """
        options = self.options
        chosen = self._penalised if number % options.penalty_every == 0 else self._plain
        return chosen(
            tf.constant(batch.pictures),
            tf.constant(batch.categories),
            tf.constant(batch.styles),
            tf.constant([options.seed, number], tf.int32),
            tf.constant(options.augment_strength_at(kimg), tf.float32),
            tf.constant(options.projection_weight_at(kimg), tf.float32),
            tf.constant(options.gamma_at(kimg), tf.float32),
            tf.constant(options.learning_rate_at(kimg), tf.float32),
            tf.constant(options.ema_decay_at(kimg), tf.float32),
        )

    def _step(
        self,
        real: tf.Tensor,
        categories: tf.Tensor,
        styles: tf.Tensor,
        seed: tf.Tensor,
        strength: tf.Tensor,
        weight: tf.Tensor,
        gamma: tf.Tensor,
        learning_rate: tf.Tensor,
        decay: tf.Tensor,
        *,
        penalise: bool,
    ) -> dict[str, tf.Tensor]:
        seeds = tf.random.split(seed, 5)
        count = real.shape[0]
        latent = tf.random.stateless_normal([count, self.networks.latent], seeds[0])
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latent, categories, styles], training=True)
            seen_real = seen(real, seeds[1], seeds[3], self.options.augment, strength)
            seen_fake = seen(fake, seeds[2], seeds[4], self.options.augment, strength)
            real_logit = self._logit(seen_real, categories, styles, weight)
            fake_logit = self._logit(seen_fake, categories, styles, weight)
            d_loss = relativistic_discriminator_loss(real_logit, fake_logit)
            g_loss = relativistic_generator_loss(real_logit, fake_logit)
        d_gradients = tape.gradient(d_loss, self.discriminator.trainable_variables)
        g_gradients = tape.gradient(g_loss, self.generator.trainable_variables)
        del tape
        metrics = {
            "loss/discriminator": d_loss,
            "loss/generator": g_loss,
            "logit/real": tf.reduce_mean(real_logit),
            "logit/fake": tf.reduce_mean(fake_logit),
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
        }
        if penalise:
            with tf.GradientTape() as tape:
                penalties = self._penalties(seen_real, seen_fake, categories, styles, weight)
                loss = sum(penalties) * gamma / 2 * self.options.penalty_every
            extra = tape.gradient(loss, self.discriminator.trainable_variables)
            d_gradients = [
                g if e is None else g + e for g, e in zip(d_gradients, extra, strict=True)
            ]
            metrics["penalty/r1"], metrics["penalty/r2"] = penalties
        apply_gradients(
            self.discriminator_optimizer, d_gradients, self.discriminator, learning_rate
        )
        apply_gradients(self.generator_optimizer, g_gradients, self.generator, learning_rate)
        move_average(self.ema, self.generator, decay)
        return metrics

    def _logit(
        self, pictures: tf.Tensor, categories: tf.Tensor, styles: tf.Tensor, weight: tf.Tensor
    ) -> tf.Tensor:
        unconditional, projection = self.discriminator([pictures, categories, styles])
        return unconditional + weight * projection

    def _penalties(
        self,
        real: tf.Tensor,
        fake: tf.Tensor,
        categories: tf.Tensor,
        styles: tf.Tensor,
        weight: tf.Tensor,
    ) -> list[tf.Tensor]:
        """Return ‖∇D‖² at real and at fake pictures, whose own gradients are not taken."""
        found = []
        for pictures in (tf.stop_gradient(real), tf.stop_gradient(fake)):
            with tf.GradientTape() as tape:
                tape.watch(pictures)
                total = tf.reduce_sum(self._logit(pictures, categories, styles, weight))
            found.append(squared_gradient_norm(tape.gradient(total, pictures)))
        return found
