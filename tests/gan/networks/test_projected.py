"""Discriminators of features: shapes, parameters, what is fixed and what moves."""

import dataclasses
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.methods.projected import Options
from gan.networks.projected import HeadSizes, build_heads, standardise
from tests.gan.conftest import make_dataset

SMALL = HeadSizes(((16, 3), (8, 4), (4, 5)), 3, 2, mixed=(4, 6, 8), width=8)


def inputs(count: int = 6) -> list[np.ndarray]:
    random = np.random.RandomState(0)
    return [
        *(
            random.normal(3, 2, (count, side, side, channels)).astype(np.float32)
            for side, channels in SMALL.maps
        ),
        *(np.eye(n, dtype=np.float32)[np.arange(count) % n] for n in (3, 2)),
    ]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_logit_for_each_map_and_place(policy: str) -> None:
    with dtype_policy(policy):
        heads = build_heads(SMALL)
    logits = heads(inputs())
    assert tuple(logits.shape) == (6, 3, 16)
    assert logits.dtype == tf.float32
    assert {variable.dtype for variable in heads.variables} == {"float32"}


def test_parameters_of_the_recipe() -> None:
    heads = build_heads(Options(recipe="r", dataset="d").heads(make_dataset(64)))
    channels, mixed, width, labels = (24, 40, 112, 320), (64, 64, 128, 128), 128, 3 + 2
    fixed = sum((c + 1) * m for c, m in zip(channels, mixed, strict=True))
    fixed += sum((9 * b + 1) * a for a, b in pairwise(mixed))
    down = [[(64, 64), (64, 64), (64, 128)], [(64, 64), (64, 128)], [(128, 128)]]
    trained = sum((16 * a + 1) * b for chain in down for a, b in chain) + (9 * 128 + 1) * 128
    trained += 4 * (9 * width + 1 + labels * width)
    assert sum(int(np.prod(v.shape)) for v in heads.trainable_variables) == trained
    vectors = sum(b for chain in down for _, b in chain) + 128 + 4 * (1 + 2 * width)
    assert heads.count_params() == trained + fixed + vectors


def test_the_shallow_judge_sees_the_deep_maps_and_not_the_reverse() -> None:
    heads, given = build_heads(SMALL), inputs()
    before = np.asarray(heads(given))
    deep = [*given[:2], given[2] + 1, *given[3:]]
    shallow = [given[0] + 1, *given[1:]]
    assert (np.abs(np.asarray(heads(deep)) - before).max(axis=(0, 2)) > 1e-4).all()
    changed = np.abs(np.asarray(heads(shallow)) - before).max(axis=(0, 2))
    assert changed[0] > 1e-4 and changed[1:].max() == 0


def test_the_label_counts() -> None:
    heads, given = build_heads(SMALL), inputs()
    other = [*given[:3], np.roll(given[3], 1, axis=1), given[4]]
    assert np.abs(np.asarray(heads(other)) - np.asarray(heads(given))).min() > 0


def test_what_is_fixed_stays_and_the_rest_moves() -> None:
    heads = build_heads(SMALL)
    fixed = [layer for layer in heads.layers if layer.name.startswith(("mix", "bring"))]
    assert len(fixed) == 3 + 2
    before = [layer.get_weights()[0] for layer in fixed]
    trained = [np.asarray(v) for v in heads.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(heads(inputs(), training=True) - 1))
    gradients = tape.gradient(loss, heads.trainable_variables)
    keras.optimizers.SGD(0.1).apply(gradients, heads.trainable_variables)
    for layer, kernel in zip(fixed, before, strict=True):
        np.testing.assert_array_equal(layer.get_weights()[0], kernel)
    for variable, was in zip(heads.trainable_variables, trained, strict=True):
        assert np.abs(np.asarray(variable) - was).max() > 0, variable.path


def test_standardised_maps_are_mixed_alike() -> None:
    """As the same network mixes maps that have mean 0 and deviation 1 already."""
    heads, given = build_heads(SMALL), inputs(64)
    maps = given[:3]
    expected = heads(
        [*((m - m.mean((0, 1, 2))) / (m.std((0, 1, 2)) + 1e-3) for m in maps), *given[3:]]
    )
    standardise(heads, maps)
    np.testing.assert_allclose(heads(given), expected, atol=1e-4)


def test_a_concept_counts_and_zeros_add_nothing() -> None:
    sizes = dataclasses.replace(SMALL, concept=5)
    heads, given = build_heads(sizes), inputs()
    assert heads.count_params() == build_heads(SMALL).count_params() + 3 * (
        (5 + 1) * 8 + (8 + 1) * 8  # kernels, and the vectors that estimate σ
    )
    concept = np.random.RandomState(0).standard_normal((6, 5)).astype(np.float32)
    with_concept, without = (np.asarray(heads([*given, v])) for v in (concept, concept * 0))
    assert np.abs(with_concept - without).min() > 0
    twice = np.asarray(heads([*given, 2 * concept]))
    np.testing.assert_allclose(twice - without, 2 * (with_concept - without), rtol=1e-3, atol=1e-5)
