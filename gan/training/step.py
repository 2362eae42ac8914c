"""One training step: both networks move at once, from one pass through each.

The generator's and the discriminator's gradients come from the same forward passes (simultaneous
descent), which saves a quarter of the work of alternating steps on a CPU.
"""

from dataclasses import dataclass

import keras
import tensorflow as tf

from gan.augment import AugmentOptions, augment
from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)


@dataclass(frozen=True)
class StepOptions:
    """What one step needs besides the networks; λ, γ and the learning rate are its arguments."""

    latent: int
    augment: AugmentOptions
    penalty_every: int  # steps between R1 + R2, whose weight is multiplied by this


class GanStep:
    """Holds networks, their optimizers and the EMA generator; `run` makes one step."""

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        ema: keras.Model,
        betas: tuple[float, float],
        options: StepOptions,
    ) -> None:
        self.generator, self.discriminator, self.ema = generator, discriminator, ema
        self.options = options
        self.generator_optimizer = keras.optimizers.Adam(1e-4, *betas)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-4, *betas)
        self.generator_optimizer.build(generator.trainable_variables)
        self.discriminator_optimizer.build(discriminator.trainable_variables)
        self._plain = tf.function(lambda *args: self._step(*args, penalise=False))
        self._penalised = tf.function(lambda *args: self._step(*args, penalise=True))

    def run(
        self,
        step: int,
        batch: tuple[tf.Tensor, tf.Tensor, tf.Tensor],
        seed: int,
        augment_strength: float,
        projection_weight: float,
        gamma: float,
        learning_rate: float,
        ema_decay: float,
    ) -> dict[str, tf.Tensor]:
        """Make step number ``step`` on (pictures, category one-hot, style one-hot).

        All randomness is a function of ``seed`` and ``step``. Returns scalars by name: losses,
        mean logits, ``diversity`` (the mean over pixels of the deviation within the batch of
        generated pictures) and, at every ``penalty_every``-th step, the penalties.
        """
        chosen = self._penalised if step % self.options.penalty_every == 0 else self._plain
        return chosen(
            *batch,
            tf.constant([seed, step], tf.int32),
            tf.constant(augment_strength, tf.float32),
            tf.constant(projection_weight, tf.float32),
            tf.constant(gamma, tf.float32),
            tf.constant(learning_rate, tf.float32),
            tf.constant(ema_decay, tf.float32),
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
        seeds = tf.random.split(seed, 3)
        count = real.shape[0]
        latent = tf.random.stateless_normal([count, self.options.latent], seeds[0])
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latent, categories, styles], training=True)
            seen_real = augment(real, seeds[1], self.options.augment, strength)
            seen_fake = augment(fake, seeds[2], self.options.augment, strength)
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
        self._apply(self.discriminator_optimizer, d_gradients, self.discriminator, learning_rate)
        self._apply(self.generator_optimizer, g_gradients, self.generator, learning_rate)
        for average, value in zip(self.ema.variables, self.generator.variables, strict=True):
            average.assign(average * decay + value * (1 - decay))
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

    @staticmethod
    def _apply(
        optimizer: keras.optimizers.Optimizer,
        gradients: list[tf.Tensor],
        network: keras.Model,
        learning_rate: tf.Tensor,
    ) -> None:
        optimizer.learning_rate.assign(learning_rate)
        optimizer.apply(gradients, network.trainable_variables)
