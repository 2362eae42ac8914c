"""Each network: shapes and dtypes, parameter count, a step that moves it, export and load."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.residual import (
    BadNetwork,
    ResidualOptions,
    build_discriminator,
    build_generator,
)

EMOJI = ResidualOptions(size_px=64, categories=74, styles=9)
TINY = ResidualOptions(size_px=16, categories=3, styles=2, generator_channels=(8, 6))
BUILD = {
    "generator": build_generator,
    "discriminator": lambda options: build_discriminator(options, (6, 8)),
}


def inputs(network: str, options: ResidualOptions, count: int) -> list[np.ndarray]:
    random = np.random.RandomState(0)
    first = {
        "generator": (count, options.latent),
        "discriminator": (count, options.size_px, options.size_px, 3),
    }[network]
    return [
        random.uniform(-1, 1, first).astype(np.float32),
        np.eye(options.categories, dtype=np.float32)[np.arange(count) % options.categories],
        np.eye(options.styles, dtype=np.float32)[np.arange(count) % options.styles],
    ]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_generator_makes_float32_pictures_in_range(policy: str) -> None:
    with dtype_policy(policy):
        generator = build_generator(TINY)
    pictures = generator(inputs("generator", TINY, 5)).numpy()
    assert pictures.shape == (5, 16, 16, 3)
    assert pictures.dtype == np.float32
    assert np.abs(pictures).max() <= 1
    assert {variable.dtype for variable in generator.variables} == {"float32"}


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_discriminator_gives_two_float32_logits(policy: str) -> None:
    with dtype_policy(policy):
        discriminator = build_discriminator(TINY, (6, 8))
    logits = discriminator(inputs("discriminator", TINY, 5))
    assert [tuple(logit.shape) for logit in logits] == [(5,), (5,)]
    assert {logit.dtype for logit in logits} == {tf.float32}
    assert {variable.dtype for variable in discriminator.variables} == {"float32"}
    by_name = {type(layer).__name__: layer.compute_dtype for layer in discriminator.layers}
    assert by_name["Dense"] == "float32"
    assert by_name["Conv2D"] == policy.removeprefix("mixed_")


def test_parameter_counts_of_the_emoji_recipe() -> None:
    assert build_generator(EMOJI).count_params() == 4_286_828
    assert build_discriminator(EMOJI).count_params() == 2_823_905


@pytest.mark.parametrize("network", BUILD)
def test_one_step_changes_every_weight(network: str) -> None:
    model = BUILD[network](TINY)
    # zero kernels of the modulation pass no gradient to what feeds them
    random = np.random.RandomState(1)
    for variable in model.variables:
        variable.assign_add(random.standard_normal(variable.shape).astype(np.float32) * 0.05)
    before = model.get_weights()
    with tf.GradientTape() as tape:
        outputs = model(inputs(network, TINY, 6), training=True)
        loss = sum(tf.reduce_sum(tf.square(output - 0.5)) for output in tf.nest.flatten(outputs))
    gradients = tape.gradient(loss, model.trainable_variables)
    keras.optimizers.Adam(1e-2).apply(gradients, model.trainable_variables)
    for variable, old in zip(model.variables, before, strict=True):
        assert np.abs(np.asarray(variable) - old).max() > 0, variable.path


@pytest.mark.parametrize("network", BUILD)
def test_export_and_load_gives_the_same(network: str, tmp_path: Path) -> None:
    model = BUILD[network](TINY)
    given = inputs(network, TINY, 4)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve", model.call, [[tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in given]]
    )
    archive.write_out(str(tmp_path), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path))
    served = loaded.serve([tf.constant(x) for x in given])
    for found, expected in zip(tf.nest.flatten(served), tf.nest.flatten(model(given)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("last", ["depth_to_space", "upsample"])
def test_transparent_pictures_have_four_channels(last: str) -> None:
    options = dataclasses.replace(TINY, picture_channels=4, last=last)
    pictures = build_generator(options)(inputs("generator", options, 3)).numpy()
    assert pictures.shape == (3, 16, 16, 4)
    assert np.abs(pictures).max() <= 1


def test_channels_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(BadNetwork, match="generator_channels lead from 4 to 64 px, not to 128"):
        ResidualOptions(size_px=128, categories=3, styles=1)
    with pytest.raises(BadNetwork, match="discriminator_channels lead from 4 to 8 px, not to 16"):
        build_discriminator(TINY, (8,))
    with pytest.raises(BadNetwork, match="last is 'shuffle'"):
        dataclasses.replace(TINY, last="shuffle")
