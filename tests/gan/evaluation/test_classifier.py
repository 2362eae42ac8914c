"""The classifier learns what can be learned; the figures count what they say."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from gan.dataset.files import HELD_OUT, TRAIN, Dataset, write_dataset
from gan.evaluation.classifier import (
    build_classifier,
    kept_classifier,
    read_held_out,
    right,
    train_classifier,
)
from gan.evaluation.report import generate
from gan.training.run import Run
from gan.training.trained import read_trained
from tests.gan.tiny import TINY


def test_right_counts_ties_and_ranks() -> None:
    logits = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [0.0, 5.0, 4.0]])
    categories = np.array([0, 0, 2])
    assert right(logits, categories, 1) == pytest.approx(1 / 3)
    assert right(logits, categories, 2) == pytest.approx(2 / 3)
    assert right(logits, categories, 3) == 1.0


def test_shape_and_size_of_the_classifier() -> None:
    model = build_classifier(64, 74)
    assert model.output_shape == (None, 74)
    assert model.count_params() == 332_746


def test_it_learns_colours_and_reads_them_on_held_out_pictures(tiny_dataset: Dataset) -> None:
    sides = [HELD_OUT if i % 5 == 0 else TRAIN for i in range(30)]
    records = [
        dataclasses.replace(record, split=side)
        for record, side in zip(tiny_dataset.records, sides, strict=True)
    ]
    dataset = dataclasses.replace(
        tiny_dataset,
        pictures=tiny_dataset.pictures.repeat(2, 1).repeat(2, 2),
        size_px=16,
        records=records,
    )
    model = train_classifier(dataset, (), (), epochs=60)
    logits, categories = read_held_out(model, dataset, ())
    assert len(categories) == 6
    assert right(logits, categories, 1) > 0.8
    # a control: the same reading against wrong categories
    assert right(logits, (categories + 1) % 3, 1) < 0.2


def test_it_is_trained_once_and_again_for_other_data(
    tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.evaluation.classifier.EPOCHS", 1)
    said: list[str] = []
    first = kept_classifier(tmp_path, tiny_dataset, (), (), said.append)
    again = kept_classifier(tmp_path, tiny_dataset, (), (), said.append)
    assert len(said) == 1
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    kept_classifier(tmp_path, tiny_dataset, ("flat",), (), said.append)
    assert len(said) == 2
    assert len(list((tmp_path / "classifiers").iterdir())) == 2


def test_the_command_writes_evaluation_json(
    gan_command: Callable[..., Result], home: Path, tiny_dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("gan.evaluation.classifier.EPOCHS", 1)
    write_dataset(tiny_dataset, home / "datasets" / "tiny-8")
    Run(home / "runs" / "t", tiny_dataset, TINY, print).save()
    done = gan_command("evaluate", "--run", "t", "--per-category", "4")
    assert done.exit_code == 0, done.output
    found = json.loads((home / "runs" / "t" / "evaluation.json").read_text())
    assert [(row["pictures"], row["n"]) for row in found["read"]] == [
        ("real, trained on", 24),
        ("real, held-out concepts", 6),
        ("generated, truncation 0.5-0.8", 12),
        ("generated, truncation 1", 12),
    ]
    assert all(0 <= row["top1"] <= row["top5"] <= 1 for row in found["read"])
    trained = read_trained(home / "runs" / "t", home / "datasets", print)
    pictures, categories = generate(trained, 4, (0.5, 0.8))
    assert categories.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    levels = (pictures + 1) * 127.5
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)
    np.testing.assert_array_equal(pictures, generate(trained, 4, (0.5, 0.8))[0])
