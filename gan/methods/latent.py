"""Relativistic pairing with R1 + R2 between codes of a trained autoencoder, instead of pictures.

The loss is that of `gan.methods.relativistic`; both networks move at once. What the autoencoder
knows of outlines and shading need not be learned again, pictures may be larger at the same work,
and transparency comes with the decoder. The discriminator sees codes moved by a place now and
then, and a little noise, real and generated alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from gan.augment import AugmentOptions, shift
from gan.dataset.files import DatasetAbout
from gan.losses import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient_norm,
)
from gan.methods.autoencoder import premultiplied
from gan.networks.autoencoder import AutoencoderSizes, build_encoder
from gan.networks.latent import (
    DECODER,
    DRAWING,
    LatentOptions,
    build_discriminator,
    build_drawing,
)
from gan.training.batches import Batch
from gan.training.checkpoint import last_checkpoint, restore
from gan.training.machine import dtype_policy
from gan.training.options import BadOptions, PenalisedOptions
from gan.training.place import run_folder
from gan.training.updates import apply_gradients, move_average


@dataclass(frozen=True)
class Options(PenalisedOptions):
    """The numbers of a run by this method."""

    method: str = "latent"
    picture_channels: int = 4
    autoencoder: str = "emoji-autoencoder"  # the run that has the codes
    latent_channels: int = 16  # of the codes, as that run's
    autoencoder_channels: tuple[int, int, int] = (64, 128, 192)  # likewise
    channels: tuple[int, int] = (256, 128)  # of both networks, at 4×4 and 8×8
    code_noise: float = 0.05  # deviation of what is added to all codes that are judged
    code_shift_probability: float = 0.3  # that a code is moved by up to a place

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.picture_channels != 4:
            raise BadOptions("picture_channels must be 4: an autoencoder knows transparency")

    def networks(self, dataset: DatasetAbout) -> LatentOptions:  # type: ignore[override]
        """Raises `BadNetwork`."""
        return LatentOptions(
            AutoencoderSizes(dataset.size_px, self.latent_channels, self.autoencoder_channels),
            len(dataset.categories),
            len(dataset.styles),
            channels=self.channels,
        )


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force; the autoencoder's are not needed."""
    networks = options.networks(dataset)
    return {"generator": build_drawing(networks), "discriminator": build_discriminator(networks)}


def build(
    options: Options, dataset: DatasetAbout, policy: str, home: Path, echo: Callable[[str], None]
) -> "Latent":
    """Return the method with fresh networks behind the trained autoencoder's.

    Raises `BadOptions` where that was not trained, `BadCheckpoint` where it has other sizes.
    """
    method = Latent(options, dataset, policy)
    folder = run_folder(home, options.autoencoder)
    found = last_checkpoint(folder, echo)
    if found is None:
        raise BadOptions(
            f"recipe {options.recipe} trains in the latents of the run {options.autoencoder}, "
            "which has no checkpoint",
            "train that first: flask gan train --recipe emoji-autoencoder",
        )
    path, checkpoint = found
    parts = {"ema_encoder": method.encoder, "ema_decoder": method.ema.get_layer(DECODER)}
    restore(
        {
            f"{part}/{i:03d}": variable
            for part, network in parts.items()
            for i, variable in enumerate(network.variables)
        },
        checkpoint,
        path,
    )
    return method


class Latent:
    """Networks, their optimizers and the whole generator; see `gan.training.method.Method`.

    ``ema`` is the drawing network's average with the decoder behind it.
    """

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        self.options = options
        self.networks = options.networks(dataset)
        with dtype_policy(policy):
            made = models(options, dataset)
        self.generator, self.discriminator = made["generator"], made["discriminator"]
        with dtype_policy("float32"):
            self.encoder = build_encoder(self.networks.autoencoder)
            self.ema = self.networks.build()
        self._average = self.ema.get_layer(DRAWING)
        self._average.set_weights(self.generator.get_weights())
        self.generator_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-4, *options.betas)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self._shift = AugmentOptions(shift_px=1)
        self._plain = tf.function(lambda *args: self._step(*args, penalise=False))
        self._penalised = tf.function(lambda *args: self._step(*args, penalise=True))

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        return {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "ema": self.ema.variables,
            "encoder": self.encoder.variables,
            "generator_adam": self.generator_optimizer.variables,
            "discriminator_adam": self.discriminator_optimizer.variables,
        }

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``; see `Method.step`.

        Returns losses, mean logits, ``diversity`` (the mean over codes of the deviation within
        the batch of generated ones) and, at every ``penalty_every``-th step, the penalties.
        """
        options = self.options
        chosen = self._penalised if number % options.penalty_every == 0 else self._plain
        return chosen(
            tf.constant(batch.pictures),
            tf.constant(batch.categories),
            tf.constant(batch.styles),
            tf.constant([options.seed, number], tf.int32),
            tf.constant(options.projection_weight_at(kimg), tf.float32),
            tf.constant(options.gamma_at(kimg), tf.float32),
            tf.constant(options.learning_rate_at(kimg), tf.float32),
            tf.constant(options.ema_decay_at(kimg), tf.float32),
        )

    def _step(
        self,
        pictures: tf.Tensor,
        categories: tf.Tensor,
        styles: tf.Tensor,
        seed: tf.Tensor,
        weight: tf.Tensor,
        gamma: tf.Tensor,
        learning_rate: tf.Tensor,
        decay: tf.Tensor,
        *,
        penalise: bool,
    ) -> dict[str, tf.Tensor]:
        seeds = tf.random.split(seed, 5)
        count = pictures.shape[0]
        latent = tf.random.stateless_normal([count, self.networks.latent], seeds[0])
        # the code of nothing at all is what moves in where a code is moved
        nothing = tf.zeros([1, *pictures.shape[1:]])
        codes = self.encoder(tf.concat([premultiplied(pictures), nothing], axis=0))
        real, empty = codes[:count], codes[count:, :1, :1]
        # real and generated go through together: one larger batch is faster than two
        labels = [tf.concat([categories] * 2, axis=0), tf.concat([styles] * 2, axis=0)]
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latent, categories, styles], training=True)
            judged = tf.concat(
                [self._seen(real, empty, seeds[1], seeds[2]),
                 self._seen(fake, empty, seeds[3], seeds[4])], axis=0,
            )  # fmt: skip
            real_logit, fake_logit = tf.split(self._logit(judged, labels, weight), 2)
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
                penalties = self._penalties(tf.stop_gradient(judged), labels, weight)
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
        move_average(self._average, self.generator, decay)
        return metrics

    def _seen(
        self, codes: tf.Tensor, empty: tf.Tensor, seed: tf.Tensor, noise_seed: tf.Tensor
    ) -> tf.Tensor:
        options = self.options
        ink = shift(codes - empty, seed, options.code_shift_probability, self._shift)
        noise = tf.random.stateless_normal(codes.shape, noise_seed)
        return ink + empty + options.code_noise * noise

    def _logit(self, codes: tf.Tensor, labels: list[tf.Tensor], weight: tf.Tensor) -> tf.Tensor:
        unconditional, projection = self.discriminator([codes, *labels])
        return unconditional + weight * projection

    def _penalties(
        self, codes: tf.Tensor, labels: list[tf.Tensor], weight: tf.Tensor
    ) -> list[tf.Tensor]:
        """Return ‖∇D‖² at real and at generated codes."""
        with tf.GradientTape() as tape:
            tape.watch(codes)
            total = tf.reduce_sum(self._logit(codes, labels, weight))
        return [squared_gradient_norm(g) for g in tf.split(tape.gradient(total, codes), 2)]
