"""Projected GAN (Sauer et al. 2021) with R3GAN's loss (Huang et al. 2024) on its features.

A discriminator on a frozen, pretrained network knows shapes and textures from the first step on,
which saves most of the pictures that one from scratch must see. Relativistic pairing and R1 + R2
work on the mixed feature maps instead of the pixels: the penalty's second pass goes through the
heads alone. Both networks move at once, from one pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.augment import seen
from gan.dataset.files import DatasetAbout
from gan.features.efficientnet import PYRAMID_STRIDES, build_feature_pyramid
from gan.features.weights import kept_weights
from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)
from gan.networks.projected import Standardise, build_heads, build_mixing
from gan.networks.residual import build_generator
from gan.training.batches import Batch
from gan.training.machine import dtype_policy
from gan.training.options import BadOptions, PenalisedOptions
from gan.training.updates import apply_gradients, average_of, move_average

FEATURES = "lite0"
FEATURE_CHANNELS = (24, 40, 112, 320)  # of its maps, finest first


@dataclass(frozen=True)
class Options(PenalisedOptions):
    """The numbers of a run by this method."""

    features_px: int = 128  # pictures are enlarged to this before the pretrained network
    gamma: float = 10.0  # of R1 + R2 on the mixed features
    final_gamma: float = 1.0
    penalty_every: int = 2


def feature_shapes(options: Options) -> list[tuple[int, int, int]]:
    """Return (H, W, C) of the pretrained network's maps, finest first."""
    return [
        (options.features_px // stride, options.features_px // stride, channels)
        for stride, channels in zip(PYRAMID_STRIDES, FEATURE_CHANNELS, strict=True)
    ]


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force; the pretrained one is not needed."""
    if options.features_px % dataset.size_px:
        raise BadOptions(
            f"features_px is {options.features_px}, no multiple of {dataset.size_px} px",
            "make the data set at 16, 32, 64 or 128 px",
        )
    sizes = [shape[0] for shape in feature_shapes(options)]
    return {
        "generator": build_generator(options.networks(dataset)),
        "discriminator": build_heads(sizes, len(dataset.categories), len(dataset.styles)),
    }


def build(
    options: Options, dataset: DatasetAbout, policy: str, home: Path, echo: Callable[[str], None]
) -> "Projected":
    """Return the method with fresh networks; ``home`` keeps the pretrained weights."""
    weights = kept_weights(home, FEATURES, echo)
    return Projected(options, dataset, policy, weights)


class Projected:
    """Networks, their optimizers and the EMA generator; see `gan.training.method.Method`."""

    def __init__(
        self,
        options: Options,
        dataset: DatasetAbout,
        policy: str,
        weights: dict[str, np.ndarray],
    ) -> None:
        self.options = options
        self.networks = options.networks(dataset)
        with dtype_policy(policy):
            self.generator = build_generator(self.networks)
        with dtype_policy("float32"):
            self.heads = models(options, dataset)["discriminator"]
            self.mixing = build_mixing(feature_shapes(options))
            self.pyramid = build_feature_pyramid(FEATURES, options.features_px, weights)
            self.enlarge = keras.layers.UpSampling2D(
                options.features_px // dataset.size_px, interpolation="bilinear"
            )
        self.ema = average_of(self.generator, self.networks)
        self.generator_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.heads_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.heads_optimizer.build(self.heads.trainable_variables)
        self._plain = tf.function(lambda *args: self._step(*args, penalise=False))
        self._penalised = tf.function(lambda *args: self._step(*args, penalise=True))

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        return {
            "generator": self.generator.variables,
            "discriminator": self.heads.variables,
            "mixing": self.mixing.variables,
            "ema": self.ema.variables,
            "generator_adam": self.generator_optimizer.variables,
            "discriminator_adam": self.heads_optimizer.variables,
        }

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``; see `Method.step`.

        Returns losses, mean logits, ``diversity`` (the mean over pixels of the deviation within
        the batch of generated pictures) and, at every ``penalty_every``-th step, the penalties.
        The first step takes the features' statistics
        from its real pictures.
        """
        options = self.options
        real = tf.constant(batch.pictures)
        if number == 0:
            self._take_statistics(real)
        chosen = self._penalised if number % options.penalty_every == 0 else self._plain
        return chosen(
            real,
            tf.constant(batch.categories),
            tf.constant(batch.styles),
            tf.constant([options.seed, number], tf.int32),
            tf.constant(options.augment_strength_at(kimg), tf.float32),
            tf.constant(options.projection_weight_at(kimg), tf.float32),
            tf.constant(options.gamma_at(kimg), tf.float32),
            tf.constant(options.learning_rate_at(kimg), tf.float32),
            tf.constant(options.ema_decay_at(kimg), tf.float32),
        )

    def _take_statistics(self, real: tf.Tensor) -> None:
        seed = tf.constant([self.options.seed, 0])
        maps = self.pyramid(self.enlarge(seen(real, seed, seed, self.options.augment, 0.0)))
        layers = [layer for layer in self.mixing.layers if isinstance(layer, Standardise)]
        by_channels = {layer.mean.shape[0]: layer for layer in layers}
        for features in maps:
            by_channels[features.shape[-1]].set_statistics(features.numpy())

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
        latent = tf.random.stateless_normal([real.shape[0], self.networks.latent], seeds[0])
        augmentation = self.options.augment
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latent, categories, styles], training=True)
            seen_real = seen(real, seeds[1], seeds[3], augmentation, strength)
            seen_fake = seen(fake, seeds[2], seeds[4], augmentation, strength)
            real_maps = self._maps(seen_real)
            fake_maps = self._maps(seen_fake)
            real_logits = self._logits(real_maps, categories, styles, weight)
            fake_logits = self._logits(fake_maps, categories, styles, weight)
            d_loss = relativistic_discriminator_loss(real_logits, fake_logits)
            g_loss = relativistic_generator_loss(real_logits, fake_logits)
        d_gradients = tape.gradient(d_loss, self.heads.trainable_variables)
        g_gradients = tape.gradient(g_loss, self.generator.trainable_variables)
        del tape
        metrics = {
            "loss/discriminator": d_loss,
            "loss/generator": g_loss,
            "logit/real": tf.reduce_mean(real_logits),
            "logit/fake": tf.reduce_mean(fake_logits),
            "diversity": tf.reduce_mean(tf.math.reduce_std(fake, axis=0)),
        }
        if penalise:
            with tf.GradientTape() as tape:
                penalties = [
                    self._penalty(maps, categories, styles, weight)
                    for maps in (real_maps, fake_maps)
                ]
                loss = sum(penalties) * gamma / 2 * self.options.penalty_every
            extra = tape.gradient(loss, self.heads.trainable_variables)
            d_gradients = [
                g if e is None else g + e for g, e in zip(d_gradients, extra, strict=True)
            ]
            metrics["penalty/r1"], metrics["penalty/r2"] = penalties
        apply_gradients(self.heads_optimizer, d_gradients, self.heads, learning_rate)
        apply_gradients(self.generator_optimizer, g_gradients, self.generator, learning_rate)
        move_average(self.ema, self.generator, decay)
        return metrics

    def _maps(self, pictures: tf.Tensor) -> list[tf.Tensor]:
        return self.mixing(self.pyramid(self.enlarge(pictures)))

    def _penalty(
        self,
        maps: Sequence[tf.Tensor],
        categories: tf.Tensor,
        styles: tf.Tensor,
        weight: tf.Tensor,
    ) -> tf.Tensor:
        """Return ‖∇‖² of the logits' sum at mixed maps, summed over maps; mean over samples."""
        held = [tf.stop_gradient(features) for features in maps]
        with tf.GradientTape() as tape:
            tape.watch(held)
            total = tf.reduce_sum(self._logits(held, categories, styles, weight))
        gradients = tape.gradient(total, held)
        return tf.add_n([squared_gradient_norm(gradient) for gradient in gradients])

    def _logits(
        self,
        maps: Sequence[tf.Tensor],
        categories: tf.Tensor,
        styles: tf.Tensor,
        weight: tf.Tensor,
    ) -> tf.Tensor:
        """Return logits float32 [N, H], one per head."""
        unconditional, projection = self.heads([*maps, categories, styles])
        return unconditional + weight * projection
