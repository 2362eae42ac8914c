"""The generator that knows concepts: it begins as the one that does not; its two parents."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.concepts import (
    DRAWING,
    HIDDEN,
    ConceptSizes,
    Parents,
    build_drawing,
    build_whole,
)
from gan.networks.residual import build_discriminator, build_generator

SMALL = ConceptSizes(
    size_px=32, categories=3, styles=2, latent=4, category_width=4, style_width=4,
    mapping_width=8, generator_channels=(8, 8, 6), concepts=7, concept_width=5,
)  # fmt: skip


def given(count: int = 6) -> list[np.ndarray]:
    random = np.random.RandomState(0)
    categories, styles = (
        np.eye(n, dtype=np.float32)[np.arange(count) % n] for n in (SMALL.categories, SMALL.styles)
    )
    latent, concept, other = (
        random.standard_normal((count, n)).astype(np.float32)
        for n in (SMALL.latent, SMALL.concept_width, SMALL.concept_width)
    )
    return [latent, categories, styles, concept, np.roll(categories, 1, axis=0), other]


def stirred(network: keras.Model) -> keras.Model:
    """Move all weights, so that none of them is zero."""
    random = np.random.RandomState(1)
    for variable in network.variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.1)
    return network


def own_variables(network: keras.Model) -> list[keras.Variable]:
    return [v for v in network.variables if not v.path.split("/")[-2].startswith("concept_")]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_pictures_are_float32_in_range(policy: str) -> None:
    with dtype_policy(policy):
        drawing = stirred(build_drawing(SMALL))
    pictures = np.asarray(drawing(given()))
    assert pictures.shape == (6, 32, 32, 3) and pictures.dtype == np.float32
    assert np.abs(pictures).max() <= 1
    assert {variable.dtype for variable in drawing.variables} == {"float32"}


def test_parameters_of_the_recipe() -> None:
    sizes = ConceptSizes(size_px=64, categories=74, styles=9, concepts=1164)
    added = (128 + 9 + 1) * HIDDEN + HIDDEN * 256
    assert build_drawing(sizes).count_params() == 4_286_828 + added
    assert build_whole(sizes).count_params() == 4_286_828 + added + 1164 * (128 + 1)


def test_it_begins_as_the_generator_without_concepts() -> None:
    plain, drawing = stirred(build_generator(SMALL)), build_drawing(SMALL)
    for variable, array in zip(own_variables(drawing), plain.get_weights(), strict=True):
        variable.assign(array)
    latent, category, style, concept, _, other = given()
    expected = np.asarray(plain([latent, category, style]))
    assert expected.std(axis=0).mean() > 0.01
    found = drawing([latent, category, style, concept, category, other])
    np.testing.assert_array_equal(found, expected)


def test_a_step_moves_every_weight() -> None:
    drawing = stirred(build_drawing(SMALL))
    before = drawing.get_weights()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(drawing(given(), training=True) - 0.5))
    gradients = tape.gradient(loss, drawing.trainable_variables)
    keras.optimizers.SGD(0.5).apply(gradients, drawing.trainable_variables)
    for variable, was in zip(drawing.variables, before, strict=True):
        assert np.abs(np.asarray(variable) - was).max() > 0, variable.path


def test_the_second_parent_leaves_the_features_up_to_8_px() -> None:
    drawing = stirred(build_drawing(SMALL))
    names = [layer.name for layer in drawing.layers if "modulate" in layer.name]
    inner = keras.Model(drawing.inputs, [drawing.get_layer(name).output for name in names])
    one, two = given(), given()
    two[4:] = [np.roll(part, 1, axis=0) for part in two[4:]]
    changed: dict[int, list[bool]] = {}
    for a, b in zip(inner(one), inner(two), strict=True):
        same = float(tf.reduce_max(tf.abs(a - b))) == 0
        changed.setdefault(a.shape[1], []).append(not same)
    # 4: the first block and the next one's beginning; 8: that one's end, then 16 px begin
    assert changed == {4: [False, False], 8: [False, True], 16: [True, True]}


def test_parents_are_two_concepts_of_the_category() -> None:
    layer = Parents(7, 5)
    category_of = [0, 1, 0, -1, 1, 0, 2]  # 3 is not drawn, 6 is the only one of its category
    vectors = np.random.RandomState(0).standard_normal((7, 5)).astype(np.float32)
    numbers = np.array([[0, 0], [0.34, 0.5], [0.99, 0.99], [0.5, 0.3], [0.7, 0.2]], np.float32)
    category = np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 2]]
    layer([category, numbers])
    layer.vectors.assign(vectors)
    layer.category_of.assign(category_of)
    first, second = layer([category, numbers])
    np.testing.assert_allclose(first, vectors[[0, 2, 5, 4, 6]], atol=1e-6)
    np.testing.assert_allclose(second[:4], vectors[[2, 5, 2, 1]], atol=1e-6)
    np.testing.assert_array_equal(second[4], np.zeros(5))


def test_the_whole_draws_what_its_parents_say() -> None:
    whole = stirred(build_whole(SMALL))
    whole.get_layer("choice_of_parents").category_of.assign([0, 0, 1, 1, 2, 2, -1])
    latent, category, style, *_ = given()
    numbers = np.random.RandomState(2).uniform(size=(6, 2)).astype(np.float32)
    first, second = whole.get_layer("choice_of_parents")([category, numbers])
    parts = [latent, category, style, np.asarray(first), category, np.asarray(second)]
    expected = whole.get_layer(DRAWING)(parts)
    draws = {"latent": latent, "category": category, "style": style, "parents": numbers}
    found = SMALL.picture(whole, {**draws, "truncation": np.ones(6, np.float32)})
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert {each.name for each in SMALL.inputs} == {*draws, "truncation"}


def test_a_discriminator_projects_on_the_concept_and_zeros_add_nothing() -> None:
    judge = stirred(build_discriminator(SMALL, (6, 6, 8), concept=5))
    plain = build_discriminator(SMALL, (6, 6, 8))
    assert judge.count_params() == plain.count_params() + 5 * 8 + 8 * 8
    picture = np.random.RandomState(3).uniform(-1, 1, (6, 32, 32, 3)).astype(np.float32)
    _, category, style, concept, *_ = given()
    unconditional, projection = judge([picture, category, style, concept])
    again, none = judge([picture, category, style, np.zeros_like(concept)])
    np.testing.assert_array_equal(unconditional, again)
    assert np.abs(projection - none).min() > 0
    other = judge([picture, category, style, 2 * concept])[1]
    np.testing.assert_allclose(other - none, 2 * (projection - none), rtol=1e-3, atol=1e-5)
