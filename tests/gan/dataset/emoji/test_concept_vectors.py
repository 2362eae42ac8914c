"""Vectors of concepts: TF-IDF by hand, what the two halves keep, the file that is shipped."""

from collections import Counter

import numpy as np
import pytest

from gan.dataset.emoji.concept_vectors import (
    COMPONENTS,
    WIDTH,
    ConceptVectors,
    embed,
    read_concept_vectors,
    similarities,
    words_of,
)
from gan.dataset.files import BadDataset


def test_words_and_phrases_of_an_emoji_count_once() -> None:
    said = {"☀️": {"default": ["Sun", "bright sun"], "tts": ["sun"]}}
    assert words_of(said) == {"2600": Counter(["sun", "bright", "bright sun"])}


def test_similarities_are_cosines_of_tf_idf() -> None:
    documents = [Counter(a=1, b=2), Counter(a=1, c=1), Counter(c=1, d=1), Counter(e=3)]
    rarity = {word: np.log(4 / n) for word, n in {"a": 2, "b": 1, "c": 2, "d": 1, "e": 1}.items()}
    first = np.array([rarity["a"], (1 + np.log(2)) * rarity["b"], 0])
    second = np.array([rarity["a"], 0, rarity["c"]])
    expected = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    found = similarities(documents)
    np.testing.assert_allclose(np.diag(found), 1, atol=1e-6)
    assert found[0, 1] == pytest.approx(expected, abs=1e-6)
    assert found[0, 3] == 0


def test_both_halves_have_length_1_and_the_second_tells_like_ones_apart() -> None:
    random = np.random.RandomState(0)
    groups = np.repeat(random.standard_normal((COMPONENTS // 2, 300)), 6, axis=0)
    points = 3 * groups + random.standard_normal(groups.shape)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    vectors = embed(points @ points.T)
    assert vectors.shape == (len(points), WIDTH) and vectors.dtype == np.float32
    halves = np.split(vectors, [COMPONENTS], axis=1)
    for half in halves:
        np.testing.assert_allclose(np.linalg.norm(half, axis=1), 1, rtol=1e-4)
    same = np.arange(len(points))[:, None] // 6 == np.arange(len(points)) // 6
    other = same & ~np.eye(len(points), dtype=bool)
    alike = [(half @ half.T)[other].mean() for half in halves]
    assert alike[0] > 0.8 > 0.4 > alike[1]
    assert (halves[0] @ halves[0].T)[~same].mean() < 0.1


def test_the_shipped_vectors_put_like_things_side_by_side_and_apart() -> None:
    known = read_concept_vectors()
    assert known.vectors.shape == (len(known.concepts), WIDTH)
    assert len(set(known.concepts)) == len(known.concepts) > 1000
    np.testing.assert_allclose(np.linalg.norm(known.vectors, axis=1), 2**0.5, rtol=1e-3)
    hedgehog, zebra, teapot, cup = known.vectors[known.rows(["1f994", "1f993", "1fad6", "1f375"])]
    assert hedgehog @ zebra > 2 * abs(hedgehog @ teapot)
    assert teapot @ cup > 2 * abs(zebra @ cup)
    similar = known.vectors @ known.vectors.T - 2 * np.eye(len(known.concepts))
    assert similar.max() < 1.8  # none stands where another one does


def test_a_concept_without_a_vector_is_named() -> None:
    known = ConceptVectors(["a", "b"], np.zeros((2, WIDTH), np.float32))
    assert known.rows(["b", "a", "b"]).tolist() == [1, 0, 1]
    with pytest.raises(BadDataset, match="2 concepts have no vector, such as 'c'"):
        known.rows(["b", "d", "c"])
