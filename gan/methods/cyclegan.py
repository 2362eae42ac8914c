"""CycleGAN (Zhu et al. 2017): two generators redraw pictures of two domains that are not paired.

Least-squares losses, cycle consistency times λ = 10, identity times λ/2, discriminators that are
also shown older pictures from a pool of 50, Adam 2e-4 with β₁ .5, batch 1, the rate constant over
the first half and linear to 0 over the second. As in the authors' code the generators move first,
and the discriminators see the pictures made before that.

Different from it: the rate falls with every step instead of every epoch, and ``ema_kimg`` above 0
keeps an average of both generators, which is then drawn and exported. Passes are not put together
into batches: on one core a step took 1.6 s so, against 1.3, for all that goes between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from gan.batches.image_pool import ImagePool, draw_pool
from gan.batches.labelled import Batch
from gan.batches.unpaired import UnpairedBatches
from gan.dataset.files import HELD_OUT, TRAIN, Dataset, DatasetAbout
from gan.dataset.two_domains import check_two_domains, domain_indices
from gan.machine import dtype_policy
from gan.methods.ema import move_average
from gan.networks.cyclegan import build_patch_discriminator, build_translator
from gan.networks.fast.lean import shared_kernels
from gan.networks.generator import GeneratorSpec
from gan.optimizers import Adam
from gan.pixels import on_white, to_uint8, to_unit
from gan.runs.options import BadOptions, RunOptions
from gan.translation_losses import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    mean_absolute_difference,
)

DIRECTIONS = ("a_to_b", "b_to_a")
_POOLS = 1 << 61  # keys of the pools' decisions, apart from those of the batches
SAMPLES = 20  # held-out pictures of each domain in a grid


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method."""

    advice: ClassVar[str] = "lower the learning rate, or raise identity_weight"
    branches: ClassVar[int] = 2  # the two directions

    method: str = "cyclegan"
    batch: int = 1
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    decay_from: float = 0.5  # of the run, 0-1: constant before, then linear to 0
    channels: int = 64  # of the generators' first layer
    blocks: int = 6  # 6 for 128 px, 9 for 256 px in the paper
    upsampling: str = "transposed"  # or "resize", which leaves no chequered texture
    discriminator_channels: int = 64
    halvings: int = 3  # of the discriminators: 3 for patches of 70 px, 2 for 34, 1 for 16
    cycle_weight: float = 10.0  # λ
    identity_weight: float = 0.5  # times λ; 0 leaves its passes out
    pool: int = 50  # pictures of each domain; 0: discriminators see the newest alone
    enlarge: float = 286 / 256  # before the random cut; 1: none
    mirror: bool = True
    ema_kimg: float = 0.0  # half-life of the generators' average; 0: none is kept

    @property
    def mirroring(self) -> str:
        """Which pictures are mirrored as they are drawn, in words, and how to change that."""
        if not self.mirror:
            return "none"
        return "half of all pictures, as they are drawn; none with --set mirror=false"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("learning_rate", "channels", "blocks", "discriminator_channels")
        if not 0 <= self.decay_from < 1:
            raise BadOptions(f"decay_from is {self.decay_from}, but must be in [0, 1)")
        if self.upsampling not in ("transposed", "resize"):
            raise BadOptions(f"upsampling is {self.upsampling!r}, not transposed or resize")
        if self.halvings not in (1, 2, 3):
            raise BadOptions(f"halvings is {self.halvings}, but must be 1, 2 or 3")
        if self.enlarge < 1:
            raise BadOptions(f"enlarge is {self.enlarge}, but must be at least 1")
        if self.picture_channels != 3:
            raise BadOptions("picture_channels must be 3: translators take pictures on white")

    def networks(self, dataset: DatasetAbout) -> GeneratorSpec:
        """Raises `BadOptions`: a translator draws nothing from a latent."""
        raise BadOptions(
            f"recipe {self.recipe} trains a translator of pictures, which draws none by itself",
            f"export it and open /translate: flask gan export --run NAME; {dataset.name} is seen "
            "there in both directions",
        )

    def batches(self, dataset: Dataset) -> UnpairedBatches:
        return UnpairedBatches(dataset, self.seed, self.enlarge, self.mirror)

    def learning_rate_at(self, kimg: float) -> float:
        """Constant, from ``decay_from`` on linear to 0 at ``total_kimg``."""
        share = min(1.0, kimg / self.total_kimg)
        return self.learning_rate * min(1.0, (1 - share) / (1 - self.decay_from))

    def ema_decay(self) -> float:
        """Per-step decay of the average; 0 keeps the generators themselves."""
        return float(0.5 ** (self.batch / 1000 / self.ema_kimg)) if self.ema_kimg else 0.0


def translator(options: Options, dataset: DatasetAbout) -> keras.Model:
    """Return a fresh generator under the Keras policy in force. Raises `BadNetwork`."""
    return build_translator(dataset.size_px, options.channels, options.blocks, options.upsampling)


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks. Raises `BadDataset` or `BadNetwork`."""
    check_two_domains(dataset)
    made = {name: translator(options, dataset) for name in ("generator", "generator_b_to_a")}
    for name in ("discriminator_a", "discriminator_b"):
        made[name] = build_patch_discriminator(
            dataset.size_px, options.discriminator_channels, options.halvings
        )
    return made


def build(options: Options, dataset: Dataset, policy: str, *_: object) -> "CycleGAN":
    """Return the method with fresh networks, computing under a Keras dtype policy."""
    return CycleGAN(options, dataset, policy)


class CycleGAN:
    """Four networks and their optimizers; see `gan.methods.method.Method`."""

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        self.options = options
        with dtype_policy(policy):
            made = models(options, dataset)
        self.generator = self.a_to_b = made["generator"]
        self.b_to_a = made["generator_b_to_a"]
        self.discriminator_a = made["discriminator_a"]
        self.discriminator_b = made["discriminator_b"]
        self.averages = dict(zip(DIRECTIONS, (self.a_to_b, self.b_to_a), strict=True))
        if options.ema_kimg:
            with dtype_policy("float32"):
                self.averages = {name: translator(options, dataset) for name in DIRECTIONS}
            self.averages["a_to_b"].set_weights(self.a_to_b.get_weights())
            self.averages["b_to_a"].set_weights(self.b_to_a.get_weights())
        self.ema = self.averages["a_to_b"]
        shape = (dataset.size_px, dataset.size_px, 3)
        self.pool_a = ImagePool(options.pool, shape)
        self.pool_b = ImagePool(options.pool, shape)
        self._generators_variables = [
            *self.a_to_b.trainable_variables,
            *self.b_to_a.trainable_variables,
        ]
        self._discriminators_variables = [
            *self.discriminator_a.trainable_variables,
            *self.discriminator_b.trainable_variables,
        ]
        self.generators_optimizer = Adam(self._generators_variables, 1e-4, options.betas)
        self.discriminators_optimizer = Adam(self._discriminators_variables, 1e-4, options.betas)
        self._compiled: Callable[..., dict[str, tf.Tensor]] = tf.function(self._step)

    def variables(self) -> dict[str, Sequence[tf.Variable]]:
        found = {
            "a_to_b": self.a_to_b.variables,
            "b_to_a": self.b_to_a.variables,
            "discriminator_a": self.discriminator_a.variables,
            "discriminator_b": self.discriminator_b.variables,
            "generators_adam": self.generators_optimizer.variables,
            "discriminators_adam": self.discriminators_optimizer.variables,
            "pool_a": [self.pool_a.pictures, self.pool_a.count],
            "pool_b": [self.pool_b.pictures, self.pool_b.count],
        }
        if self.options.ema_kimg:
            found |= {f"ema_{name}": model.variables for name, model in self.averages.items()}
        return found

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``, of A and then of B; see `Method.step`.

        Returns every loss, unweighted.
        """
        options = self.options
        key = [options.seed, _POOLS + number]
        random = np.random.Generator(np.random.Philox(key=key))
        count = len(batch.pictures) // 2
        draws = [draw_pool(random, count, options.pool) for _ in range(2)]
        return self._compiled(
            tf.constant(batch.pictures),
            tf.constant(np.stack([draw.swap for draw in draws])),
            tf.constant(np.stack([draw.slot for draw in draws])),
            tf.constant(options.learning_rate_at(kimg), tf.float32),
        )

    def _step(
        self, pictures: tf.Tensor, swap: tf.Tensor, slot: tf.Tensor, learning_rate: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        options = self.options
        a, b = tf.split(pictures, 2)
        with tf.GradientTape() as tape, shared_kernels():
            if options.identity_weight:  # both in one pass
                fake_b, same_b = tf.split(self.a_to_b(pictures, training=True), 2)
                same_a, fake_a = tf.split(self.b_to_a(pictures, training=True), 2)
            else:
                fake_b = self.a_to_b(a, training=True)
                fake_a = self.b_to_a(b, training=True)
            cycled_a = self.b_to_a(fake_b, training=True)
            cycled_b = self.a_to_b(fake_a, training=True)
            metrics = {
                "loss/a_to_b": least_squares_generator_loss(
                    self.discriminator_b(fake_b, training=True)
                ),
                "loss/b_to_a": least_squares_generator_loss(
                    self.discriminator_a(fake_a, training=True)
                ),
                "loss/cycle": mean_absolute_difference(cycled_a, a)
                + mean_absolute_difference(cycled_b, b),
            }
            loss = metrics["loss/a_to_b"] + metrics["loss/b_to_a"]
            loss += options.cycle_weight * metrics["loss/cycle"]
            if options.identity_weight:
                metrics["loss/identity"] = mean_absolute_difference(
                    same_a, a
                ) + mean_absolute_difference(same_b, b)
                loss += options.cycle_weight * options.identity_weight * metrics["loss/identity"]
        gradients = tape.gradient(loss, self._generators_variables)
        shown_a = self.pool_a.show(fake_a, swap[0], slot[0])
        shown_b = self.pool_b.show(fake_b, swap[1], slot[1])
        with tf.GradientTape() as tape:
            for name, judge, real, shown in (
                ("a", self.discriminator_a, a, shown_a),
                ("b", self.discriminator_b, b, shown_b),
            ):
                metrics[f"loss/discriminator_{name}"] = least_squares_discriminator_loss(
                    judge(real, training=True), judge(shown, training=True)
                )
            loss = metrics["loss/discriminator_a"] + metrics["loss/discriminator_b"]
        judged = tape.gradient(loss, self._discriminators_variables)
        self.generators_optimizer.apply(gradients, learning_rate)
        self.discriminators_optimizer.apply(judged, learning_rate)
        if options.ema_kimg:
            decay = tf.constant(options.ema_decay())
            move_average(self.averages["a_to_b"], self.a_to_b, decay)
            move_average(self.averages["b_to_a"], self.b_to_a, decay)
        return metrics

    def samples(self, dataset: Dataset) -> np.ndarray:
        """Return held-out pictures, each before its translation: uint8 [4·`SAMPLES`, H, W, 3].

        First those of A, then those of B; pictures trained on where none are held out.
        """
        shown = []
        held_out, trained = domain_indices(dataset, HELD_OUT), domain_indices(dataset, TRAIN)
        for domain, name in enumerate(DIRECTIONS):
            rows = held_out[domain] if len(held_out[domain]) else trained[domain]
            rows = rows[np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int)]
            given = on_white(dataset.pictures[rows])
            made = [to_uint8(np.asarray(self.averages[name](x[None]))[0]) for x in to_unit(given)]
            shown += [picture for pair in zip(given, made, strict=True) for picture in pair]
        return np.stack(shown)
