"""Projected discriminators of a generator that knows the concept it draws, not its category alone.

Half of a batch are anchors: one concept each, learned by heart. They are judged with the concept,
and where the real partner is the concept's one picture, they are drawn to it a little, pixel by
pixel and in EfficientNet-lite0's maps. The other half are mixes of two concepts, which is what a
generator is for. They are judged by category and style alone (interpolations judged as in ACAI,
Berthelot et al. 2018; neighbours as partners as in IC-GAN, Casanova et al. 2021).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.batches.concepts import ConceptBatch, ConceptBatches
from gan.batches.labelled import Batch
from gan.dataset.emoji.concept_vectors import WIDTH, read_concept_vectors
from gan.dataset.files import TRAIN, Dataset, DatasetAbout
from gan.features.weights import kept_weights
from gan.machine import dtype_policy
from gan.methods import projected
from gan.methods.recorded import read_options
from gan.methods.trained import read_trained
from gan.networks.concepts import DRAWING, PARENTS, ConceptSizes, build_drawing
from gan.networks.projected import build_heads
from gan.networks.residual import build_discriminator
from gan.pixels import on_white, to_uint8
from gan.runs.exported import is_exported

GRID_SEED = 7
GRID_ROWS = 3  # of 16 concepts: as they are, as anchors, as mixes


@dataclass(frozen=True)
class Options(projected.Options):
    """The numbers of a run by this method."""

    method: str = "concepts"
    pixel_weight: float = 10.0  # of an anchor's mean absolute difference to its own picture
    map_weight: float = 2.0  # of that of lite0's maps, as a share of their mean

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_not_be_below_0("pixel_weight", "map_weight")

    def networks(self, dataset: DatasetAbout) -> ConceptSizes:
        """Return the sizes of the generator that these options train on a data set."""
        plain = asdict(super().networks(dataset))
        concepts = len(read_concept_vectors().concepts)
        return ConceptSizes(**plain, concepts=concepts, concept_width=WIDTH)

    def batches(self, dataset: Dataset) -> ConceptBatches:
        """Return what draws the batches of a run. Raises `BadDataset`."""
        return ConceptBatches(
            dataset, self.seed, self.leave_out_styles, self.no_mirror, self.picture_channels
        )


def models(options: Options, dataset: DatasetAbout) -> dict[str, keras.Model]:
    """Return fresh networks under the Keras policy in force; lite0 is not trained."""
    networks = options.networks(dataset)
    return {
        "generator": build_drawing(networks),
        "discriminator": build_discriminator(networks, options.discriminator_channels, WIDTH),
        "heads": build_heads(options.heads(dataset, WIDTH)),
    }


def build(
    options: Options, dataset: Dataset, policy: str, home: Path, echo: Callable[[str], None]
) -> "ConceptPairing":
    """Return the method with fresh networks. Raises `WeightsMissing` or `BadDataset`."""
    method = ConceptPairing(options, dataset, policy, kept_weights(home, projected.VARIANT, echo))
    method.know_concepts(dataset)
    method.standardise(options.batches(dataset).draw(0, projected.USUAL).pictures)
    return method


def own_difference(real: tf.Tensor, fake: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
    """Return Σ ownᵢ · mean |fakeᵢ - realᵢ| ÷ N of float32 [N, H, W, C]; own: 0 or 1, [N]."""
    return tf.reduce_mean(own * tf.reduce_mean(tf.abs(fake - real), axis=[1, 2, 3]))


class ConceptPairing(projected.Projected):
    """That pairing by concepts; see `Method`, `BuildsOn`, `WarmStarts`, `ShowsSamples`."""

    aligned = True
    options: Options

    def make_networks(self, dataset: DatasetAbout, policy: str) -> None:
        networks = self.options.networks(dataset)
        with dtype_policy(policy):
            self.generator = build_drawing(networks)
            self.discriminator = build_discriminator(
                networks, self.options.discriminator_channels, WIDTH
            )
        with dtype_policy("float32"):
            self.ema = networks.build()
        self.average = self.ema.get_layer(DRAWING)
        self.average.set_weights(self.generator.get_weights())

    def make_heads(self, dataset: DatasetAbout) -> keras.Model:
        return build_heads(self.options.heads(dataset, WIDTH))

    def know_concepts(self, dataset: Dataset) -> None:
        """Let the whole generator draw between the concepts that are trained on."""
        known, labels = read_concept_vectors(), dataset.category_ids()
        category_of = np.full(len(known.concepts), -1, np.float32)
        for i in dataset.indices(TRAIN, self.options.leave_out_styles):
            category_of[known.rows([dataset.records[i].concept])] = labels[i]
        parents = self.ema.get_layer(PARENTS)
        parents.vectors.assign(known.vectors)
        parents.category_of.assign(category_of)

    def warm_start(self, home: Path, echo: Callable[[str], None]) -> None:
        """Set what a model, a run without concepts or a run by this method has learned."""
        if self.options.start and not is_exported(self.options.start):
            folder = projected.find_start(self.options, home)
            before = read_options(folder)
            if before is not None and before.method in ("relativistic", "projected"):
                trained = read_trained(folder, home / "datasets", echo)
                self.take_weights(trained.generator.get_weights(), self.options.start)
                self.made_from = {**trained.about, "options": asdict(trained.options)}
                return
        super().warm_start(home, echo)

    def warm_started(self, network: keras.Model) -> list[keras.Variable]:
        return [v for v in network.variables if not v.path.split("/")[-2].startswith("concept_")]

    def told(self, batch: Batch) -> dict[str, np.ndarray]:
        assert isinstance(batch, ConceptBatch)
        names = ("concepts", "fine_categories", "fine_concepts", "drawn_categories",
                 "judged_concepts", "own")  # fmt: skip
        return {**super().told(batch), **{name: getattr(batch, name) for name in names}}

    def drawn_by(self, told: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        names = ("drawn_categories", "styles", "concepts", "fine_categories", "fine_concepts")
        return [told[name] for name in names]

    def judged_by(self, told: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        return [*super().judged_by(told), told["judged_concepts"]]

    def match(
        self, real: list[tf.Tensor], fake: list[tf.Tensor], told: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        own = told["own"]
        maps = [
            own_difference(one, other, own) / tf.reduce_mean(tf.abs(one))
            for one, other in zip(real[1:], fake[1:], strict=True)
        ]
        return {
            "match/pixels": self.options.pixel_weight * own_difference(real[0], fake[0], own),
            "match/maps": self.options.map_weight * tf.add_n(maps) / len(maps),
        }

    def samples(self, dataset: Dataset) -> np.ndarray:
        """Return real pictures, what is drawn of their concepts, and of two of them at a time.

        uint8 [9·16, H, W, 3], in rows of 16; a mix has the layout of the concept above it and the
        rest of the next one.
        """
        random, columns = np.random.RandomState(GRID_SEED), 16
        trained = dataset.indices(TRAIN, self.options.leave_out_styles)
        chosen = random.choice(trained, GRID_ROWS * columns)
        known = read_concept_vectors()
        vectors = known.vectors[known.rows([dataset.records[i].concept for i in chosen])]
        categories = np.eye(len(dataset.categories), dtype=np.float32)[
            dataset.category_ids()[chosen]
        ]
        styles = np.eye(len(dataset.styles), dtype=np.float32)[dataset.style_ids()[chosen]]
        latent = random.standard_normal((len(chosen), self.average.inputs[0].shape[-1])).astype(
            np.float32
        )
        rows = [np.asarray(dataset.pictures[chosen])]
        for shift in (0, -1):
            other = [np.roll(given, shift, axis=0) for given in (categories, vectors)]
            drawn = self.average([latent, categories, styles, vectors, *other])
            rows.append(to_uint8(np.asarray(drawn)))
        shown = [on_white(part) if part.shape[-1] == 4 else part for part in rows]
        by_row = [part.reshape(GRID_ROWS, columns, *part.shape[1:]) for part in shown]
        return np.stack(by_row, axis=1).reshape(-1, *shown[0].shape[1:])
