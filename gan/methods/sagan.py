"""SAGAN's training: hinge loss, one step each, the discriminator at a higher rate (TTUR).

Labels are categories; generated pictures are made for the labels of the real ones beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf

from gan.batches.labelled import Batch
from gan.dataset.files import DatasetAbout
from gan.losses import hinge_discriminator_loss, wasserstein_generator_loss
from gan.methods.alternating import Alternating
from gan.networks.layers.attention import CODE
from gan.networks.sagan import SaganOptions, build_discriminator, build_generator
from gan.optimizers import Adam
from gan.runs.options import RunOptions


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method; SAGAN's."""

    advice: ClassVar[str] = (
        "halve both rates, --set generator_rate=5e-5 --set discriminator_rate=2e-4, or take "
        "larger batches"
    )

    method: str = "sagan"
    batch: int = 64
    generator_rate: float = 1e-4
    discriminator_rate: float = 4e-4
    betas: tuple[float, float] = (0.0, 0.9)
    latent: int = 128
    width: int = 64  # channels of the widest pictures; 16 times as many at 4×4
    attention: str = CODE  # or text: see `gan.networks.layers.attention`
    ema_kimg: float = 0.0  # half-life of the average that is drawn; 0: none, as in the paper

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("generator_rate", "discriminator_rate", "latent", "width")
        self.must_not_be_below_0("ema_kimg")
        self.must_be_on_white()

    def networks(self, dataset: DatasetAbout) -> SaganOptions:
        return SaganOptions(
            dataset.size_px, len(dataset.categories), self.latent, self.width, self.attention
        )


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force."""
    networks = options.networks(dataset)
    return {
        "generator": build_generator(networks),
        "discriminator": build_discriminator(networks),
    }


def build(options: Options, dataset: DatasetAbout, policy: str, *_: object) -> "SAGAN":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return SAGAN(options, dataset, policy)


class SAGAN(Alternating[Options]):
    """That training; see `gan.methods.method.Method`."""

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        super().__init__(options, dataset, policy, options.ema_kimg)
        self._steps: Callable[..., dict[str, tf.Tensor]] = tf.function(self._both_steps)

    def models(self, dataset: DatasetAbout) -> dict[str, keras.Model]:
        return models(self.options, dataset)

    def optimizer(self, network: keras.Model) -> Adam:
        options = self.options
        first = network is self.generator
        rate = options.generator_rate if first else options.discriminator_rate
        return Adam(network.trainable_variables, rate, options.betas)

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:  # noqa: ARG002
        """Move the discriminator on ``batch``, then the generator; see `Method.step`.

        Returns losses, mean logits and ``diversity`` (the mean over pixels of the deviation
        within the generated pictures).
        """
        return self._steps(
            tf.constant(batch.pictures),
            tf.constant(batch.categories),
            tf.constant([self.options.seed, number], tf.int32),
        )

    def _both_steps(
        self, real: tf.Tensor, categories: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        seeds = tf.random.split(seed, 2)
        metrics = self.discriminator_step(real, categories, seeds[0])
        return {**metrics, **self.generator_step(categories, seeds[1])}

    def discriminator_step(
        self, real: tf.Tensor, categories: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Move the discriminator once; pictures float32 [N, H, W, 3], categories one-hot."""
        fake = self.generator([self._latents(real.shape[0], seed), categories], training=True)
        both = [tf.concat([real, fake], 0), tf.concat([categories, categories], 0)]
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            real_logits, fake_logits = tf.split(self.discriminator(both, training=True), 2)
            loss = hinge_discriminator_loss(real_logits, fake_logits)
        self._discriminator_optimizer.apply(tape.gradient(loss, weights))
        return {
            "loss/discriminator": loss,
            "logit/real": tf.reduce_mean(real_logits),
            "logit/fake": tf.reduce_mean(fake_logits),
        }

    def generator_step(self, categories: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Move the generator once; its loss is -mean D(fake), as WGAN's."""
        weights = self.generator.trainable_variables
        latents = self._latents(categories.shape[0], seed)
        with tf.GradientTape() as tape:
            fake = self.generator([latents, categories], training=True)
            logits = self.discriminator([fake, categories], training=True)
            loss = wasserstein_generator_loss(logits)
        self._generator_optimizer.apply(tape.gradient(loss, weights))
        self.follow()
        return {
            "loss/generator": loss,
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
        }

    def _latents(self, count: int, seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_normal([count, self.options.latent], seed)
