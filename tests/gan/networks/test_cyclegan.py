"""CycleGAN's networks: the authors' sizes, the paper's receptive field, norms as NumPy has them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.cyclegan import (
    InstanceNorm,
    ReflectionPad,
    build_patch_discriminator,
    build_translator,
)
from gan.networks.fast.lean import MirroredConv2D
from gan.networks.residual import BadNetwork


@pytest.mark.parametrize(("blocks", "authors"), [(6, 7_837_699), (9, 11_378_179)])
def test_the_generator_has_the_authors_parameters_less_the_biases_that_do_nothing(
    blocks: int, authors: int
) -> None:
    network = build_translator(128, 64, blocks)
    without_effect = 64 + 128 + 256 + blocks * 2 * 256 + 128 + 64
    assert network.count_params() == authors - without_effect
    assert network.output_shape == (None, 128, 128, 3)


def test_the_small_generator_has_a_quarter_of_them() -> None:
    assert build_translator(128, 32, 6).count_params() == 1_963_203


def test_resizing_takes_as_many_weights_and_no_transposed_convolution() -> None:
    network = build_translator(64, 8, 1, "resize")
    assert network.count_params() == build_translator(64, 8, 1).count_params()
    assert network.output_shape == (None, 64, 64, 3)
    assert not any(isinstance(x, keras.layers.Conv2DTranspose) for x in network.layers)


def test_the_discriminator_is_the_authors() -> None:
    network = build_patch_discriminator(128, 64)
    assert network.count_params() == 2_764_737 - (128 + 256 + 512)


@pytest.mark.parametrize(("halvings", "patch", "patches"), [(3, 70, 14), (2, 34, 30), (1, 16, 62)])
def test_the_discriminator_judges_patches(halvings: int, patch: int, patches: int) -> None:
    network = build_patch_discriminator(128, 8, halvings)
    assert network.output_shape == (None, patches, patches, 1)
    field = 1
    for layer in reversed([x for x in network.layers if isinstance(x, keras.layers.Conv2D)]):
        field = (field - 1) * layer.strides[0] + layer.kernel_size[0]
    assert field == patch


def test_weights_start_normal_with_a_deviation_of_002() -> None:
    for network in (build_translator(32, 16, 2), build_patch_discriminator(32, 16)):
        for weight in network.trainable_variables:
            values = np.asarray(weight)
            if values.ndim == 1:
                assert not values.any()
            elif values.size > 1000:
                assert values.std() == pytest.approx(0.02, rel=0.1)


def by_hand(x: np.ndarray) -> np.ndarray:
    mean = x.mean(axis=(1, 2), keepdims=True)
    return np.asarray((x - mean) / np.sqrt(x.var(axis=(1, 2), keepdims=True) + 1e-5))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("batch", [1, 3])
def test_instance_norm_is_that_of_numpy_per_sample_and_channel(training: bool, batch: int) -> None:
    x = np.random.RandomState(0).normal(3, 5, (batch, 6, 5, 4)).astype(np.float32)
    found = InstanceNorm()(x, training=training)
    np.testing.assert_allclose(found, by_hand(x.astype(np.float64)), atol=2e-5)


def test_both_ways_of_the_norm_have_the_same_gradient() -> None:
    random = np.random.RandomState(1)
    x = tf.constant(random.normal(1, 2, (2, 6, 5, 4)).astype(np.float32))
    weight = random.normal(size=x.shape).astype(np.float32)
    gradients = []
    for training in (True, False):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.square(InstanceNorm()(x, training=training)) * weight)
        gradients.append(tape.gradient(y, x).numpy())
    assert np.abs(gradients[0]).max() > 0.1
    np.testing.assert_allclose(gradients[0], gradients[1], atol=1e-4)


def test_padding_mirrors_without_repeating_the_edge() -> None:
    x = np.arange(2 * 5 * 6, dtype=np.float32).reshape(1, 5, 6, 2)
    expected = np.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(ReflectionPad(3)(x), expected)


def test_in_training_and_after_it_a_picture_is_translated_alike() -> None:
    network = build_translator(32, 8, 2)
    picture = np.random.RandomState(2).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    trained, used = network(picture, training=True).numpy(), network(picture).numpy()
    assert used.std() > 0
    np.testing.assert_allclose(trained, used, atol=1e-4)
    assert np.abs(used).max() <= 1


def trunk(network: keras.Model) -> list[keras.layers.Layer]:
    """Return what lies between the first and the last mirrored convolution."""
    places = [i for i, x in enumerate(network.layers) if isinstance(x, MirroredConv2D)]
    return list(network.layers[places[0] : places[-1] + 1])


def test_the_trunk_is_float32_only_where_it_is_convolved_by_fewer_products(
    request: pytest.FixtureRequest,
) -> None:
    with dtype_policy("mixed_bfloat16"):
        direct = build_translator(32, 4, 2)
        request.getfixturevalue("everywhere")
        lean = build_translator(32, 4, 2)
    assert {layer.compute_dtype for layer in trunk(direct)} == {"bfloat16"}
    assert {layer.compute_dtype for layer in trunk(lean)} == {"float32"}
    lean.set_weights(direct.get_weights())
    picture = np.random.RandomState(2).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    for training in (True, False):
        found, expected = (np.asarray(x(picture, training=training)) for x in (lean, direct))
        assert expected.std() > 0
        assert np.abs(found - expected).mean() < 0.05 * np.abs(expected).mean()


@pytest.mark.parametrize("size_px", [24, 30, 34])
def test_sizes_that_cannot_be_halved_and_judged_are_refused(size_px: int) -> None:
    with pytest.raises(BadNetwork, match=f"pictures of {size_px} px"):
        build_translator(size_px, 8, 1)
    with pytest.raises(BadNetwork, match=f"pictures of {size_px} px"):
        build_patch_discriminator(size_px, 8)
