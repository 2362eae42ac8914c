"""evaluation.json: what a classifier reads on real and on generated pictures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_durably
from gan.dataset.files import TRAIN, Dataset
from gan.evaluation.classifier import kept_classifier, read_held_out, right
from gan.training.batches import on_white, to_unit
from gan.training.trained import Trained

EVALUATION_FILE = "evaluation.json"
SEED = 11
TRAIN_SAMPLE = 1000  # real training pictures that the classifier is tried on


def generate(
    trained: Trained, per_category: int, truncation: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return uncurated pictures uint8-rounded in [-1, 1], [N, H, W, 3], and categories int [N].

    Latents are standard normal cut at ±2 by drawing again, times a truncation drawn per picture;
    styles are drawn among those trained.
    """
    random = np.random.RandomState(SEED)
    networks = trained.networks
    categories = np.repeat(np.arange(networks.categories), per_category)
    count = len(categories)
    latent = random.standard_normal((count, networks.latent))
    while (outside := np.abs(latent) > 2).any():
        latent[outside] = random.standard_normal(int(outside.sum()))
    latent *= random.uniform(*truncation, (count, 1))
    inputs = [
        latent.astype(np.float32),
        np.eye(networks.categories, dtype=np.float32)[categories],
        np.eye(networks.styles, dtype=np.float32)[random.choice(trained.styles, count)],
    ]
    pictures = trained.generator.predict(inputs, batch_size=32, verbose=0)
    return np.rint((pictures + 1) * 127.5) / 127.5 - 1, categories


def evaluate(
    trained: Trained,
    dataset: Dataset,
    home: Path,
    per_category: int,
    echo: Callable[[str], None],
) -> dict[str, Any]:
    """Return what evaluation.json holds: rows of how often the right category is read."""
    left_out = trained.options.leave_out_styles
    model = kept_classifier(home, dataset, left_out, trained.options.no_mirror, echo)
    rows = []

    def read(pictures: str, logits: np.ndarray, categories: np.ndarray) -> None:
        top1, top5 = right(logits, categories, 1), right(logits, categories, 5)
        rows.append({"pictures": pictures, "n": len(logits), "top1": top1, "top5": top5})
        echo(f"{pictures:<36}{len(logits):>6}{top1:>8.1%}{top5:>8.1%}")

    echo(f"{'pictures':<36}{'n':>6}{'top 1':>8}{'top 5':>8}")
    chosen = dataset.indices(TRAIN, left_out)
    chosen = np.sort(np.random.RandomState(SEED).permutation(chosen)[:TRAIN_SAMPLE])
    real = to_unit(on_white(dataset.pictures[chosen]))
    read(
        "real, trained on", model.predict(real, batch_size=64, verbose=0),
        dataset.category_ids()[chosen],
    )  # fmt: skip
    read("real, held-out concepts", *read_held_out(model, dataset, left_out))
    per_category_right = {}
    for truncation in ((0.5, 0.8), (1.0, 1.0)):
        pictures, categories = generate(trained, per_category, truncation)
        logits = model.predict(pictures, batch_size=64, verbose=0)
        shown = "-".join(f"{t:g}" for t in sorted(set(truncation)))
        read(f"generated, truncation {shown}", logits, categories)
        per_category_right[shown] = {
            label.slug: right(logits[categories == i], categories[categories == i], 1)
            for i, label in enumerate(dataset.categories)
        }
    return {
        "pictures_seen": trained.about["pictures_seen"],
        "categories": len(dataset.categories),
        "chance": 1 / len(dataset.categories),
        "read": rows,
        "right_per_category": per_category_right,
    }


def write_evaluation(run: Path, evaluation: dict[str, Any]) -> Path:
    """Write evaluation.json into a run's folder; return its path."""
    path = run / EVALUATION_FILE
    write_durably(path, (json.dumps(evaluation, indent=1) + "\n").encode())
    return path
