"""StyleGAN's pair: scaled weights, growth, AdaIN, blur and deviation against NumPy, the counts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.growth import Growth, detail_of, grown_to, level_at
from gan.networks.layers.equalised import EqualisedConv2D, EqualisedDense
from gan.networks.stylegan import (
    Epilogue,
    StyleOptions,
    StyleTruncation,
    WithDeviation,
    blur,
    build_discriminator,
    build_generator,
)

RANDOM = np.random.RandomState(0)
TINY = StyleOptions(16, latent=6, most_channels=5, channels_base=48)


def draw(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def moved(model: keras.Model) -> keras.Model:
    for variable in model.trainable_variables:
        variable.assign_add(draw(*variable.shape) * 0.3)
    return model


def inputs(count: int = 4, psi: float = 1.0) -> list[np.ndarray]:
    size = TINY.size_px
    return [draw(count, 6), draw(count, size, size, 1), np.full((count, 1), psi, np.float32)]


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_weights_are_normal_and_scaled_when_used(multiplier: float) -> None:
    layer = EqualisedDense(400, multiplier=multiplier)
    x = draw(3, 50)
    found = np.asarray(layer(x))
    kernel = np.asarray(layer.kernel)
    np.testing.assert_allclose(kernel.std(), 1 / multiplier, rtol=0.05)
    scale = np.sqrt(2 / 50) * multiplier
    np.testing.assert_allclose(found, x @ kernel * scale, rtol=1e-4, atol=1e-5)
    layer.bias.assign(np.ones(400))
    np.testing.assert_allclose(layer(x), found + multiplier, rtol=1e-4, atol=1e-4)
    layer.fold()
    np.testing.assert_allclose(layer(x), found + multiplier, rtol=1e-4, atol=1e-4)


def test_a_convolutions_fan_in_counts_its_taps() -> None:
    layer = EqualisedConv2D(4, 3)
    layer(draw(1, 5, 5, 7))
    assert layer.scale == pytest.approx(np.sqrt(2 / 63))


def test_blur_is_1_2_1_along_both_axes() -> None:
    x = np.zeros((1, 5, 5, 1), np.float32)
    x[0, 2, 2, 0] = 16
    kernel = np.outer([1, 2, 1], [1, 2, 1])
    np.testing.assert_allclose(np.asarray(blur(tf.constant(x)))[0, 1:4, 1:4, 0], kernel)
    np.testing.assert_allclose(np.asarray(blur(tf.constant(x))).sum(), 16)


def test_the_epilogue_is_noise_bias_leak_and_adain() -> None:
    layer = Epilogue()
    x, noise, w = draw(2, 4, 4, 3), draw(2, 4, 4, 1), draw(2, 6)
    layer([x, noise, w])
    layer.strength.assign([0.5, 0.0, -1.0])
    layer.bias.assign([1.0, 0.0, 0.5])
    h = x + noise * np.array([0.5, 0, -1]) + np.array([1, 0, 0.5])
    h = np.where(h > 0, h, 0.2 * h)
    h = (h - h.mean((1, 2), keepdims=True)) / np.sqrt(h.var((1, 2), keepdims=True) + 1e-8)
    style = w @ np.asarray(layer.style.kernel) / np.sqrt(6) + np.asarray(layer.style.bias)
    expected = h * (1 + style[:, None, None, :3]) + style[:, None, None, 3:]
    np.testing.assert_allclose(layer([x, noise, w]), expected, atol=1e-4)


def test_the_deviation_is_taken_among_four() -> None:
    x = draw(8, 2, 2, 3)
    found = np.asarray(WithDeviation()(x))
    np.testing.assert_array_equal(found[..., :3], x)
    for start in (0, 1):  # every second picture is of one group
        group = x[start::2]
        expected = np.sqrt(group.var(axis=0) + 1e-8).mean()
        np.testing.assert_allclose(found[start::2, ..., 3], expected, rtol=1e-5)
    same = np.repeat(x[:1], 8, axis=0)
    assert np.asarray(WithDeviation()(same))[..., 3].max() < 1e-3
    assert WithDeviation()(draw(6, 2, 2, 3)).shape == (6, 2, 2, 4)  # groups of 3


def test_truncation_goes_towards_the_average_which_moves_slowly() -> None:
    layer = StyleTruncation()
    w, psi = draw(3, 6), np.array([[1.0], [0.0], [0.5]], np.float32)
    layer([w, psi])
    layer.average.assign(np.ones(6))
    expected = [w[0], np.ones(6), (w[2] + 1) / 2]
    np.testing.assert_allclose(layer([w, psi]), expected, rtol=1e-5)
    layer.move(tf.constant(w))
    np.testing.assert_allclose(layer.average, 0.995 + 0.005 * w.mean(0), rtol=1e-5)


def test_levels_rise_by_a_stage_then_fade() -> None:
    found = [level_at(kimg, 1, 3, 10, 5) for kimg in (0, 9.9, 10, 12.5, 15, 24, 27.5, 30, 900)]
    np.testing.assert_allclose(found, [1, 1, 1, 1.5, 2, 2, 2.5, 3, 3])


def test_real_pictures_have_the_detail_of_the_stage() -> None:
    x = draw(2, 16, 16, 3)
    whole = detail_of(tf.constant(x), Growth(2))
    np.testing.assert_array_equal(whole, x)

    def averaged(block: int) -> np.ndarray:
        small = x.reshape(2, 16 // block, block, 16 // block, block, 3).mean((2, 4))
        return np.asarray(small.repeat(block, 1).repeat(block, 2))

    np.testing.assert_allclose(detail_of(tf.constant(x), Growth(1)), averaged(2), atol=1e-6)
    mixed = detail_of(tf.constant(x), Growth(1, 0.25))
    np.testing.assert_allclose(mixed, 0.75 * averaged(4) + 0.25 * averaged(2), atol=1e-6)


def test_a_stage_shows_and_trains_what_is_below_it_alone() -> None:
    generator = moved(build_generator(TINY))
    synthesis = generator.get_layer("synthesis")
    given = [draw(2, 6, 6), draw(2, 16, 16, 1)]
    trained = {}
    for growth in (Growth(0), Growth(1, 0.5), Growth(2)):
        with tf.GradientTape() as tape, grown_to(growth):
            picture = synthesis(given, training=True)
            loss = tf.reduce_sum(tf.square(picture))
        gradients = tape.gradient(loss, synthesis.trainable_variables)
        trained[growth.stage] = sum(g is not None for g in gradients)
        block = 16 // (4 << growth.stage)
        small = np.asarray(picture)[:, ::block, ::block]
        np.testing.assert_array_equal(small.repeat(block, 1).repeat(block, 2), picture)
    assert trained[0] < trained[1] < trained[2]
    # the finest stage alone, whose picture the others' are not part of
    assert trained[2] == len(synthesis.trainable_variables) - 2 * 2


def test_fading_in_goes_from_the_coarser_picture_to_the_finer() -> None:
    synthesis = moved(build_generator(TINY)).get_layer("synthesis")
    given = [draw(2, 6, 6), draw(2, 16, 16, 1)]

    def at(growth: Growth) -> np.ndarray:
        with grown_to(growth):
            return np.asarray(synthesis(given))

    coarse, fine = at(Growth(1)), at(Growth(2))
    np.testing.assert_allclose(at(Growth(2, 0.0)), coarse, atol=1e-5)
    np.testing.assert_allclose(at(Growth(2, 0.3)), 0.7 * coarse + 0.3 * fine, atol=1e-5)
    # drawing outside of training follows the level that is kept as a weight
    grown = synthesis.get_layer("grown")
    grown.level.assign(1.3)
    np.testing.assert_allclose(synthesis(given), 0.7 * coarse + 0.3 * fine, atol=1e-5)
    grown.fold()
    np.testing.assert_allclose(synthesis(given), 0.7 * coarse + 0.3 * fine, atol=1e-5)


def test_the_discriminator_fades_in_too() -> None:
    discriminator = moved(build_discriminator(TINY))
    picture = draw(4, 16, 16, 3)

    def at(growth: Growth, seen: np.ndarray = picture) -> np.ndarray:
        with grown_to(growth):
            return np.asarray(discriminator(seen))

    np.testing.assert_allclose(at(Growth(2, 0.0)), at(Growth(1)), atol=1e-5)
    np.testing.assert_allclose(at(Growth(2, 1.0)), at(Growth(2)), atol=1e-5)
    np.testing.assert_allclose(discriminator(picture), at(Growth(2)), atol=1e-5)
    finer = picture + np.tile([[1, -1], [-1, 1]], (8, 8))[None, :, :, None].astype(np.float32)
    np.testing.assert_allclose(at(Growth(1), finer), at(Growth(1)), atol=1e-4)
    assert np.abs(at(Growth(2), finer) - at(Growth(2))).max() > 1e-2


def test_noise_and_truncation_reach_the_picture() -> None:
    generator = moved(build_generator(TINY))
    latent, noise, psi = inputs()
    first = generator([latent, noise, psi])
    assert np.abs(first - generator([latent, draw(*noise.shape), psi])).max() > 1e-2
    generator.get_layer("truncation").average.assign(draw(6))
    same = generator([latent, np.repeat(noise[:1], 4, axis=0), np.zeros_like(psi)])
    np.testing.assert_allclose(same[0], same[1], atol=1e-5)


def test_parameter_counts_at_128_px_are_the_papers() -> None:
    """By hand: 512 channels to 32×32, 256 at 64, 128 at 128."""
    options = StyleOptions(128)
    channels = [512, 512, 512, 512, 256, 128]
    assert [options.channels(stage) for stage in range(6)] == channels
    mapping = 8 * (512 * 512 + 512)

    def epilogue(c: int) -> int:
        return 2 * c + 512 * 2 * c + 2 * c

    synthesis = 16 * 512
    for stage, c in enumerate(channels):
        synthesis += 2 * epilogue(c) + 9 * c * c + 3 * c + 3
        synthesis += 9 * channels[stage - 1] * c if stage else 0
    discriminator = 9 * 513 * 512 + 512 + 16 * 512 * 512 + 512 + 513 + 4 * 512
    for stage, c in enumerate(channels):
        if stage:
            below = channels[stage - 1]
            discriminator += 9 * c * c + c + 9 * c * below + below + 4 * c
    generator = build_generator(options)

    def counted(model: keras.Model) -> int:
        return sum(int(np.prod(v.shape)) for v in model.trainable_variables)

    assert counted(generator.get_layer("mapping")) == mapping
    assert counted(generator) == mapping + synthesis
    assert counted(build_discriminator(options)) == discriminator


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_pictures_and_logits_are_float32(policy: str) -> None:
    with dtype_policy(policy):
        generator, discriminator = build_generator(TINY), build_discriminator(TINY)
    picture = generator(inputs())
    assert picture.shape == (4, 16, 16, 3)
    assert picture.dtype == discriminator(picture).dtype == tf.float32
    every = [*generator.variables, *discriminator.variables]
    assert {variable.dtype for variable in every} == {"float32"}
