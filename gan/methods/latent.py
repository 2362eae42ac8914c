"""Relativistic pairing with R1 + R2 between codes of a trained autoencoder, instead of pictures.

The loss and the step are those of `gan.training.pairing`. What the autoencoder
knows of outlines and shading need not be learned again, pictures may be larger at the same work,
and transparency comes with the decoder. The discriminator sees codes moved by a place now and
then, and a little noise, real and generated alike. Its view of each channel is scaled by what the
channel changes in a picture: with all alike, and a weak penalty, it was far ahead at 25,000
pictures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.augment import AugmentOptions, shift
from gan.dataset.files import DatasetAbout
from gan.methods.autoencoder import premultiplied
from gan.networks.autoencoder import GRID, AutoencoderSizes, build_encoder
from gan.networks.latent import (
    DECODER,
    DRAWING,
    LatentOptions,
    build_discriminator,
    build_drawing,
)
from gan.training.checkpoint import Checkpoint, last_checkpoint, restore
from gan.training.machine import dtype_policy
from gan.training.options import BadOptions, PenalisedOptions
from gan.training.pairing import Pairing
from gan.training.place import run_folder


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
    method.take_autoencoder(checkpoint, path)
    return method


def visibility(decoder: keras.Model) -> np.ndarray:
    """Return what each channel of codes changes in a picture, float32 [D], of mean square 1.

    The root mean square over pixels of the difference that half a deviation makes, up or down at
    random at every place, to 32 random codes.
    """
    random = np.random.RandomState(0)
    codes = random.standard_normal((32, *decoder.input_shape[1:])).astype(np.float32)
    before = decoder(codes)
    found = []
    for channel in range(codes.shape[-1]):
        moved = codes.copy()
        moved[..., channel] += random.choice([-0.5, 0.5], moved.shape[:-1])
        found.append(float(tf.reduce_mean(tf.square(decoder(moved) - before))) ** 0.5)
    changes = np.asarray(found, np.float32)
    return changes / np.sqrt(np.mean(changes**2))


class Latent(Pairing[Options]):
    """That pairing; ``ema`` is the generator's average with the decoder behind it."""

    def make_networks(self, dataset: DatasetAbout, policy: str) -> None:
        sizes = self.options.networks(dataset).autoencoder
        with dtype_policy(policy):
            made = models(self.options, dataset)
        self.generator, self.discriminator = made["generator"], made["discriminator"]
        with dtype_policy("float32"):
            self.encoder = build_encoder(sizes)
            self.ema = self.networks.build()
        self.average = self.ema.get_layer(DRAWING)
        self.average.set_weights(self.generator.get_weights())
        # of each channel of the codes, and the code of nothing at all
        self.visibility = tf.Variable(tf.ones(sizes.latent_channels))
        self.empty = tf.Variable(tf.zeros(sizes.latent_channels))
        self._shift = AugmentOptions(shift_px=1)

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
        found = super().variables()
        return {**found, "encoder": self.encoder.variables, "codes": [self.visibility, self.empty]}

    def take_autoencoder(self, checkpoint: Checkpoint, path: Path) -> None:
        """Set encoder, decoder and what depends on them. Raises `BadCheckpoint`."""
        decoder = self.ema.get_layer(DECODER)
        parts = {"ema_encoder": self.encoder, "ema_decoder": decoder}
        restore(
            {
                f"{part}/{i:03d}": variable
                for part, network in parts.items()
                for i, variable in enumerate(network.variables)
            },
            checkpoint,
            path,
        )
        self.visibility.assign(visibility(decoder))
        nothing = np.zeros((1, *self.encoder.input_shape[1:]), np.float32)
        self.empty.assign(self.encoder(nothing)[0, GRID // 2, GRID // 2])

    def real(self, pictures: tf.Tensor) -> tf.Tensor:
        return self.encoder(premultiplied(pictures))

    def seen(
        self,
        examples: tf.Tensor,
        seed: tf.Tensor,
        other_seed: tf.Tensor,
        strength: tf.Tensor,  # noqa: ARG002
    ) -> tf.Tensor:
        options = self.options
        # nothing moves in where a code is moved
        ink = shift(examples - self.empty, seed, options.code_shift_probability, self._shift)
        noise = tf.random.stateless_normal(examples.shape, other_seed)
        return (ink + self.empty + options.code_noise * noise) * self.visibility
