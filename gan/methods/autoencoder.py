"""An autoencoder of transparent pictures, in whose latents the method `latent` trains.

Squared and absolute differences of the colour over a random flat background, of alpha, and of
their steps from pixel to pixel, which keeps outlines sharp. Small noise on the latents makes the
decoder forgive a generator its small errors. The decoder's last doublings are trained on a window
of the picture, at a third of their work. With absolute differences alone the residual half of the
network shut itself off in 200 steps: most of a picture is background, where zero is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from gan.augment import AugmentOptions, shift
from gan.dataset.files import HELD_OUT, TRAIN, Dataset, DatasetAbout
from gan.networks.autoencoder import (
    FEATURES_PX,
    AutoencoderSizes,
    begin_linear,
    build_decoder,
    build_encoder,
)
from gan.networks.generator import GeneratorSpec
from gan.training.batches import Batch, on_white, to_unit
from gan.training.grid import to_uint8
from gan.training.kernels import Adam
from gan.training.machine import dtype_policy
from gan.training.options import BadOptions, RunOptions
from gan.training.updates import move_average

SAMPLES = 80  # held-out pictures in a grid, each before what comes back of it
_FIRST = 1500  # pictures from which the linear maps begin


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method."""

    method: str = "autoencoder"
    batch: int = 8
    picture_channels: int = 4
    latent_channels: int = 16
    channels: tuple[int, int, int] = (64, 128, 192)  # at 32×32, 16×16 and 8×8
    learning_rate: float = 8e-4
    final_learning_rate: float = 3e-5
    warm_up_kimg: float = 1.6
    noise: float = 0.05  # deviation, of latents whose own is about 1
    absolute_weight: float = 0.1  # of absolute differences; squared ones have 4
    shift_px: int = 5  # pictures are moved by up to this along both axes
    window: int = 20  # of the decoder's 32×32 features, finished in a step
    ema_steps: float = 700.0  # half-life of the average

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.picture_channels != 4:
            raise BadOptions("picture_channels must be 4: an autoencoder knows transparency")
        if not 1 <= self.window <= FEATURES_PX:
            raise BadOptions(f"window is {self.window}, but must be from 1 to {FEATURES_PX}")
        for name in ("learning_rate", "latent_channels", "ema_steps"):
            if getattr(self, name) <= 0:
                raise BadOptions(f"{name} is {getattr(self, name)}, but must be above 0")

    def sizes(self, dataset: DatasetAbout) -> AutoencoderSizes:
        """Raises `BadNetwork`."""
        return AutoencoderSizes(dataset.size_px, self.latent_channels, self.channels)

    def networks(self, dataset: DatasetAbout) -> GeneratorSpec:
        """Raises `BadOptions`: an autoencoder draws nothing from a latent of its own."""
        raise BadOptions(
            f"recipe {self.recipe} trains an autoencoder of {dataset.name}, which draws nothing "
            "by itself",
            "train a generator in its latents: flask gan train --recipe emoji-latent",
        )

    def learning_rate_at(self, kimg: float) -> float:
        """A warm-up times a cosine down to the final rate at ``total_kimg``."""
        share = min(1.0, kimg / self.total_kimg)
        low = self.final_learning_rate
        rate = low + (self.learning_rate - low) * float(1 + np.cos(np.pi * share)) / 2
        warmth = min(1.0, (kimg + 0.1) / self.warm_up_kimg) if self.warm_up_kimg else 1.0
        return rate * warmth


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks. Raises `BadNetwork`."""
    sizes = options.sizes(dataset)
    return {"encoder": build_encoder(sizes), "decoder": build_decoder(sizes).whole}


def build(options: Options, dataset: Dataset, policy: str, *_: object) -> "Autoencoder":
    """Return the method with networks that begin at the data set's principal components."""
    return Autoencoder(options, dataset, policy)


def premultiplied(pictures: tf.Tensor) -> tf.Tensor:
    """Straight RGBA float32 [N, H, W, 4] in [-1, 1] → premultiplied in [0, 1]."""
    unit = (pictures + 1) / 2
    return tf.concat([unit[..., :3] * unit[..., 3:], unit[..., 3:]], axis=-1)


def reconstruction_loss(
    difference: tf.Tensor, background: tf.Tensor, absolute_weight: float
) -> tf.Tensor:
    """Return a scalar for premultiplied differences float32 [N, H, W, 4].

    ``background``: float32 [N, 1, 1, 3] in [0, 1]. Squared differences times 4, plus the smoothed
    absolute ones √(d² + 10⁻⁴) times ``absolute_weight``: of what is seen over the background, of
    half of alpha, and of both's steps down and to the right.
    """
    alpha = difference[..., 3:]
    seen = tf.concat([difference[..., :3] - background * alpha, alpha / 2], axis=-1)
    loss = tf.zeros([])
    for part in (seen, seen[:, 1:] - seen[:, :-1], seen[:, :, 1:] - seen[:, :, :-1]):
        squares = tf.square(part)
        loss += 4 * tf.reduce_mean(squares)
        loss += absolute_weight * (tf.reduce_mean(tf.sqrt(squares + 1e-4)) - 0.01)
    return loss


class Autoencoder:
    """Both halves, their optimizer and their average; see `gan.training.method.Method`."""

    def __init__(self, options: Options, dataset: Dataset, policy: str) -> None:
        self.options = options
        sizes = options.sizes(dataset)
        with dtype_policy(policy):
            self.encoder, self.decoder = build_encoder(sizes), build_decoder(sizes)
        begin_linear(self.encoder, self.decoder.whole, _first_pictures(dataset, options))
        with dtype_policy("float32"):
            self.ema_encoder, self.ema_decoder = build_encoder(sizes), build_decoder(sizes).whole
        self.ema_encoder.set_weights(self.encoder.get_weights())
        self.ema_decoder.set_weights(self.decoder.whole.get_weights())
        self.generator, self.ema = self.decoder.whole, self.ema_decoder
        self._variables = [
            *self.encoder.trainable_variables,
            *self.decoder.whole.trainable_variables,
        ]
        self.optimizer = Adam(self._variables, options.learning_rate, (0.9, 0.99))
        self._scale = sizes.scale
        self._shift = AugmentOptions(shift_px=options.shift_px)
        self._compiled = tf.function(self._step)

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        return {
            "encoder": self.encoder.variables,
            "decoder": self.decoder.whole.variables,
            "ema_encoder": self.ema_encoder.variables,
            "ema_decoder": self.ema_decoder.variables,
            "adam": self.optimizer.variables,
        }

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``; see `Method.step`. Returns the loss and two measures."""
        return self._compiled(
            tf.constant(batch.pictures),
            tf.constant([self.options.seed, number], tf.int32),
            tf.constant(self.options.learning_rate_at(kimg), tf.float32),
        )

    def _step(
        self, pictures: tf.Tensor, seed: tf.Tensor, learning_rate: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        options, seeds = self.options, tf.random.split(seed, 4)
        count, window, scale = pictures.shape[0], options.window, self._scale
        real = shift(premultiplied(pictures), seeds[0], 1.0, self._shift)
        background = tf.random.stateless_uniform([count, 1, 1, 3], seeds[1])
        top, left = tf.unstack(
            tf.random.stateless_uniform([2], seeds[3], 0, FEATURES_PX - window + 1, tf.int32)
        )

        def cut(x: tf.Tensor, scale: int) -> tf.Tensor:
            size = [count, window * scale, window * scale, x.shape[-1]]
            return tf.slice(x, [0, top * scale, left * scale, 0], size)

        with tf.GradientTape() as tape:
            codes = self.encoder(real, training=True)
            noisy = codes + options.noise * tf.random.stateless_normal(codes.shape, seeds[2])
            features, linear = self.decoder.features(noisy, training=True)
            made = self.decoder.finish(cut(features, 1), cut(linear, scale))
            difference = made - cut(real, scale)
            loss = reconstruction_loss(difference, background, options.absolute_weight)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self._variables), 1.0)
        self.optimizer.apply(gradients, learning_rate)
        decay = tf.constant(0.5 ** (1 / options.ema_steps), tf.float32)
        move_average(self.ema_encoder, self.encoder, decay)
        move_average(self.ema_decoder, self.decoder.whole, decay)
        return {
            "loss": loss,
            "difference": tf.reduce_mean(tf.abs(difference)),
            "diversity": tf.reduce_mean(tf.math.reduce_std(made, axis=0)),
        }

    def samples(self, dataset: Dataset) -> np.ndarray:
        """Return pictures, each before what comes back of it: uint8 [2·`SAMPLES`, H, W, 3].

        Held-out ones; pictures trained on where none are held out.
        """
        left_out = self.options.leave_out_styles
        rows = dataset.indices(HELD_OUT, left_out)
        rows = rows if len(rows) else dataset.indices(TRAIN, left_out)
        rows = rows[np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int)]
        given = np.asarray(dataset.pictures[rows])
        codes = self.ema_encoder(premultiplied(tf.constant(to_unit(given))))
        made = np.clip(np.asarray(self.ema_decoder(codes), np.float32), 0, 1)
        levels = to_uint8(2 * (made[..., :3] + 1 - made[..., 3:]) - 1)
        pairs = np.stack([on_white(given), levels], axis=1)
        return pairs.reshape(-1, *levels.shape[1:])


def _first_pictures(dataset: Dataset, options: Options) -> np.ndarray:
    rows = dataset.indices(TRAIN, options.leave_out_styles)
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), _FIRST)).round().astype(int)]
    return premultiplied(tf.constant(to_unit(np.asarray(dataset.pictures[chosen])))).numpy()
