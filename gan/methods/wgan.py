"""Wasserstein GANs: several critic steps to one of the generator, clipped or penalised.

A step here is one generator step with all its critic steps, in one compiled graph. The generator
itself is drawn and exported, not an average. Labels are not used.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf

from gan.batches.labelled import Batch, Draws, Passes
from gan.dataset.files import Dataset, DatasetAbout
from gan.losses import (
    between,
    unit_gradient_penalty,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from gan.methods.alternating import Alternating
from gan.networks.layers.batch_norm import separate_batches
from gan.networks.wgan import DeconvolutionalOptions, build_critic
from gan.optimizers import Adam, RMSProp
from gan.runs.options import BadOptions, RunOptions


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method; those of "Pokemon Generation using WGans"."""

    advice: ClassVar[str] = (
        "halve the rate, --set learning_rate=1e-4, or give the critic more steps, "
        "--set critic_steps=10"
    )

    method: str = "wgan"
    batch: int = 64
    learning_rate: float = 2e-4  # of both networks
    optimizer: str = "rmsprop"  # or adam
    betas: tuple[float, float] = (0.0, 0.9)  # of Adam
    latent: int = 100
    latent_distribution: str = "uniform"  # in [-1, 1], or normal
    critic_steps: int = 5  # to each of the generator
    first_critic_steps: int = 25  # during the first generator steps and now and then
    first_steps: int = 25
    more_every: int = 500  # generator steps; 0: never
    clip: float = 0.01  # of all the critic's variables, before each of its steps; 0: none
    penalty: float = 0.0  # λ of the gradient penalty; 0: none
    critic_normalised: bool = True  # batch normalisation in the critic

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("learning_rate", "latent", "critic_steps", "first_critic_steps")
        self.must_not_be_below_0("clip", "penalty", "first_steps", "more_every")
        if self.optimizer not in ("rmsprop", "adam"):
            raise BadOptions(f"optimizer is {self.optimizer!r}, not rmsprop or adam")
        self.must_be_on_white()
        if self.penalty and self.critic_normalised:
            raise BadOptions(
                "a gradient penalty is of each picture, which batch normalisation mixes",
                "--set critic_normalised=false",
            )

    @property
    def beginning(self) -> str:
        """Say how few steps of the generator the first pictures are."""
        if not self.first_steps or self.first_critic_steps <= self.critic_steps:
            return ""
        return (
            f"the first {self.pictures_seen(self.first_steps):,} pictures are {self.first_steps} "
            "steps of the generator: nothing is to be seen before"
        )

    def networks(self, dataset: DatasetAbout) -> DeconvolutionalOptions:
        return DeconvolutionalOptions(dataset.size_px, self.latent, self.latent_distribution)

    def batches(self, dataset: Dataset) -> Draws:
        return Passes(dataset, self.seed, self.pictures_seen, self.leave_out_styles, self.no_mirror)

    def pictures_seen(self, step: int) -> int:
        """Return how many real pictures the critic saw before a generator step."""
        longer = min(step, self.first_steps)
        if self.more_every and step > self.first_steps:
            before = -(-self.first_steps // self.more_every)  # multiples among the first steps
            longer += -(-step // self.more_every) - before
        extra = self.first_critic_steps - self.critic_steps
        return (step * self.critic_steps + longer * extra) * self.batch


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force."""
    return {
        "generator": options.networks(dataset).build(),
        "discriminator": build_critic(dataset.size_px, options.critic_normalised),
    }


def build(options: Options, dataset: DatasetAbout, policy: str, *_: object) -> "WGAN":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return WGAN(options, dataset, policy)


class WGAN(Alternating[Options]):
    """That training; see `gan.methods.method.Method`."""

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        super().__init__(options, dataset, policy)
        self._together = math.gcd(options.critic_steps, options.first_critic_steps)
        self._names = ["loss/discriminator", "distance", "logit/real", "logit/fake"]
        if options.penalty:
            self._names.append("penalty")
        shape = (None, options.batch, dataset.size_px, dataset.size_px, 3)
        self._steps: Callable[..., dict[str, tf.Tensor]] = tf.function(
            self._all_steps,
            input_signature=[tf.TensorSpec(shape, tf.float32), tf.TensorSpec([2], tf.int32)],
        )

    def models(self, dataset: DatasetAbout) -> dict[str, keras.Model]:
        return models(self.options, dataset)

    def optimizer(self, network: keras.Model) -> Adam | RMSProp:
        options = self.options
        if options.optimizer == "adam":
            return Adam(network.trainable_variables, options.learning_rate, options.betas)
        return RMSProp(network.trainable_variables, options.learning_rate)

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:  # noqa: ARG002
        """Make the critic's steps on ``batch``, then the generator's; see `Method.step`.

        Returns losses, mean logits, the estimated distance, the penalty if there is one, and
        ``diversity`` (the mean over pixels of the deviation within the generated pictures).
        """
        size = self.options.batch
        return self._steps(
            tf.constant(batch.pictures.reshape(-1, size, *batch.pictures.shape[1:])),
            tf.constant([self.options.seed, number], tf.int32),
        )

    def _all_steps(self, real: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """``real``: [critic steps, N, H, W, 3]. The loops are the graph's, traced once for all.

        The generator does not move between critic steps: the pictures of several are made at once.
        """
        size, together = self.options.batch, self._together
        values = tf.zeros([len(self._names)])
        for first in tf.range(0, tf.shape(real)[0], together):
            seeds = tf.random.split(tf.random.fold_in(seed, first), 2)
            with separate_batches(together):
                fake = self.generator(self.latents(seeds[0], together * size), training=True)
            for i in tf.range(together):
                made = fake[i * size : (i + 1) * size]
                made = tf.ensure_shape(made, (size, *fake.shape[1:]))
                found = self.critic_step(real[first + i], made, tf.random.fold_in(seeds[1], i))
                values = tf.stack([found[name] for name in self._names])
        metrics = dict(zip(self._names, tf.unstack(values), strict=True))
        return {**metrics, **self.generator_step(tf.random.fold_in(seed, -1))}

    def latents(self, seed: tf.Tensor, count: int) -> tf.Tensor:
        """Return float32 [count, Z]."""
        shape = (count, self.options.latent)
        if self.options.latent_distribution == "uniform":
            return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
        return tf.random.stateless_normal(shape, seed)

    def critic_step(
        self, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Clip, then move the critic once; pictures float32 [N, H, W, 3]."""
        options = self.options
        weights = self.discriminator.trainable_variables
        if options.clip:
            for weight in weights:
                weight.assign(tf.clip_by_value(weight, -options.clip, options.clip))
        with tf.GradientTape() as tape:
            with separate_batches(2):  # normalisation must not mix real and generated pictures
                logits = self.discriminator(tf.concat([real, fake], 0), training=True)
            real_logits, fake_logits = tf.split(logits, 2)
            loss = wasserstein_critic_loss(real_logits, fake_logits)
            total = loss
            if options.penalty:
                penalty = self.gradient_penalty(real, fake, seed)
                total += options.penalty * penalty
        self._discriminator_optimizer.apply(tape.gradient(total, weights))
        metrics = {
            "loss/discriminator": total,
            "distance": -loss,
            "logit/real": tf.reduce_mean(real_logits),
            "logit/fake": tf.reduce_mean(fake_logits),
        }
        return {**metrics, "penalty": penalty} if options.penalty else metrics

    def gradient_penalty(self, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return mean (‖∇D‖ - 1)² at a point between each real picture and a generated one."""
        alpha = tf.random.stateless_uniform((self.options.batch, 1, 1, 1), seed)
        points = between(real, fake, alpha)
        with tf.GradientTape() as tape:
            tape.watch(points)
            logits = tf.reduce_sum(self.discriminator(points, training=True))
        return unit_gradient_penalty(tape.gradient(logits, points))

    def generator_step(self, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Move the generator once."""
        with tf.GradientTape() as tape:
            fake = self.generator(self.latents(seed, self.options.batch), training=True)
            loss = wasserstein_generator_loss(self.discriminator(fake, training=True))
        weights = self.generator.trainable_variables
        self._generator_optimizer.apply(tape.gradient(loss, weights))
        return {
            "loss/generator": loss,
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
        }
