"""Relativistic pairing, and beside its discriminator others that see a pretrained network's maps.

What EfficientNet-lite0 has learned from photographs tells a drawing that holds together from one
that does not, long before a discriminator has learned it from a few thousand icons (Projected
GANs, Sauer et al. 2021; beside a discriminator of pixels: Kumari et al. 2022). What judges in
`flask gan evaluate` is lite2, not lite0. A run may take up another one where that stands:
networks, average and optimizers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from gan.dataset.files import Dataset, DatasetAbout
from gan.features.efficientnet import build_stages
from gan.features.weights import kept_weights
from gan.losses import hinge_discriminator_loss, wasserstein_generator_loss
from gan.machine import dtype_policy
from gan.methods import relativistic
from gan.methods.recorded import read_options
from gan.networks.projected import PLACES, HeadSizes, build_heads, standardise
from gan.optimizers import Adam
from gan.runs.checkpoint import BadCheckpoint, last_checkpoint, restore
from gan.runs.exported import exported_weights, is_exported
from gan.runs.folders import BadRun, find_run
from gan.runs.options import BadOptions

VARIANT = "lite0"
STAGES = (1, 2, 4, 6)  # whose maps are 1/4, 1/8, 1/16 and 1/32 of a picture's side
CHANNELS = (24, 40, 112, 320)
USUAL = 256  # pictures that say what features are usual


@dataclass(frozen=True)
class Options(relativistic.Options):
    """The numbers of a run by this method."""

    continues_weights: ClassVar[bool] = True
    pretrained_credit: ClassVar[str] = (
        "Its discriminators also saw pictures through EfficientNet-lite0, which Google trained on "
        "ImageNet (Apache-2.0, packaged by ML Illustrated); nothing of it is in the generator."
    )

    method: str = "projected"
    start: str = ""  # the run to take up, or an exported model, emoji/3; empty: begins anew
    features_px: int = 128  # what pictures are enlarged to before
    feature_weight: float = 0.5  # of the other discriminators' gradient, the discriminator's has 1
    mixed_channels: tuple[int, ...] = (64, 64, 128, 128)
    head_width: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        least = PLACES * 2 ** (len(STAGES) + 1)  # of which the last of the maps is as small
        if self.features_px < least or self.features_px & (self.features_px - 1):
            raise BadOptions(
                f"features_px is {self.features_px}, but must be {least} or a power of two above"
            )
        if len(self.mixed_channels) != len(STAGES):
            raise BadOptions(
                f"mixed_channels has {len(self.mixed_channels)} numbers, but must have "
                f"{len(STAGES)}"
            )
        if min(*self.mixed_channels, self.head_width) <= 0:
            name = "head_width" if self.head_width <= 0 else "mixed_channels"
            raise BadOptions(f"{name} is {getattr(self, name)}, but must be above 0")
        self.must_not_be_below_0("feature_weight")

    def ema_decay_at(self, kimg: float) -> float:
        """Per-step decay; of a run that is taken up the average goes on, by ``ema_kimg`` alone."""
        if not self.start:
            return super().ema_decay_at(kimg)
        return float(0.5 ** (self.batch / 1000 / self.ema_kimg))

    def heads(self, dataset: DatasetAbout, concept: int = 0) -> HeadSizes:
        """Return the sizes of the discriminators of features; ``concept``: as `HeadSizes`'s."""
        sides = (self.features_px // 2 ** (i + 2) for i in range(len(STAGES)))
        return HeadSizes(
            tuple(zip(sides, CHANNELS, strict=True)),
            len(dataset.categories),
            len(dataset.styles),
            self.mixed_channels,
            self.head_width,
            concept,
        )


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force; lite0 is not trained."""
    return {
        **relativistic.models(options, dataset),
        "heads": build_heads(options.heads(dataset)),
    }


def build(
    options: Options, dataset: Dataset, policy: str, home: Path, echo: Callable[[str], None]
) -> "Projected":
    """Return the method with fresh networks. Raises `WeightsMissing`."""
    method = Projected(options, dataset, policy, kept_weights(home, VARIANT, echo))
    method.standardise(options.batches(dataset).draw(0, USUAL).pictures)
    return method


def find_start(options: Options, home: Path) -> Path:
    """Return the folder of the run to take up. Raises `BadOptions`."""
    try:
        return find_run(home, options.start)
    except BadRun as error:
        raise BadOptions(
            f"recipe {options.recipe} takes up the run {options.start}: {error.message}",
            "train that first: flask gan train --recipe emoji; or name another run with "
            f"--set start=RUN ({error.hint}), or begin anew with --set start=",
        ) from error


class Projected(relativistic.Relativistic):
    """That pairing with the discriminators of features; see `Method`, `BuildsOn`, `WarmStarts`."""

    options: Options

    def __init__(
        self, options: Options, dataset: DatasetAbout, policy: str, tensors: dict[str, np.ndarray]
    ) -> None:
        super().__init__(options, dataset, policy)
        self.features = build_stages(VARIANT, dataset.size_px, options.features_px, tensors, STAGES)
        with dtype_policy(policy):
            self.heads = self.make_heads(dataset)
        self.heads_optimizer = Adam(
            self.heads.trainable_variables, options.learning_rate, options.betas
        )
        self.made_from: dict[str, Any] = {}

    def make_heads(self, dataset: DatasetAbout) -> keras.Model:
        """Return the discriminators of features."""
        return build_heads(self.options.heads(dataset))

    def variables(self) -> Mapping[str, Sequence[tf.Variable]]:
        return {
            **super().variables(),
            "heads": self.heads.variables,
            "heads_adam": self.heads_optimizer.variables,
        }

    def warm_start(self, home: Path, echo: Callable[[str], None]) -> None:
        """Set what a run by `relativistic` or by this method has learned, where one is named.

        Of an exported model the generator goes on, and all discriminators begin anew. Raises
        `BadOptions` where what is named was not trained or does not fit.
        """
        if not self.options.start:
            return
        if is_exported(self.options.start):
            self.take_weights(exported_weights(self.options.start), self.options.start)
            self.made_from = {"model": self.options.start}
            return
        folder = find_start(self.options, home)
        before, found = read_options(folder), last_checkpoint(folder, echo)
        if before is None or found is None:
            raise BadOptions(
                f"the run in {folder} has no checkpoint",
                f"train it first: flask gan train --recipe emoji --run {folder.name}",
            )
        again = before.method == self.options.method
        parts = self.variables() if again else super().variables()
        names = {
            f"{part}/{i:03d}": variable
            for part, variables in parts.items()
            for i, variable in enumerate(variables)
        }
        if before.method not in ("relativistic", "projected", self.options.method):
            raise BadOptions(
                f"a run of recipe {before.recipe} cannot be taken up: it has other networks",
                "--set start=RUN, of recipe emoji",
            )
        if before.dataset != self.options.dataset:
            raise BadOptions(
                f"the run in {folder} was trained on {before.dataset}, not on "
                f"{self.options.dataset}",
                f"--dataset {before.dataset}, or take up another run with --set start=RUN",
            )
        path, checkpoint = found
        try:
            restore(names, checkpoint, path)
        except BadCheckpoint as error:
            raise BadOptions(
                f"the run in {folder} has networks of other sizes ({error})",
                "give the sizes that it was trained with, by --set",
            ) from error
        self.made_from = {**checkpoint.about, "options": asdict(before)}

    def take_weights(self, weights: Sequence[np.ndarray], whose: str) -> None:
        """Set the generator and its average to another one's weights, in their order.

        Weights behind those are left, such as an upscaler's. Raises `BadOptions`.
        """
        for network in (self.generator, self.average):
            variables = self.warm_started(network)
            shapes = [tuple(variable.shape) for variable in variables]
            if shapes != [array.shape for array in weights[: len(shapes)]]:
                raise BadOptions(
                    f"the generator of {whose} has other sizes than recipe {self.options.recipe}",
                    "give the sizes and the data set that it was trained with",
                )
            for variable, array in zip(variables, weights, strict=False):
                variable.assign(array)

    def warm_started(self, network: keras.Model) -> list[keras.Variable]:
        """Return the variables of a generator that another one's weights are for."""
        return list(network.variables)

    def standardise(self, pictures: np.ndarray) -> None:
        """Take what features are usual from real pictures, [N, H, W, 3 or 4] in [-1, 1]."""
        seed, strength = tf.constant([0, 0]), tf.constant(0.0)
        parts = [
            [np.asarray(found) for found in self.features(
                self.seen(tf.constant(pictures[i : i + 32]), seed, seed, strength)
            )]
            for i in range(0, len(pictures), 32)
        ]  # fmt: skip
        standardise(self.heads, [np.concatenate(of) for of in zip(*parts, strict=True)])

    def match(
        self,
        real: list[tf.Tensor],  # noqa: ARG002
        fake: list[tf.Tensor],  # noqa: ARG002
        told: Mapping[str, tf.Tensor],  # noqa: ARG002
    ) -> dict[str, tf.Tensor]:
        """Return losses by name that draw a picture to its partner; here there are none.

        ``real`` and ``fake``: what is seen, [N, H, W, 3], and then its features.
        """
        return {}

    def judge_beside(
        self,
        real: tf.Tensor,
        fake: tf.Tensor,
        told: Mapping[str, tf.Tensor],
        learning_rate: tf.Tensor,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Make a step of the discriminators of features; hinge loss, over all their places."""
        labels = self.judged_by(told)
        of_real = self.features(real, training=False)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            of_fake = self.features(fake, training=False)
            fake_logits = self.heads([*of_fake, *labels], training=True)
            matched = self.match([real, *of_real], [fake, *of_fake], told)
            g_loss = wasserstein_generator_loss(fake_logits) * self.options.feature_weight
            g_loss += tf.add_n([tf.zeros([]), *matched.values()])
            real_logits = self.heads([*of_real, *labels], training=True)
            d_loss = hinge_discriminator_loss(real_logits, fake_logits)
        at_fake = tape.gradient(g_loss, fake)
        weights = self.heads.trainable_variables
        self.heads_optimizer.apply(tape.gradient(d_loss, weights), learning_rate)
        del tape
        return at_fake, {
            "loss/heads": d_loss,
            "heads/real": tf.reduce_mean(real_logits),
            "heads/fake": tf.reduce_mean(fake_logits),
            "generator_grad_norm/heads": tf.norm(at_fake),
            **matched,
        }
