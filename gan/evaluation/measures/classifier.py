"""A small classifier of pictures: of real ones, trained once and kept, or of generated ones."""

import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.augment import AugmentOptions, augment
from gan.batches.labelled import Batch, Batches, Draws
from gan.dataset.files import Dataset, Label
from gan.networks.layers.basic import conv, leaky
from gan.networks.layers.reshape import space_to_depth
from gan.pixels import to_unit

VERSION = 1  # of network and schedule: another one is another classifier
CHANNELS = (32, 64, 128, 192)
BATCH = 64
EPOCHS = 16
SEED = 5


def build_classifier(size_px: int, categories: int) -> keras.Model:
    """Return pictures float32 [N, size, size, 3] in [-1, 1] → logits float32 [N, categories].

    33 MF per picture at 64 px and at 128, where blocks of 4 px are taken together instead of 2.
    """
    picture = keras.Input((size_px, size_px, 3))
    most = max(2, size_px // 32)
    x = space_to_depth(picture, max(b for b in range(1, most + 1) if size_px % b == 0))
    for i, channels in enumerate(CHANNELS):
        if i and x.shape[1] > 1:  # tiny pictures end at 1×1 before the last
            x = keras.layers.MaxPooling2D(2)(x)
        x = leaky(keras.layers.BatchNormalization()(conv(x, channels, bias=False)))
    x = keras.layers.Dropout(0.3)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(picture, keras.layers.Dense(categories)(x), name="classifier")


def train_classifier(
    dataset: Dataset,
    leave_out_styles: tuple[str, ...],
    no_mirror: tuple[str, ...],
    epochs: int | None = None,
) -> keras.Model:
    """Return a classifier trained on the training split, shifted and mirrored.

    Categories are drawn by the √ of their frequency, as the generator sees them.
    """
    batches = Batches(dataset, SEED, leave_out_styles, no_mirror)
    return _train(batches, dataset.size_px, len(dataset.categories), epochs or EPOCHS)


def train_on_generated(
    pictures: np.ndarray,
    categories: np.ndarray,
    labels: Sequence[Label],
    no_mirror: tuple[str, ...],
    epochs: int | None = None,
) -> keras.Model:
    """Return a classifier trained likewise on uint8 [N, H, W, 3] of categories int [N] alone."""
    batches = LabelledBatches(pictures, categories, labels, no_mirror)
    return _train(batches, pictures.shape[1], len(labels), epochs or EPOCHS)


@dataclass(frozen=True)
class LabelledBatches:
    """Draws generated pictures, each as often as any other, half of them mirrored."""

    pictures: np.ndarray  # uint8 [N, H, W, 3]
    categories: np.ndarray  # int [N]
    labels: Sequence[Label]
    no_mirror: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def draw(self, step: int, size: int) -> Batch:
        """Return the batch of a step; it has no styles."""
        random = np.random.Generator(np.random.Philox(key=[SEED, step]))
        rows = random.integers(0, len(self), size)
        pictures, categories = to_unit(self.pictures[rows]), self.categories[rows]
        kept = {i for i, label in enumerate(self.labels) if label.slug in self.no_mirror}
        may_mirror = "*" not in self.no_mirror and ~np.isin(categories, list(kept))
        mirror = (random.random(size) < 0.5) & may_mirror
        pictures[mirror] = pictures[mirror, :, ::-1]
        eye = np.eye(len(self.labels), dtype=np.float32)
        return Batch(pictures, eye[categories], np.empty((size, 0), np.float32))


def _train(batches: Draws, size_px: int, categories: int, epochs: int) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    steps = math.ceil(len(batches) / BATCH)

    def draw() -> Iterator[tuple[tf.Tensor, np.ndarray]]:
        for step in range(steps * epochs):
            batch = batches.draw(step, BATCH)
            seed = tf.constant([SEED, step])
            yield augment(tf.constant(batch.pictures), seed, AugmentOptions()), batch.categories

    model = build_classifier(size_px, categories)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps * epochs)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss, jit_compile=False)
    model.fit(draw(), steps_per_epoch=steps, epochs=epochs, verbose=0)
    return model


def kept_classifier(
    home: Path,
    dataset: Dataset,
    leave_out_styles: tuple[str, ...],
    no_mirror: tuple[str, ...],
    echo: Callable[[str], None],
) -> keras.Model:
    """Return the classifier of a data set from <home>/classifiers, training it the first time."""
    about = repr([VERSION, EPOCHS, dataset.size_px, dataset.categories, leave_out_styles])
    digest = hashlib.sha256(about.encode())
    for record in dataset.records:
        digest.update(f"{record.category} {record.style} {record.origin} {record.split}\n".encode())
    path = home / "classifiers" / f"{dataset.name}-{digest.hexdigest()[:12]}.keras"
    if path.exists():
        model: keras.Model = keras.models.load_model(path, compile=False)
        return model
    echo("training the classifier, once: some minutes")
    model = train_classifier(dataset, leave_out_styles, no_mirror)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        model.save(Path(folder) / path.name)
        os.replace(Path(folder) / path.name, path)
    return model
