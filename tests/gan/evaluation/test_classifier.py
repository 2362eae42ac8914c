"""The classifier learns what can be learned, once."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.evaluation.classifier import build_classifier, kept_classifier, train_classifier
from gan.evaluation.reading import right
from gan.training.batches import on_white, to_unit


def test_shape_and_size_of_the_classifier() -> None:
    model = build_classifier(64, 74)
    assert model.output_shape == (None, 74)
    assert model.count_params() == 332_746
    # twice the size, the same work: the maps behind the first layer are as large
    assert build_classifier(128, 74).layers[-3].output.shape == model.layers[-3].output.shape
    assert build_classifier(63, 3).output_shape == (None, 3)


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
    held_out = dataset.indices(HELD_OUT)
    logits = model.predict(to_unit(on_white(dataset.pictures[held_out])), verbose=0)
    categories = dataset.category_ids()[held_out]
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
