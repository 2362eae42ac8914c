"""The classifier learns what can be learned, once."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gan.dataset.files import HELD_OUT, TRAIN, Dataset, Label
from gan.evaluation.measures.category_accuracy import right
from gan.evaluation.measures.classifier import (
    LabelledBatches,
    build_classifier,
    kept_classifier,
    train_classifier,
    train_on_generated,
)
from gan.pixels import on_white, to_unit


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


def test_generated_pictures_alone_teach_it_what_they_show() -> None:
    """Left halves are red or blue; mirrored, they would be right ones: only blue ones may be."""
    labels = [Label("red", "red"), Label("blue", "blue")]
    categories = np.arange(40) % 2
    pictures = np.full((40, 16, 16, 3), 255, np.uint8)
    pictures[categories == 0, :, :8] = (200, 0, 0)
    pictures[categories == 1, :, :8] = (0, 0, 200)
    batches = LabelledBatches(pictures, categories, labels, ("red",))
    drawn = [batches.draw(step, 16) for step in range(10)]
    again = batches.draw(3, 16)
    np.testing.assert_array_equal(drawn[3].pictures, again.pictures)
    shown = np.concatenate([batch.pictures for batch in drawn])
    is_blue = np.concatenate([batch.categories for batch in drawn])[:, 1] == 1
    is_mirrored = shown[:, 0, 0, 1] == 1
    assert not is_mirrored[~is_blue].any()
    assert 0.3 < is_mirrored[is_blue].mean() < 0.7
    model = train_on_generated(pictures, categories, labels, ("red",), epochs=30)
    logits = model.predict(to_unit(pictures), verbose=0)
    assert right(logits, categories, 1) > 0.9
    assert right(logits, 1 - categories, 1) < 0.1


@pytest.mark.usefixtures("eager")
def test_it_is_trained_once_and_again_for_other_data(
    tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.evaluation.measures.classifier.EPOCHS", 1)
    said: list[str] = []
    first = kept_classifier(tmp_path, tiny_dataset, (), (), said.append)
    again = kept_classifier(tmp_path, tiny_dataset, (), (), said.append)
    assert len(said) == 1
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    kept_classifier(tmp_path, tiny_dataset, ("flat",), (), said.append)
    assert len(said) == 2
    assert len(list((tmp_path / "classifiers").iterdir())) == 2
