"""Attention against NumPy, conditional normalisation, and SAGAN's pair."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.machine import dtype_policy
from gan.networks.layers.attention import SelfAttention
from gan.networks.layers.batch_norm import ConditionalBatchNorm
from gan.networks.residual import BadNetwork
from gan.networks.sagan import SaganOptions, build_discriminator, build_generator
from gan.networks.wgan import BadSize

RANDOM = np.random.RandomState(0)
TINY = SaganOptions(16, categories=3, latent=5, width=2)


def draw(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def by_hand(layer: SelfAttention, x: np.ndarray) -> np.ndarray:
    """Attention place by place, with the layer's normalised kernels."""

    def project(part: keras.layers.Layer, values: np.ndarray) -> np.ndarray:
        return np.asarray(values @ np.asarray(part.normalised(training=False))[0, 0])

    def pooled(values: np.ndarray) -> np.ndarray:
        n, h, w, c = values.shape
        return np.asarray(values.reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4)))

    queries, keys, values = (project(p, x) for p in (layer.queries, layer.keys, layer.values))
    if layer.variant == "code":
        keys, values = pooled(keys), pooled(values)
    found = np.empty((*x.shape[:3], values.shape[-1]))
    for n in range(len(x)):
        flat_keys, flat_values = (v[n].reshape(-1, v.shape[-1]) for v in (keys, values))
        for i, j in np.ndindex(*x.shape[1:3]):
            scores = flat_keys @ queries[n, i, j]
            weights = np.exp(scores - scores.max())
            found[n, i, j] = weights / weights.sum() @ flat_values
    if layer.variant == "code":
        found = project(layer.back, found)
    return x + float(layer.gamma) * found


@pytest.mark.parametrize("variant", ["code", "text"])
def test_attention_is_a_softmax_over_places(variant: str) -> None:
    layer = SelfAttention(variant)
    x = draw(2, 4, 6, 16)
    np.testing.assert_array_equal(layer(x), x)  # γ begins at 0
    widths = [layer.queries.outputs, layer.keys.outputs, layer.values.outputs]
    assert widths == ([2, 2, 8] if variant == "code" else [2, 2, 16])
    layer.gamma.assign(0.7)
    np.testing.assert_allclose(layer(x), by_hand(layer, x), atol=1e-4)
    before = layer(x)
    layer.fold()
    np.testing.assert_allclose(layer(x), before, atol=1e-5)


def test_conditional_normalisation_has_a_scale_and_a_shift_per_category() -> None:
    layer = ConditionalBatchNorm(decay=0.9)
    x, category = draw(6, 4, 4, 3) * 3 + 1, np.eye(2, dtype=np.float32)[[0, 1, 0, 1, 1, 0]]
    layer.build([x.shape, category.shape])
    gamma, beta = draw(2, 3), draw(2, 3)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)

    def expected(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        normal = (x - mean) / np.sqrt(variance + 1e-5)
        scale, shift = (category @ gamma)[:, None, None], (category @ beta)[:, None, None]
        return np.asarray(normal * scale + shift)

    found = layer([x, category], training=True)
    np.testing.assert_allclose(found, expected(x.mean((0, 1, 2)), x.var((0, 1, 2))), atol=1e-4)
    mean = 0.1 * x.mean((0, 1, 2))
    variance = 0.9 + 0.1 * x.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer([x, category]), expected(mean, variance), atol=1e-4)


def test_parameter_counts_at_128_px_are_the_authors() -> None:
    """By hand, without u and statistics: kernels and biases, γ and β, attention, projection."""
    options = SaganOptions(128, categories=1000)
    channels = [1024, 512, 256, 128, 64]

    def block(a: int, b: int) -> int:
        return 9 * a * b + b + 9 * b * b + b + a * b + b

    def attention(c: int) -> int:
        return 2 * c * c // 8 + 2 * c * c // 2 + 1

    generator = 128 * 16 * 1024 + 16 * 1024 + attention(256) + 2 * 64 + 9 * 64 * 3 + 3
    for a, b in zip([1024, *channels], channels, strict=False):
        generator += block(a, b) + 2000 * (a + b)
    found = sum(int(np.prod(v.shape)) for v in build_generator(options).trainable_variables)
    assert found == generator == 42_078_852

    down = [64, 128, 256, 512, 1024]
    discriminator = block(3, 64) + sum(block(a, b) for a, b in itertools.pairwise(down))
    discriminator += 2 * (9 * 1024**2 + 1024) + attention(128) + 1025 + 1000 * 1024
    found = sum(int(np.prod(v.shape)) for v in build_discriminator(options).trainable_variables)
    assert found == discriminator == 39_463_618


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_pictures_and_logits_are_float32(policy: str) -> None:
    with dtype_policy(policy):
        generator, discriminator = build_generator(TINY), build_discriminator(TINY)
    category = tf.constant(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]])
    pictures = generator([tf.constant(draw(4, 5)), category])
    logits = discriminator([pictures, category])
    assert pictures.shape == (4, 16, 16, 3)
    assert logits.shape == (4,)
    assert pictures.dtype == logits.dtype == tf.float32
    assert np.abs(pictures).max() <= 1
    every = [*generator.variables, *discriminator.variables]
    assert {variable.dtype for variable in every} <= {"float32", "int64", "uint32"}


def test_the_category_reaches_the_picture_and_the_logit() -> None:
    generator, discriminator = build_generator(TINY), build_discriminator(TINY)
    for variable in generator.trainable_variables:
        variable.assign_add(draw(*variable.shape) * 0.3)
    one, other = (np.eye(3, dtype=np.float32)[[i] * 2] for i in (0, 1))
    latents, picture = draw(2, 5), draw(2, 16, 16, 3)
    assert np.abs(generator([latents, one]) - generator([latents, other])).max() > 1e-3
    assert np.abs(discriminator([picture, one]) - discriminator([picture, other])).max() > 1e-4


def test_sizes_and_variants_that_are_not_are_refused() -> None:
    with pytest.raises(BadSize, match="48 px"):
        SaganOptions(48, categories=3)
    with pytest.raises(BadNetwork, match="attention is 'both'"):
        SaganOptions(64, categories=3, attention="both")
    assert SaganOptions(64, categories=3, width=4).channels == [64, 32, 16, 8]
    assert SaganOptions(256, categories=3, width=4).channels == [64, 32, 16, 8, 4, 4]
