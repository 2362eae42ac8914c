"""Anchors and mixes: who is drawn, who is the partner, and what is told of them."""

import dataclasses

import numpy as np
import pytest

from gan.batches.concepts import NEIGHBOURS, ConceptBatches
from gan.dataset.emoji.concept_vectors import read_concept_vectors
from gan.dataset.files import BadDataset, Dataset
from gan.pixels import on_white, to_unit
from tests.gan.conftest import make_dataset

HALF = 200


def emoji_dataset() -> Dataset:
    """The tiny data set with concepts of emoji, each in both styles, and noise for pictures."""
    known, tiny = read_concept_vectors(), make_dataset()
    records = [
        dataclasses.replace(record, concept=known.concepts[60 * (i // 12 * 6 + i % 6)])
        for i, record in enumerate(tiny.records)
    ]
    noise = np.random.RandomState(0).randint(0, 255, tiny.pictures.shape).astype(np.uint8)
    return dataclasses.replace(tiny, pictures=noise, records=records)


def shown(dataset: Dataset) -> dict[bytes, int]:
    """Return each picture's position by its bytes, mirrored ones as -1 - position."""
    pictures = to_unit(on_white(dataset.pictures))
    upright = {picture.tobytes(): i for i, picture in enumerate(pictures)}
    mirrored = {picture[:, ::-1].tobytes(): -1 - i for i, picture in enumerate(pictures)}
    return mirrored | upright


def test_the_same_step_gives_the_same_batch_in_another_session() -> None:
    dataset = emoji_dataset()
    first, second = ConceptBatches(dataset, seed=3), ConceptBatches(dataset, seed=3)
    first.draw(0, 8)
    for name, array in vars(first.draw(41, 8)).items():
        np.testing.assert_array_equal(array, getattr(second.draw(41, 8), name), err_msg=name)
        assert array.dtype == np.float32, name
    assert not np.array_equal(first.draw(42, 8).concepts, first.draw(41, 8).concepts)


def test_an_anchor_is_one_concept_beside_its_own_or_a_near_ones_picture() -> None:
    dataset, known = emoji_dataset(), read_concept_vectors()
    batch = ConceptBatches(dataset, seed=0).draw(0, 2 * HALF)
    positions, own, alike = shown(dataset), 0, known.vectors @ known.vectors.T
    for i in range(HALF):
        np.testing.assert_array_equal(batch.concepts[i], batch.fine_concepts[i])
        np.testing.assert_array_equal(batch.drawn_categories[i], batch.categories[i])
        np.testing.assert_array_equal(batch.fine_categories[i], batch.categories[i])
        concept = int(np.argmax(known.vectors @ batch.judged_concepts[i]))
        np.testing.assert_array_equal(batch.judged_concepts[i], known.vectors[concept])
        noise = np.abs(batch.concepts[i] - batch.judged_concepts[i])
        assert 0.01 < noise.mean() < 0.05
        record = dataset.records[positions[batch.pictures[i].tobytes()]]  # not mirrored
        assert record.style == dataset.styles[int(batch.styles[i].argmax())]
        partner = known.concepts.index(record.concept)
        own += partner == concept
        if partner != concept:
            assert batch.own[i] == 0
            there = {known.concepts.index(r.concept) for r in dataset.records[:24]
                     if r.style == record.style} - {concept}  # fmt: skip
            nearest = sorted(there, key=lambda c: -alike[concept, c])[:NEIGHBOURS]
            assert partner in nearest
    assert 0.4 * HALF < own < 0.6 * HALF
    assert not batch.own[HALF:].any()


def test_only_the_one_picture_of_a_concept_is_to_be_matched() -> None:
    dataset = emoji_dataset()
    records = [dataclasses.replace(r, concept=dataset.records[0].concept)
               if i == 1 else r for i, r in enumerate(dataset.records)]  # fmt: skip
    batches = ConceptBatches(dataclasses.replace(dataset, records=records), seed=0)
    batch, positions = batches.draw(0, 2000), shown(dataset)
    matched = {positions[batch.pictures[i].tobytes()] for i in np.flatnonzero(batch.own)}
    assert len(matched) == 22  # all trained on but the two drawings of one concept and style
    assert not matched & {0, 1}


def test_a_mix_has_two_parents_and_is_judged_by_no_concept() -> None:
    dataset, known = emoji_dataset(), read_concept_vectors()
    batch = ConceptBatches(dataset, seed=0).draw(0, 2 * HALF)
    positions, blended, same, mirrored = shown(dataset), 0, 0, 0
    rows = {record.concept: known.rows([record.concept])[0] for record in dataset.records}
    for i in range(HALF, 2 * HALF):
        position = positions[batch.pictures[i].tobytes()]
        mirrored += position < 0
        record = dataset.records[position if position >= 0 else -1 - position]
        first = known.vectors[rows[record.concept]]
        assert dataset.categories[int(batch.categories[i].argmax())].slug == record.category
        assert not batch.judged_concepts[i].any()
        if np.array_equal(batch.concepts[i], first):  # one for each level
            np.testing.assert_array_equal(batch.drawn_categories[i], batch.categories[i])
            assert np.isclose(known.vectors, batch.fine_concepts[i]).all(1).any()
            assert batch.fine_categories[i].max() == 1
            same += np.array_equal(batch.fine_categories[i], batch.categories[i])
            continue
        blended += 1
        np.testing.assert_array_equal(batch.concepts[i], batch.fine_concepts[i])
        np.testing.assert_array_equal(batch.drawn_categories[i], batch.fine_categories[i])
        # the weight of the first parent, from what the nearest second one leaves
        leads = np.linspace(0.5, 0.7, 401)
        others = (batch.concepts[i] - leads[:, None] * first) / (1 - leads[:, None])
        distances = np.linalg.norm(others[:, None] - known.vectors[list(rows.values())], axis=2)
        assert distances.min() < 0.01
        lead = leads[np.unravel_index(distances.argmin(), distances.shape)[0]]
        assert batch.drawn_categories[i] @ batch.categories[i] > lead - 0.01
        assert batch.drawn_categories[i].sum() == pytest.approx(1)
    assert 0.4 * HALF < blended < 0.6 * HALF
    assert 0.4 * HALF < mirrored < 0.6 * HALF
    assert same > 0.5 * (HALF - blended)  # a half, and what comes so by chance


def test_a_data_set_without_vectors_is_refused(tiny_dataset: Dataset) -> None:
    with pytest.raises(BadDataset, match="24 concepts have no vector") as refused:
        ConceptBatches(tiny_dataset, seed=0)
    assert "flask gan dataset emoji" in str(refused.value.hint)
