"""A trained generator's pictures drawn twice as large, by a network trained on real pictures.

Real pictures are made half as large and are to come back. A generator's are softer than those, a
little uneven, and their outlines waver, so the small ones are warped, blurred and given noise, each
by another amount. The loss is of smoothed absolute differences, of the picture and of its steps
from pixel to pixel, which keeps outlines sharp. Where every real picture is white nothing is drawn:
a generator that was taught by another network's features may tint the corners. The generator itself
stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan.batches.labelled import Batch
from gan.dataset.files import TRAIN, Dataset, DatasetAbout
from gan.machine import dtype_policy
from gan.methods.ema import move_average
from gan.methods.trained import Trained, read_trained
from gan.networks.upscaled import DRAWING, GROUND, UPSCALER, UpscaledOptions, build_upscaler
from gan.optimizers import Adam
from gan.pixels import on_white
from gan.runs.checkpoint import BadCheckpoint
from gan.runs.folders import BadRun, find_run
from gan.runs.options import BadOptions, RunOptions

WHITE_LEVELS = 8  # that a pixel may differ from white and be called white


@dataclass(frozen=True)
class Options(RunOptions):
    """The numbers of a run by this method."""

    method: str = "upscaled"
    total_kimg: float = 60.0
    batch: int = 16
    generator: str = "emoji"  # the run that has the smaller generator
    generator_channels: tuple[int, ...] = (256, 256, 128, 64)  # as that run's
    last: str = "depth_to_space"  # as that run's
    channels: int = 32
    blocks: int = 4
    learning_rate: float = 1e-3
    final_learning_rate: float = 2e-5
    warm_up_kimg: float = 1.0
    blur: float = 0.7  # at most: share of a picture that is exchanged for its 3×3 binomial blur
    noise: float = 0.04  # deviation at most, of pictures in [-1, 1]
    warp: float = 0.0  # deviation at most, in small pixels, of where a pixel is taken from
    ema_steps: float = 300.0  # half-life of the average

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.picture_channels != 3:
            raise BadOptions("picture_channels must be 3: what is upscaled is on white")
        self.must_be_above_0("learning_rate", "channels", "ema_steps")
        self.must_not_be_below_0("blur", "noise", "warp")

    def networks(self, dataset: DatasetAbout) -> UpscaledOptions:
        """Raises `BadNetwork`."""
        return UpscaledOptions(
            size_px=dataset.size_px,
            categories=len(dataset.categories),
            styles=len(dataset.styles),
            generator_channels=self.generator_channels,
            last=self.last,
            channels=self.channels,
            blocks=self.blocks,
        )

    def learning_rate_at(self, kimg: float) -> float:
        """A warm-up times a cosine down to the final rate at ``total_kimg``."""
        share = min(1.0, kimg / self.total_kimg)
        low = self.final_learning_rate
        rate = low + (self.learning_rate - low) * float(1 + np.cos(np.pi * share)) / 2
        return rate * (min(1.0, (kimg + 0.1) / self.warm_up_kimg) if self.warm_up_kimg else 1.0)


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return the fresh network that is trained; the generator's is there. Raises `BadNetwork`."""
    return {"upscaler": build_upscaler(options.networks(dataset))}


def build(
    options: Options, dataset: Dataset, policy: str, home: Path, echo: Callable[[str], None]
) -> "Upscaled":
    """Return the method with a fresh network behind the trained generator.

    Raises `BadOptions` where that was not trained or does not fit, `BadCheckpoint`, `BadDataset`.
    """
    method = Upscaled(options, dataset, policy)
    try:
        folder = find_run(home, options.generator)
        trained = read_trained(folder, home / "datasets", echo)
    except (BadRun, BadCheckpoint) as error:
        raise BadOptions(
            f"recipe {options.recipe} enlarges pictures of the run {options.generator}: {error}",
            "train that first: flask gan train --recipe emoji, then emoji-projected; or name "
            "another run with --set generator=RUN",
        ) from error
    check_fits(method.networks, trained, dataset)
    method.ema.get_layer(DRAWING).set_weights(trained.generator.get_weights())
    method.made_from = {**trained.about, "options": asdict(trained.options)}
    method.keep_white(inked(dataset, options))
    return method


def check_fits(networks: UpscaledOptions, trained: Trained, dataset: DatasetAbout) -> None:
    """Raise `BadOptions` unless a generator draws these categories and styles at half the size."""
    wanted = networks.drawing
    if type(trained.networks) is not type(wanted):
        raise BadOptions(
            f"a generator of recipe {trained.options.recipe} cannot be enlarged",
            "train one first: flask gan train --recipe emoji",
        )
    for name, there in asdict(trained.networks).items():
        here = getattr(wanted, name)
        if here != there:
            raise BadOptions(
                f"the generator of {trained.options.recipe} has {name} {there}, but what is to be "
                f"enlarged {here}",
                f"--dataset of {2 * there} px"
                if name == "size_px"
                else "--set generator_channels=… and --set last=…, as that run has them",
            )
    for name in ("categories", "styles"):
        if getattr(trained.dataset, name) != getattr(dataset, name):
            raise BadOptions(
                f"{dataset.name} has other {name} than {trained.dataset.name}, which the "
                "generator was trained on",
                "make both data sets from the same pictures",
            )


def inked(dataset: Dataset, options: Options) -> np.ndarray:
    """Return bool [H, W], False where all pictures trained on are white, mirrored or not."""
    found = np.zeros(dataset.pictures.shape[1:3], bool)
    for i in dataset.indices(TRAIN, options.leave_out_styles):
        found |= on_white(dataset.pictures[i][None])[0].min(-1) < 256 - WHITE_LEVELS
    return found | found[:, ::-1]


def shrunk(pictures: tf.Tensor) -> tf.Tensor:
    """Return [N, H, W, C] at half the size, made as a data set's pictures are (Lanczos)."""
    half = (pictures.shape[1] // 2, pictures.shape[2] // 2)
    return tf.clip_by_value(tf.image.resize(pictures, half, "lanczos3", antialias=True), -1.0, 1.0)


def enlarging_loss(difference: tf.Tensor) -> tf.Tensor:
    """Return a scalar for float32 [N, H, W, C]: √(d² + 10⁻⁶) of it and of its steps, mean."""
    loss = tf.zeros([])
    for part in (
        difference,
        difference[:, 1:] - difference[:, :-1],
        difference[:, :, 1:] - difference[:, :, :-1],
    ):
        loss += tf.reduce_mean(tf.sqrt(tf.square(part) + 1e-6)) - 1e-3
    return loss


def warped(pictures: tf.Tensor, shifts: tf.Tensor) -> tf.Tensor:
    """Return [N, H, W, C] taken from elsewhere: ``shifts`` [N, H, W, 2], pixels down and right."""
    height, width = pictures.shape[1], pictures.shape[2]
    grid = tf.stack(tf.meshgrid(tf.range(height), tf.range(width), indexing="ij"), -1)
    most = tf.constant([height - 1.0, width - 1.0])
    places = tf.clip_by_value(tf.cast(grid, tf.float32) + shifts, 0.0, most)
    first = tf.minimum(tf.floor(places), most - 1)
    down, right = tf.split(places - first, 2, axis=-1)
    corner = tf.cast(first, tf.int32)
    taken = [
        [tf.gather_nd(pictures, corner + tf.constant([i, j]), batch_dims=1) for j in (0, 1)]
        for i in (0, 1)
    ]
    rows = [left + right * (other - left) for left, other in taken]
    return rows[0] + down * (rows[1] - rows[0])


class Upscaled:
    """The network, its optimizer, its average behind the generator; see `Method`, `BuildsOn`."""

    def __init__(self, options: Options, dataset: DatasetAbout, policy: str) -> None:
        self.options, self.networks = options, options.networks(dataset)
        with dtype_policy(policy):
            self.generator = build_upscaler(self.networks)
        with dtype_policy("float32"):
            self.ema = self.networks.build()
        self.average = self.ema.get_layer(UPSCALER)
        self.average.set_weights(self.generator.get_weights())
        self._variables = self.generator.trainable_variables
        self.optimizer = Adam(self._variables, options.learning_rate, (0.9, 0.99))
        self.made_from: dict[str, Any] = {}
        self._compiled: Callable[..., dict[str, tf.Tensor]] = tf.function(self._step)

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
        return {
            "upscaler": self.generator.variables,
            "ema": self.ema.variables,
            "adam": self.optimizer.variables,
        }

    def keep_white(self, drawn_on: np.ndarray) -> None:
        """Draw only where ``drawn_on``, bool [S, S], is True."""
        for network in (self.generator, self.average):
            network.get_layer(GROUND).inked.assign(drawn_on[..., None].astype(np.float32))

    def step(self, number: int, batch: Batch, kimg: float) -> dict[str, tf.Tensor]:
        """Make a step on ``batch``; see `Method.step`.

        Returns the loss and mean absolute differences: of what it makes, and of the small
        pictures as they were, enlarged by linear interpolation.
        """
        return self._compiled(
            tf.constant(batch.pictures),
            tf.constant([self.options.seed, number], tf.int32),
            tf.constant(self.options.learning_rate_at(kimg), tf.float32),
        )

    def spoilt(self, small: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return pictures [N, H, W, 3] warped, blurred and with noise, each by other amounts."""
        seeds = tf.random.split(seed, 3)
        strength = tf.random.stateless_uniform([3, small.shape[0], 1, 1, 1], seeds[0])
        if self.options.warp:
            coarse = (small.shape[0], small.shape[1] // 2, small.shape[2] // 2, 2)
            shifts = tf.image.resize(tf.random.stateless_normal(coarse, seeds[2]), small.shape[1:3])
            small = warped(small, shifts * strength[2] * self.options.warp)
        taps = tf.constant([1.0, 2.0, 1.0]) / 4
        kernel = tf.tile((taps[:, None] * taps)[:, :, None, None], [1, 1, 3, 1])
        padded = tf.pad(small, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        blurred = tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
        soft = small + strength[0] * self.options.blur * (blurred - small)
        noise = tf.random.stateless_normal(small.shape, seeds[1])
        return tf.clip_by_value(soft + strength[1] * self.options.noise * noise, -1.0, 1.0)

    def _step(
        self, pictures: tf.Tensor, seed: tf.Tensor, learning_rate: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        small = shrunk(pictures)
        given = self.spoilt(small, seed)
        with tf.GradientTape() as tape:
            made = self.generator(given, training=True)
            difference = made - pictures
            loss = enlarging_loss(difference)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self._variables), 1.0)
        self.optimizer.apply(gradients, learning_rate)
        decay = tf.constant(0.5 ** (1 / self.options.ema_steps), tf.float32)
        move_average(self.average, self.generator, decay)
        plain = tf.image.resize(small, pictures.shape[1:3])
        return {
            "loss": loss,
            "difference": tf.reduce_mean(tf.abs(difference)),
            "difference/linear": tf.reduce_mean(tf.abs(plain - pictures)),
            "diversity": tf.reduce_mean(tf.math.reduce_std(made, axis=0)),
        }
