"""Uncurated pictures of a trained generator, labelled as the real ones are."""

import numpy as np

from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.training.grid import to_uint8
from gan.training.trained import Trained

SEED = 11
BATCH = 32
BLOCKS = 4  # samples of the held-out pictures' composition that are made where there is room


def category_counts(held_out: np.ndarray, pictures: int) -> np.ndarray:
    """Return how many pictures to make of each category, int [C], ``pictures`` in all.

    ``held_out``: how many are held out of each, int [C]. Four fifths follow that composition, in
    up to 4 whole samples of it, as distances need; the rest goes where fewest are.
    """
    samples = min(BLOCKS, int(0.8 * pictures) // max(1, held_out.sum()))
    made = samples * held_out
    for _ in range(pictures - made.sum()):
        made[made.argmin()] += 1
    return made


def draw_styles(
    dataset: Dataset,
    categories: np.ndarray,
    leave_out: tuple[str, ...],
    random: np.random.RandomState,
) -> np.ndarray:
    """Return a style for each picture, int [N], as often as the category's training pictures."""
    rows = dataset.indices(TRAIN, leave_out)
    real_categories, real_styles = dataset.category_ids()[rows], dataset.style_ids()[rows]
    styles = np.empty(len(categories), np.int64)
    for category in np.unique(categories):
        known = real_styles[real_categories == category]
        here = categories == category
        styles[here] = random.choice(known if len(known) else real_styles, here.sum())
    return styles


def generate(
    trained: Trained, dataset: Dataset, pictures: int, truncation: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures uint8 [N, H, W, 3 or 4] and their categories int [N].

    Latents are standard normal cut at ±2 by drawing again, times a truncation drawn per picture.
    The same at every call.
    """
    random = np.random.RandomState(SEED)
    networks, leave_out = trained.networks, trained.options.leave_out_styles
    held_out = dataset.category_ids()[dataset.indices(HELD_OUT, leave_out)]
    number = len(dataset.categories)
    made = category_counts(np.bincount(held_out, minlength=number), pictures)
    categories = np.repeat(np.arange(number), made)
    styles = draw_styles(dataset, categories, leave_out, random)
    latent = random.standard_normal((pictures, networks.latent))
    while (outside := np.abs(latent) > 2).any():
        latent[outside] = random.standard_normal(int(outside.sum()))
    latent *= random.uniform(*truncation, (pictures, 1))
    parts = []
    for i in range(0, pictures, BATCH):
        here = slice(i, i + BATCH)
        inputs = [
            latent[here].astype(np.float32),
            np.eye(networks.categories, dtype=np.float32)[categories[here]],
            np.eye(networks.styles, dtype=np.float32)[styles[here]],
        ]
        parts.append(to_uint8(trained.generator.predict_on_batch(inputs)))
    return np.concatenate(parts), categories
