"""SAGAN's step: who moves when, at which rate, by which loss."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset
from gan.methods.sagan import SAGAN, Options, build
from gan.recipes import read_recipe
from gan.runs.options import BadOptions
from tests.gan.methods.tiny_recipes import tiny

SEED = tf.constant([3, 4], tf.int32)


def begin(dataset: Dataset, **changes: object) -> SAGAN:
    return build(dataclasses.replace(tiny("sagan"), **changes), dataset, "float32")  # type: ignore


def given(dataset: Dataset) -> tuple[tf.Tensor, tf.Tensor]:
    batch = tiny("sagan").batches(dataset).draw(0, 4)
    return tf.constant(batch.pictures), tf.constant(batch.categories)


def moved(network: keras.Model, before: list[np.ndarray]) -> list[float]:
    now = network.trainable_variables
    return [float(np.abs(np.asarray(a) - b).max()) for a, b in zip(now, before, strict=True)]


def kept(network: keras.Model) -> list[np.ndarray]:
    return [np.asarray(v).copy() for v in network.trainable_variables]


def test_each_step_moves_its_own_network_at_its_own_rate(tiny_dataset: Dataset) -> None:
    method = begin(tiny_dataset)
    pictures, categories = given(tiny_dataset)
    generator, discriminator = kept(method.generator), kept(method.discriminator)
    method.discriminator_step(pictures, categories, SEED)
    assert max(moved(method.generator, generator)) == 0
    # Adam's first step is as long as the rate
    np.testing.assert_allclose(max(moved(method.discriminator, discriminator)), 4e-4, rtol=0.01)
    discriminator = kept(method.discriminator)
    method.generator_step(categories, SEED)
    assert max(moved(method.discriminator, discriminator)) == 0
    np.testing.assert_allclose(max(moved(method.generator, generator)), 1e-4, rtol=0.01)


def test_the_loss_is_the_hinge_of_its_logits(tiny_dataset: Dataset) -> None:
    method = begin(tiny_dataset)
    pictures, categories = given(tiny_dataset)
    fake = method.generator([method._latents(4, SEED), categories], training=True)
    real_logits = np.asarray(method.discriminator([pictures, categories]))
    fake_logits = np.asarray(method.discriminator([fake, categories]))
    expected = np.maximum(0, 1 - real_logits).mean() + np.maximum(0, 1 + fake_logits).mean()
    found = method.discriminator_step(pictures, categories, SEED)
    # one more power iteration lies between the two
    np.testing.assert_allclose(found["loss/discriminator"], expected, rtol=0.2)
    np.testing.assert_allclose(found["logit/real"], real_logits.mean(), atol=0.2)


def test_the_average_halves_its_distance_in_its_half_life(tiny_dataset: Dataset) -> None:
    method = begin(tiny_dataset, ema_kimg=0.04)  # ten steps of 4
    assert method.decay**10 == pytest.approx(0.5)
    _, categories = given(tiny_dataset)
    before = kept(method.ema)
    method.generator_step(categories, SEED)
    share = 1 - method.decay
    for average, old, now in zip(kept(method.ema), before, kept(method.generator), strict=True):
        np.testing.assert_allclose(average - old, share * (now - old), atol=1e-7)
    plain = begin(tiny_dataset)
    assert plain.ema is plain.generator
    assert "ema" not in plain.variables()


def test_the_numbers_are_the_papers() -> None:
    options: Options = read_recipe("sagan")  # type: ignore[assignment]
    assert (options.generator_rate, options.discriminator_rate) == (1e-4, 4e-4)
    assert options.betas == (0.0, 0.9)
    assert options.attention == "code"


@pytest.mark.parametrize(
    ("name", "value"),
    [("width", 0), ("generator_rate", -1.0), ("ema_kimg", -1.0), ("picture_channels", 4)],
)
def test_numbers_out_of_range_are_refused(name: str, value: Any) -> None:
    with pytest.raises(BadOptions, match=name):
        dataclasses.replace(read_recipe("sagan"), **{name: value})
