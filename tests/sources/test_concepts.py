"""Concepts are read by the nearest mean, in a space in which they lie evenly."""

import io
from pathlib import Path

import numpy as np
import pytest

from gan.dataset.files import TRAIN, Dataset, Label, Record
from gan.export.concepts import fit_dataset_concepts
from sources.curators.concepts import BadConcepts, fit_concepts, read_concepts, write_concepts

CONCEPTS = 12
EACH = 8
WIDTH = 40


def drawn(each: int = EACH) -> tuple[np.ndarray, list[str], list[str]]:
    """Return features of concepts of three categories, with far more noise along one axis."""
    random = np.random.RandomState(3)
    middles = random.normal(0, 1, (CONCEPTS, WIDTH))
    noise = random.normal(0, 0.4, (CONCEPTS, each, WIDTH))
    noise[..., 0] *= 60
    features = (middles[:, None] + noise).reshape(-1, WIDTH)
    ids = [f"c{k}" for k in range(CONCEPTS) for _ in range(each)]
    slugs = [f"kind{k % 3}" for k in range(CONCEPTS) for _ in range(each)]
    roots = np.sign(features) * features**2  # what is read is the root of what is given
    return roots.astype(np.float32), ids, slugs


def test_the_nearest_mean_is_the_concept_though_one_axis_is_noise() -> None:
    features, ids, slugs = drawn()
    concepts, which = fit_concepts(features, ids, slugs)
    read = concepts.distances(concepts.place(features)).argmin(axis=1)
    assert (read == which).mean() > 0.95
    assert [str(concepts.ids[k]) for k in which] == ids
    assert [str(concepts.slugs[k]) for k in which] == slugs
    plain = np.stack([features[which == k].mean(axis=0) for k in range(CONCEPTS)])
    by_features = ((features[:, None] - plain) ** 2).sum(axis=2).argmin(axis=1)
    assert (by_features == which).mean() < 0.5


def test_distances_are_those_of_the_table() -> None:
    features, ids, slugs = drawn()
    concepts, _ = fit_concepts(features, ids, slugs)
    placed = concepts.place(features[:5])
    expected = ((placed[:, None] - concepts.means) ** 2).sum(axis=2)
    np.testing.assert_allclose(concepts.distances(placed), expected, rtol=1e-3, atol=1e-2)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    features, ids, slugs = drawn()
    concepts, _ = fit_concepts(features, ids, slugs)
    file = io.BytesIO()
    write_concepts(concepts, file)
    (tmp_path / "c.npz").write_bytes(file.getvalue())
    read = read_concepts(tmp_path / "c.npz")
    assert read is not None
    assert read.ids.tolist() == concepts.ids.tolist()
    np.testing.assert_allclose(read.means, concepts.means, rtol=1e-3, atol=1e-3)
    assert read_concepts(tmp_path / "none.npz") is None
    (tmp_path / "c.npz").write_bytes(file.getvalue()[:200])
    with pytest.raises(BadConcepts, match=r"c\.npz cannot be read"):
        read_concepts(tmp_path / "c.npz")


def dataset(ids: list[str], slugs: list[str]) -> Dataset:
    records = [Record(s, "plain", c, "", "MIT", TRAIN) for c, s in zip(ids, slugs, strict=True)]
    return Dataset(
        name="drawn",
        size_px=8,
        categories=[Label(slug, slug) for slug in sorted(set(slugs))],
        styles=["plain"],
        notes={},
        pictures=np.zeros((len(ids), 8, 8, 4), np.uint8),
        records=records,
    )


def test_how_well_they_are_read_is_said_without_each_picture_itself() -> None:
    features, ids, slugs = drawn()
    found = fit_dataset_concepts(dataset(ids, slugs), (), features)
    assert found is not None
    concepts, about = found
    assert (about.concepts, about.pictures) == (CONCEPTS, CONCEPTS * EACH)
    # by hand: each picture's distance to the mean of the others of its concept
    placed = concepts.place(features)
    right = 0
    for i, own in enumerate(ids):
        means = {
            c: np.mean([placed[j] for j in range(len(ids)) if ids[j] == c and j != i], axis=0)
            for c in set(ids)
        }
        right += min(means, key=lambda c: ((placed[i] - means[c]) ** 2).sum()) == own
    assert about.right == pytest.approx(right / len(ids), abs=0.011)
    assert about.right_category >= about.right


def test_single_pictures_are_no_concepts() -> None:
    features, ids, slugs = drawn(each=2)
    assert fit_dataset_concepts(dataset(ids, slugs), (), features) is None
