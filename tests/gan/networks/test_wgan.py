"""The document's pair: shapes at each size, parameter counts, a step, export and load."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.wgan import (
    BadSize,
    DeconvolutionalOptions,
    build_critic,
    build_generator,
    critic_channels,
    generator_channels,
)

DOCUMENT = DeconvolutionalOptions(128)
RANDOM = np.random.RandomState(0)


def counted(model: keras.Model) -> tuple[int, int]:
    """Return the numbers of trained parameters and of statistics."""
    groups = (model.trainable_variables, model.non_trainable_variables)
    trained, statistics = (sum(int(np.prod(v.shape)) for v in group) for group in groups)
    return trained, statistics


def test_parameter_counts_at_128_px_are_the_documents() -> None:
    """By hand: a dense layer, β, then kernel, bias and β of each convolution."""
    dense = 100 * 2048 + 2048
    up = [(128, 64), (64, 32), (32, 16), (16, 8), (8, 3)]
    kernels = sum(25 * a * b + b for a, b in up)
    assert counted(build_generator(DOCUMENT)) == (dense + kernels + 248, 2 * 248)
    down = [(3, 16), (16, 32), (32, 64), (64, 128)]
    critic = sum(25 * a * b + b for a, b in down) + (32 + 64 + 128) + 8 * 8 * 128 + 1
    assert counted(build_critic(128)) == (critic, 0)
    assert (dense + kernels + 248, critic) == (479_819, 278_657)
    assert counted(build_critic(128, normalised=False)) == (critic - 224, 0)


@pytest.mark.parametrize(
    ("size_px", "generator", "critic"),
    [
        (8, [128], [16]),
        (64, [128, 64, 32, 16], [16, 32, 64, 128]),
        (128, [128, 64, 32, 16, 8], [16, 32, 64, 128]),
        (256, [128, 64, 32, 16, 8, 8], [16, 32, 64, 128, 128]),
    ],
)
def test_depth_goes_with_the_size(size_px: int, generator: list[int], critic: list[int]) -> None:
    assert generator_channels(size_px) == generator
    assert critic_channels(size_px) == critic
    options = DeconvolutionalOptions(size_px, latent=5)
    pictures = build_generator(options)([RANDOM.uniform(-1, 1, (2, 5)).astype(np.float32)])
    assert pictures.shape == (2, size_px, size_px, 3)
    assert build_critic(size_px)(pictures).shape == (2,)


@pytest.mark.parametrize("size_px", [4, 48, 100])
def test_a_size_that_is_no_power_of_two_is_refused(size_px: int) -> None:
    with pytest.raises(BadSize, match=rf"{size_px} px cannot be reached by doubling.*--size \d+"):
        DeconvolutionalOptions(size_px)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_pictures_and_logits_are_float32(policy: str) -> None:
    options = DeconvolutionalOptions(16, latent=5)
    with dtype_policy(policy):
        generator, critic = build_generator(options), build_critic(16)
    pictures = generator([RANDOM.uniform(-1, 1, (3, 5)).astype(np.float32)])
    assert pictures.dtype == critic(pictures).dtype == tf.float32
    assert np.abs(pictures).max() <= 1


def test_nothing_stands_between_the_critics_last_layer_and_its_logit() -> None:
    critic = build_critic(16)
    (dense,) = [layer for layer in critic.layers if isinstance(layer, keras.layers.Dense)]
    dense.bias.assign([1234.0])
    assert float(critic(np.zeros((2, 16, 16, 3), np.float32))[0]) > 1000


def test_initial_weights_are_cut_at_two_deviations() -> None:
    kernel = np.asarray(build_generator(DOCUMENT).layers[1].kernel)
    assert 0.039 < np.abs(kernel).max() <= 0.04
    assert 0.017 < kernel.std() < 0.018  # .02 before what is cut


@pytest.mark.parametrize("name", ["generator", "critic"])
def test_export_and_load_gives_the_same(name: str, tmp_path: Path) -> None:
    options = DeconvolutionalOptions(16, latent=5)
    model = build_generator(options) if name == "generator" else build_critic(16)
    shape = (5,) if name == "generator" else (16, 16, 3)
    given = RANDOM.uniform(-1, 1, (4, *shape)).astype(np.float32)
    inputs = [given] if name == "generator" else given
    model(inputs, training=True)
    model.export(str(tmp_path), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.serve(inputs), model(inputs), atol=1e-5)
