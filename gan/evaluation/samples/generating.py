"""Uncurated pictures of a trained generator, labelled as the real ones are."""

import numpy as np
import tensorflow as tf

from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.methods.trained import Trained
from gan.networks.generator import all_inputs, draw_latents, width_of
from gan.pixels import to_uint8

SEED = 11
BATCH = 32
BLOCKS = 4  # samples of the held-out pictures' composition that are made where there is room


def category_counts(held_out: np.ndarray, pictures: int) -> np.ndarray:
    """Return how many pictures to make of each category, int [C], ``pictures`` in all.

    ``held_out``: how many are held out of each, int [C]. Four fifths follow that composition, in
    up to 4 whole samples of it, as distances need; the rest goes where fewest are.
    """
    samples = min(BLOCKS, int(0.8 * pictures) // max(1, held_out.sum()))
    made: np.ndarray = samples * held_out
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
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return pictures uint8 [N, H, W, 3 or 4] and their categories int [N].

    Latents are drawn as the generator's inputs say, and truncations, where it has any, uniformly
    from the range. The same at every call. Categories are None of a generator without.
    """
    held_out = dataset.category_ids()[dataset.indices(HELD_OUT, trained.options.leave_out_styles)]
    number = len(dataset.categories)
    made = category_counts(np.bincount(held_out, minlength=number), pictures)
    categories = np.repeat(np.arange(number), made)
    drawn = draw_pictures(trained, dataset, categories, np.random.RandomState(SEED), truncation)
    return drawn, categories if width_of(trained.networks, "category") else None


def draw_pictures(
    trained: Trained,
    dataset: Dataset,
    categories: np.ndarray,
    random: np.random.RandomState,
    truncation: tuple[float, float],
) -> np.ndarray:
    """Return uint8 [N, H, W, 3 or 4] of categories int [N], of truncations from a range."""
    spec, pictures = trained.networks, len(categories)
    styles = draw_styles(dataset, categories, trained.options.leave_out_styles, random)
    latents = draw_latents(spec.inputs, pictures, random)
    truncations = random.uniform(*truncation, pictures)
    labels = {"category": categories, "choice": styles}
    inputs = all_inputs(spec.inputs, latents, labels, truncations)
    draw = tf.function(lambda given: spec.picture(trained.generator, given))
    parts = []
    for i in range(0, pictures, BATCH):
        here = {name: tf.constant(values[i : i + BATCH]) for name, values in inputs.items()}
        parts.append(to_uint8(draw(here).numpy()))
    return np.concatenate(parts)
