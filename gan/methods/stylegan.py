"""StyleGAN's training: logistic loss with R1, style mixing, growing stage by stage.

Labels are not used. Adam begins anew with every stage, as in the authors' code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf

from gan.batches.labelled import Batch, Draws, Passes
from gan.dataset.files import Dataset, DatasetAbout
from gan.losses import (
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
    squared_gradient_norm,
)
from gan.methods.alternating import Alternating
from gan.networks.growth import Growth, detail_of, grown_to, level_at
from gan.networks.stylegan import StyleOptions, build_discriminator, build_generator
from gan.optimizers import Adam
from gan.runs.options import BadOptions, RunOptions


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method; StyleGAN's."""

    advice: ClassVar[str] = "raise the penalty, --set gamma=50, or grow more slowly"

    method: str = "stylegan"
    batch: int = 32
    learning_rate: float = 1e-3  # of both networks; the mapping's is a hundredth
    betas: tuple[float, float] = (0.0, 0.99)
    gamma: float = 10.0  # of R1
    penalty_every: int = 1  # steps between penalties, whose weight is multiplied by this
    mixing: float = 0.9  # share of steps whose pictures have styles of two latents
    start_px: int = 8
    stage_kimg: float = 600.0  # for each size
    fade_kimg: float = 600.0  # for the next size to fade in
    ema_kimg: float = 10.0  # half-life of the average that is drawn
    latent: int = 512
    most_channels: int = 512
    channels_base: int = 16_384

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("learning_rate", "penalty_every", "fade_kimg", "ema_kimg", "latent")
        if not 0 <= self.mixing <= 1:
            raise BadOptions(f"mixing is {self.mixing}, but must be in [0, 1]")
        if self.start_px < 4 or self.start_px & (self.start_px - 1):
            raise BadOptions(f"start_px is {self.start_px}, no power of two from 4 on")
        self.must_be_on_white()

    @property
    def cycle(self) -> int:
        return self.penalty_every

    def networks(self, dataset: DatasetAbout) -> StyleOptions:
        return StyleOptions(dataset.size_px, self.latent, self.most_channels, self.channels_base)

    def batches(self, dataset: Dataset) -> Draws:
        return Passes(dataset, self.seed, self.pictures_seen, self.leave_out_styles, self.no_mirror)

    def level_at(self, kimg: float, last: int) -> float:
        """Return the stage and the share of the next; stage 0 is 4×4."""
        start = min(last, (self.start_px // 4).bit_length() - 1)
        return level_at(kimg, start, last, self.stage_kimg, self.fade_kimg)


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force."""
    networks = options.networks(dataset)
    return {
        "generator": build_generator(networks),
        "discriminator": build_discriminator(networks),
    }


def build(options: Options, dataset: DatasetAbout, policy: str, *_: object) -> "StyleGAN":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return StyleGAN(options, dataset, policy)


class StyleGAN(Alternating[Options]):
    """That training, with an average; see `gan.methods.method.Method`."""

    networks: StyleOptions
    _generator_optimizer: Adam
    _discriminator_optimizer: Adam

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        super().__init__(options, dataset, policy, options.ema_kimg)
        self._compiled: dict[tuple[int, bool, bool], Callable[..., dict[str, tf.Tensor]]] = {}

    def models(self, dataset: DatasetAbout) -> dict[str, keras.Model]:
        return models(self.options, dataset)

    def optimizer(self, network: keras.Model) -> Adam:
        options = self.options
        return Adam(network.trainable_variables, options.learning_rate, options.betas)

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Move the discriminator on ``batch``, then the generator; see `Method.step`.

        Returns losses, mean logits, the penalty, the level, and ``diversity`` (the mean over
        pixels of the deviation within the generated pictures).
        """
        options = self.options
        level = options.level_at(kimg, self.networks.last_stage)
        stage, fading = int(-(-level // 1)), level % 1 > 0
        before = options.level_at(kimg - options.batch / 1000, self.networks.last_stage)
        if number and int(-(-before // 1)) != stage:
            self._generator_optimizer.reset()
            self._discriminator_optimizer.reset()
        for network in (self.generator, self.ema):
            network.get_layer("synthesis").get_layer("grown").level.assign(level)
        penalise = number % options.penalty_every == 0
        metrics = self._step_of(stage, fading, penalise)(
            tf.constant(batch.pictures),
            tf.constant(level - stage + 1 if fading else 1.0, tf.float32),
            tf.constant([options.seed, number], tf.int32),
        )
        return {**metrics, "level": tf.constant(level)}

    def _step_of(
        self, stage: int, fading: bool, penalise: bool
    ) -> Callable[..., dict[str, tf.Tensor]]:
        """Return the step of a stage, compiled once for each."""
        key = (stage, fading, penalise)
        if key not in self._compiled:

            def both(real: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
                growth = Growth(stage, alpha if fading else None)
                seeds = tf.random.split(seed, 2)
                metrics = self.discriminator_step(real, growth, seeds[0], penalise=penalise)
                return {**metrics, **self.generator_step(growth, seeds[1])}

            self._compiled[key] = tf.function(both)
        return self._compiled[key]

    def draw(self, growth: Growth, seed: tf.Tensor) -> tf.Tensor:
        """Return a batch of pictures, float32 [N, S, S, 3]; moves the average of w."""
        options, size = self.options, self.networks.size_px
        seeds = tf.random.split(seed, 4)
        mapping, synthesis = (self.generator.get_layer(n) for n in ("mapping", "synthesis"))
        shape = (2 * options.batch, options.latent)
        w = mapping(tf.random.stateless_normal(shape, seeds[0]))
        one, other = tf.split(w, 2)
        self.generator.get_layer("truncation").move(one)
        layers = synthesis.inputs[0].shape[1]
        used = 2 * (growth.stage + 1)
        # from this layer on the styles are of the other latent
        border = tf.random.stateless_uniform([], seeds[1], 1, used, tf.int32)
        mixed = tf.random.stateless_uniform([], seeds[2]) < options.mixing
        border = tf.where(mixed, border, layers)
        first = (tf.range(layers) < border)[None, :, None]
        styles = tf.where(first, one[:, None], other[:, None])  # [N, L, Z]
        noise = tf.random.stateless_normal((options.batch, size, size, 1), seeds[3])
        with grown_to(growth):
            return synthesis([styles, noise], training=True)

    def discriminator_step(
        self, real: tf.Tensor, growth: Growth, seed: tf.Tensor, *, penalise: bool = True
    ) -> dict[str, tf.Tensor]:
        """Move the discriminator once; pictures float32 [N, S, S, 3]."""
        fake = self.draw(growth, seed)
        real = detail_of(real, growth)
        weights = self.discriminator.trainable_variables
        metrics = {}
        with tf.GradientTape() as tape:
            with grown_to(growth):
                real_logits = self.discriminator(real, training=True)
                fake_logits = self.discriminator(fake, training=True)
            loss = non_saturating_discriminator_loss(real_logits, fake_logits)
            total = loss
            if penalise:
                penalty = self.gradient_penalty(real, growth)
                total += self.options.gamma / 2 * self.options.penalty_every * penalty
                metrics["penalty/r1"] = penalty
        self._discriminator_optimizer.apply(tape.gradient(total, weights))
        return {
            "loss/discriminator": loss,
            "logit/real": tf.reduce_mean(real_logits),
            "logit/fake": tf.reduce_mean(fake_logits),
            **metrics,
        }

    def gradient_penalty(self, real: tf.Tensor, growth: Growth) -> tf.Tensor:
        """Return the mean of ‖∇D‖² at real pictures of full size, as the authors take it."""
        with tf.GradientTape() as tape, grown_to(growth):
            tape.watch(real)
            logits = tf.reduce_sum(self.discriminator(real, training=True))
        return squared_gradient_norm(tape.gradient(logits, real))

    def generator_step(self, growth: Growth, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Move the generator once, then its average."""
        weights = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.draw(growth, seed)
            with grown_to(growth):
                logits = self.discriminator(fake, training=True)
            loss = non_saturating_generator_loss(logits)
        self._generator_optimizer.apply(tape.gradient(loss, weights))
        self.follow()
        return {
            "loss/generator": loss,
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
        }
