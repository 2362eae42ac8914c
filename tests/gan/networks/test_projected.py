"""The heads on frozen features: shapes, parameter count, what a step moves and what it may not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.networks.projected import MIXED, Standardise, build_heads, build_mixing

EMOJI_SHAPES = [(32, 32, 24), (16, 16, 40), (8, 8, 112), (4, 4, 320)]  # lite0 at 128 px
SIZES = [16, 8, 4, 2]


def inputs(count: int) -> list[np.ndarray]:
    random = np.random.RandomState(0)
    maps = [
        random.standard_normal((count, size, size, channels)).astype(np.float32)
        for size, channels in zip(SIZES, MIXED, strict=True)
    ]
    labels = [np.eye(n, dtype=np.float32)[np.arange(count) % n] for n in (3, 2)]
    return [*maps, *labels]


@pytest.fixture(scope="module")
def heads() -> keras.Model:
    keras.utils.set_random_seed(1)
    return build_heads(SIZES, categories=3, styles=2)


def test_two_float32_logits_for_every_head(heads: keras.Model) -> None:
    outputs = heads(inputs(5))
    assert [tuple(output.shape) for output in outputs] == [(5, 4)] * 2
    assert {output.dtype for output in outputs} == {tf.float32}


def test_parameter_counts_at_128_px() -> None:
    sizes = [shape[0] for shape in EMOJI_SHAPES]
    assert build_heads(sizes, categories=74, styles=9).count_params() == 2338356
    assert build_mixing(EMOJI_SHAPES).count_params() == 297056


def test_one_step_moves_every_weight_of_the_heads(heads: keras.Model) -> None:
    before = {v.path: np.asarray(v) for v in heads.variables}
    with tf.GradientTape() as tape:
        unconditional, projection = heads(inputs(6), training=True)
        loss = tf.reduce_sum(tf.square(unconditional - 1)) + tf.reduce_sum(projection**2)
    gradients = tape.gradient(loss, heads.trainable_variables)
    keras.optimizers.Adam(1e-2).apply(gradients, heads.trainable_variables)
    for variable in heads.variables:
        assert np.abs(np.asarray(variable) - before[variable.path]).max() > 0, variable.path


def test_only_the_projection_depends_on_the_labels(heads: keras.Model) -> None:
    given = inputs(6)
    turned = [*given[:4], np.roll(given[4], 1, axis=1), given[5]]
    (one, one_projection), (other, other_projection) = heads(given), heads(turned)
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.abs(one_projection - other_projection).max() > 1e-3


def test_mixing_is_frozen_and_every_map_sees_the_coarser_ones() -> None:
    keras.utils.set_random_seed(1)
    shapes = [(16, 16, 3), (8, 8, 4), (4, 4, 5), (2, 2, 6)]
    mixing = build_mixing(shapes)
    assert mixing.trainable_variables == []
    maps = [tf.random.stateless_normal((2, *shape), [1, 2]) for shape in shapes]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(maps)
        mixed = mixing(maps)
    assert [tuple(m.shape[1:]) for m in mixed] == [
        (size, size, channels) for size, channels in zip(SIZES, MIXED, strict=True)
    ]
    for i, found in enumerate(mixed):
        reached = [tape.gradient(found, given) is not None for given in maps]
        assert reached == [j >= i for j in range(4)]


def test_standardised_features_have_mean_0_and_deviation_1() -> None:
    features = np.random.RandomState(0).standard_normal((9, 4, 4, 3)) * [1, 5, 100] + [0, 3, -50]
    layer = Standardise()
    layer.build(features.shape)
    layer.set_statistics(features.astype(np.float32))
    found = layer(features.astype(np.float32)).numpy()
    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(found.std(axis=(0, 1, 2)), 1, atol=2e-3)
