"""Every measure of a set of pictures, from whatever generator they are."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from gan.dataset.files import Dataset
from gan.evaluation.measures.category_accuracy import category_accuracy
from gan.evaluation.measures.classifier import kept_classifier, train_on_generated
from gan.evaluation.measures.comparing import compare, mean_and_spread
from gan.evaluation.measures.copying import (
    describe_copying,
    draw_pairs,
    find_nearest,
    pixel_vectors,
)
from gan.evaluation.measures.per_category import compare_categories
from gan.evaluation.measures.scale import Scale, fit_scale
from gan.evaluation.measures.two_sample_test import Side, two_sample_test
from gan.evaluation.real_features import dataset_digest, real_features
from gan.evaluation.samples.corruption import corrupt
from gan.evaluation.samples.sets import Sets, match_sets
from gan.evaluation.spaces import FeatureSpace, pretrained_space, random_spaces
from gan.pixels import on_white

FORMAT = 3
FLOOR, CONTROL, GENERATED = (
    "training pictures (floor)",
    "corrupted training pictures (control)",
    "generated",
)


@dataclass(frozen=True)
class MetricOptions:
    """What the generator was trained on, and what to measure with."""

    leave_out_styles: tuple[str, ...] = ()
    no_mirror: tuple[str, ...] = ()
    premultiplied: bool = False  # of RGBA pictures: colours are multiplied by alpha already
    judge: FeatureSpace | None = None  # EfficientNet-lite2 when None
    others: Sequence[FeatureSpace] | None = None  # three random networks when None
    steps: int | None = None  # of the network that tells generated from real; see `two_sample_test`


@dataclass(frozen=True)
class Metrics:
    """Figures for JSON, and pictures by the name of their file."""

    figures: dict[str, Any]
    pictures: dict[str, Image.Image] = field(default_factory=dict)


def evaluate_pictures(
    generated: np.ndarray,
    categories: np.ndarray | None,
    dataset: Dataset,
    home: Path,
    echo: Callable[[str], None],
    options: MetricOptions | None = None,
) -> Metrics:
    """Judge uint8 [N, H, W, 3 or 4] pictures against a data set's.

    ``categories``: int [N], positions in the data set's; None of a generator without categories,
    then what needs them is left out. RGBA pictures stand on white; pictures of another size are
    resized to the data set's. What depends on the data set alone is kept in ``home``. Raises
    `TooFewPictures` or `WeightsMissing`.
    """
    options = options or MetricOptions()
    started = time.monotonic()
    pictures = fit_pictures(generated, dataset.size_px, options.premultiplied)
    sets = match_sets(dataset, pictures, categories, options.leave_out_styles)
    judge = options.judge or pretrained_space(home, echo)
    others = random_spaces() if options.others is None else list(options.others)
    digest = dataset_digest(dataset)
    corrupted = corrupt(sets.real[sets.train_blocks[0]])

    figures: dict[str, Any] = {
        "format": FORMAT,
        "data_set": f"{dataset.name}-{dataset.size_px}",
        "size_px": dataset.size_px,
        "judge": judge.name,
        "generated": len(pictures),
        "generated_size_px": generated.shape[1],
        "training_pictures": len(sets.train),
        "held_out_pictures": len(sets.held_out),
        "categories": len(dataset.categories),
        "chance": 1 / len(dataset.categories),
        "distances": [],
    }

    def embed(space: FeatureSpace) -> tuple[np.ndarray, np.ndarray]:
        echo(f"comparing by {space.name}")
        real = real_features(home, dataset, digest, space, echo)
        return real, space.embed(sets.generated)

    def compare_in(
        space: FeatureSpace, real: np.ndarray, made: np.ndarray, scale: Scale
    ) -> list[dict[str, Any]]:
        reference = real[sets.reference]
        return [
            compare(FLOOR, reference, [real[rows] for rows in sets.train_blocks], scale),
            compare(CONTROL, reference, [space.embed(corrupted)], scale),
            compare(GENERATED, reference, [made[rows] for rows in sets.generated_blocks], scale),
        ]

    real, made = embed(judge)
    scale = fit_scale(real[sets.train])
    mirrored = real_features(home, dataset, digest, judge, echo, mirrored=True)
    figures["distances"].append(
        {
            "space": judge.name,
            "input_px": judge.size_px,
            "rows": compare_in(judge, real, made, scale),
        }
    )
    by_seed = []
    for space in others:
        real_there, made_there = embed(space)
        there = fit_scale(real_there[sets.train])
        by_seed.append(compare_in(space, real_there, made_there, there))
    if by_seed:
        figures["distances"].append(
            {
                "space": f"{len(others)} random networks",
                "input_px": others[0].size_px,
                "rows": [mean_and_spread(rows) for rows in zip(*by_seed, strict=True)],
            }
        )
    if categories is not None:
        figures["per_category"] = compare_categories(sets, real, made, scale)
        network = kept_classifier(home, dataset, options.leave_out_styles, options.no_mirror, echo)
        echo("teaching a classifier by generated pictures alone")
        taught = train_on_generated(
            sets.generated, categories, dataset.categories, options.no_mirror
        )
        echo("reading categories")
        figures |= category_accuracy(sets, network, taught, real, mirrored, made)
    echo("telling generated pictures from real ones")
    figures["real_or_generated"] = _tell_all(sets, real, made, corrupted, judge, options.steps)
    echo("looking for copies")
    figures["copying"], closest = _find_copies(sets, real, mirrored, made, judge)
    figures["seconds"] = round(time.monotonic() - started, 1)
    return Metrics(figures, closest)


def fit_pictures(pictures: np.ndarray, size_px: int, premultiplied: bool = False) -> np.ndarray:
    """Return uint8 [N, size, size, 3] on white of uint8 [N, H, W, 3 or 4]."""
    if pictures.shape[-1] == 4:
        if premultiplied:
            white = 255 - pictures[..., 3:].astype(np.int16)
            pictures = np.clip(pictures[..., :3] + white, 0, 255).astype(np.uint8)
        else:
            pictures = on_white(pictures)
    if pictures.shape[1:3] == (size_px, size_px):
        return pictures
    parts = []
    for i in range(0, len(pictures), 256):
        x = tf.cast(pictures[i : i + 256], tf.float32)
        x = tf.image.resize(x, (size_px, size_px), "bicubic", antialias=True)
        parts.append(np.clip(np.rint(x.numpy()), 0, 255).astype(np.uint8))
    return np.concatenate(parts)


def _tell_all(
    sets: Sets,
    real: np.ndarray,
    made: np.ndarray,
    corrupted: np.ndarray,
    judge: FeatureSpace,
    steps: int | None,
) -> list[dict[str, Any]]:
    """Return rows of how well each set is told from real pictures; None figures where too few."""
    reference, train = sets.reference, sets.train_blocks[0]
    drawn = sets.generated_blocks[0]

    def real_side(rows: np.ndarray) -> Side:
        return Side(sets.real[rows], real[rows], sets.concepts(rows))

    def made_side(rows: np.ndarray) -> Side:
        return Side(sets.generated[rows], made[rows], [str(i) for i in rows])

    held_out = real_side(reference)
    damaged = Side(corrupted, judge.embed(corrupted), sets.concepts(train))
    many = np.concatenate(sets.generated_blocks)
    likewise = np.concatenate(sets.train_blocks[: len(sets.generated_blocks)])
    compared = [
        (FLOOR, "held-out", real_side(train), held_out),
        (CONTROL, "held-out", damaged, held_out),
        (GENERATED, "held-out", made_side(drawn), held_out),
        (GENERATED, "training", made_side(many), real_side(likewise)),
    ]
    empty = {"n": 0, "read": 0, "by_features": None, "by_pixels": None, "error": None}
    return [
        {"pictures": name, "from": other, **(two_sample_test(first, second, steps) or empty)}
        for name, other, first, second in compared
    ]


def _find_copies(
    sets: Sets, real: np.ndarray, mirrored: np.ndarray, made: np.ndarray, judge: FeatureSpace
) -> tuple[dict[str, Any], dict[str, Image.Image]]:
    """Return figures and the closest pairs, in the judge's features and in pixels."""
    train = sets.train
    matched = np.concatenate(sets.generated_blocks)
    damaged = corrupt(sets.real[sets.reference])
    vectors = {
        "features": (
            made.astype(np.float32),
            [real[train].astype(np.float32), mirrored[train].astype(np.float32)],
            real[sets.reference].astype(np.float32),
            judge.embed(damaged).astype(np.float32),
        ),
        "pixels": (
            pixel_vectors(sets.generated),
            [pixel_vectors(sets.real[train]), pixel_vectors(sets.real[train][:, :, ::-1])],
            pixel_vectors(sets.real[sets.reference]),
            pixel_vectors(damaged),
        ),
    }
    figures: dict[str, Any] = {}
    pictures = {}
    for name, (generated, known, held_out, control) in vectors.items():
        found = find_nearest(generated, known)
        figures[name] = describe_copying(
            type(found)(found.distances[matched], found.rows[matched]),
            find_nearest(held_out, known),
            find_nearest(control, known),
        )
        pictures[f"closest-{name}.png"] = draw_pairs(sets.generated, sets.real[train], found)
    figures["copies"] = any(figures[name]["copies"] for name in vectors)
    return figures, pictures
