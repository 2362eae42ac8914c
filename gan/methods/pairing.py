"""The step of relativistic pairing with R1 + R2, whatever the networks are and judge.

Loss and penalties after R3GAN (Huang et al. 2024). The generator's and the discriminator's
gradients come from the same pass forward, and the same back through the discriminator
(simultaneous descent): less work than alternating steps.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

import keras
import numpy as np
import tensorflow as tf

from gan.batches.labelled import Batch
from gan.dataset.files import DatasetAbout
from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)
from gan.methods.ema import move_average
from gan.networks.generator import GeneratorSpec
from gan.optimizers import Adam
from gan.runs.options import PenalisedOptions

Numbers = TypeVar("Numbers", bound=PenalisedOptions)


class Pairing(Generic[Numbers]):
    """Networks, their optimizers and one step; a `gan.methods.method.Method` says which ones.

    ``average`` follows the generator; ``ema``, what is drawn, is or holds it.
    """

    aligned: ClassVar[bool] = False  # whether a pair's pictures are seen with the same changes

    networks: GeneratorSpec
    generator: keras.Model
    discriminator: keras.Model
    average: keras.Model
    ema: keras.Model

    def __init__(self, options: Numbers, dataset: DatasetAbout, policy: str) -> None:
        """Make the networks, computing under a Keras dtype policy."""
        self.options = options
        self.networks = options.networks(dataset)
        self.make_networks(dataset, policy)
        self.generator_optimizer, self.discriminator_optimizer = (
            Adam(network.trainable_variables, options.learning_rate, options.betas)
            for network in (self.generator, self.discriminator)
        )
        self._plain: Callable[..., dict[str, tf.Tensor]] = tf.function(
            lambda *args: self._step(*args, penalise=False)
        )
        self._penalised: Callable[..., dict[str, tf.Tensor]] = tf.function(
            lambda *args: self._step(*args, penalise=True)
        )

    def make_networks(self, dataset: DatasetAbout, policy: str) -> None:
        """Set both networks, ``average`` and ``ema``."""
        raise NotImplementedError

    def seen(
        self, pictures: tf.Tensor, seed: tf.Tensor, other_seed: tf.Tensor, strength: tf.Tensor
    ) -> tf.Tensor:
        """Return what the discriminator sees of real or of generated pictures."""
        raise NotImplementedError

    def told(self, batch: Batch) -> dict[str, np.ndarray]:
        """Return what a step is told beside the pictures, float32 [N, …] by name."""
        return {"categories": batch.categories, "styles": batch.styles}

    def drawn_by(self, told: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        """Return the generator's inputs behind the latent."""
        return [told["categories"], told["styles"]]

    def judged_by(self, told: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        """Return the labels of the pairs, as the discriminators take them."""
        return [told["categories"], told["styles"]]

    def judge_beside(
        self,
        real: tf.Tensor,  # noqa: ARG002
        fake: tf.Tensor,
        told: Mapping[str, tf.Tensor],  # noqa: ARG002
        learning_rate: tf.Tensor,  # noqa: ARG002
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Let other judges than the discriminator learn from what is seen, and judge it.

        Returns the gradient of their loss for the generator at ``fake``, of its shape, and scalars
        for the log. ``told``: what `told` returned. Here there are none.
        """
        return tf.zeros_like(fake), {}

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
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
        the batch of what is generated), ``generator_grad_norm`` (of its gradient at what the
        discriminator saw), what `judge_beside` adds and, at every ``penalty_every``-th step,
        the penalties.
        """
        options = self.options
        chosen = self._penalised if number % options.penalty_every == 0 else self._plain
        return chosen(
            tf.constant(batch.pictures),
            {name: tf.constant(value) for name, value in self.told(batch).items()},
            tf.constant([options.seed, number], tf.int32),
            tf.constant(options.augment_strength_at(kimg), tf.float32),
            tf.constant(options.projection_weight_at(kimg), tf.float32),
            tf.constant(options.gamma_at(kimg), tf.float32),
            tf.constant(options.learning_rate_at(kimg), tf.float32),
            tf.constant(options.ema_decay_at(kimg), tf.float32),
        )

    def _step(
        self,
        pictures: tf.Tensor,
        told: dict[str, tf.Tensor],
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
        width = self.generator.inputs[0].shape[-1]
        latent = tf.random.stateless_normal([pictures.shape[0], width], seeds[0])
        labels = [tf.concat([label] * 2, axis=0) for label in self.judged_by(told)]
        of_real = (seeds[2], seeds[4]) if self.aligned else (seeds[1], seeds[3])
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latent, *self.drawn_by(told)], training=True)
            seen_fake = self.seen(fake, seeds[2], seeds[4], strength)
            seen_real = self.seen(pictures, *of_real, strength)
            judged = tf.concat([seen_real, seen_fake], axis=0)
            real_logit, fake_logit = tf.split(self.logit(judged, labels, weight), 2)
            d_loss = relativistic_discriminator_loss(real_logit, fake_logit)
        weights = self.discriminator.trainable_variables
        d_gradients, at_judged = tape.gradient(d_loss, [weights, judged])
        # the generator's loss has the same gradient at each picture but for a factor, so one way
        # back through the discriminator does for both
        factor = generator_share(real_logit, fake_logit)
        at_fake = tf.split(at_judged, 2)[1] * tf.reshape(factor, [-1, 1, 1, 1])
        grad_norm = tf.norm(at_fake)
        also, more_metrics = self.judge_beside(seen_real, seen_fake, told, learning_rate)
        at_fake += also
        g_gradients = tape.gradient(
            seen_fake, self.generator.trainable_variables, output_gradients=at_fake
        )
        del tape
        metrics = {
            "loss/discriminator": d_loss,
            "loss/generator": relativistic_generator_loss(real_logit, fake_logit),
            "logit/real": tf.reduce_mean(real_logit),
            "logit/fake": tf.reduce_mean(fake_logit),
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
            "generator_grad_norm": grad_norm,
            **more_metrics,
        }
        if penalise:
            with tf.GradientTape() as tape:
                penalties = self._penalties(tf.stop_gradient(judged), labels, weight)
                loss = sum(penalties) * gamma / 2 * self.options.penalty_every
            extra = tape.gradient(loss, weights)
            d_gradients = [
                g if e is None else g + e for g, e in zip(d_gradients, extra, strict=True)
            ]
            metrics["penalty/r1"], metrics["penalty/r2"] = penalties
        self.discriminator_optimizer.apply(d_gradients, learning_rate)
        self.generator_optimizer.apply(g_gradients, learning_rate)
        move_average(self.average, self.generator, decay)
        return metrics

    def logit(self, judged: tf.Tensor, labels: list[tf.Tensor], weight: tf.Tensor) -> tf.Tensor:
        """Return the discriminator's logits, float32 [N]."""
        unconditional, projection = self.discriminator([judged, *labels], training=True)
        return unconditional + weight * projection

    def _penalties(
        self, judged: tf.Tensor, labels: list[tf.Tensor], weight: tf.Tensor
    ) -> list[tf.Tensor]:
        """Return ‖∇D‖² at real and at generated pictures, the first and the second half."""
        with tf.GradientTape() as tape:
            tape.watch(judged)
            total = tf.reduce_sum(self.logit(judged, labels, weight))
        return [squared_gradient_norm(g) for g in tf.split(tape.gradient(total, judged), 2)]


def generator_share(real_logit: tf.Tensor, fake_logit: tf.Tensor) -> tf.Tensor:
    """Return ∂(generator's loss)/∂fake ÷ ∂(discriminator's loss)/∂fake of relativistic pairs.

    Logits float32 [N]. With x = real - fake the losses are softplus(x) and softplus(-x), whose
    slopes at fake are -σ(x) and σ(-x): the ratio is -exp(x). A pair that is told apart by more
    than 60 counts as 60, or its other factor is 0 in float32.
    """
    return -tf.exp(tf.minimum(real_logit - fake_logit, 60.0))
