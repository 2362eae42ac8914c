"""WGAN and WGAN-GP: the schedule, clipping, losses and the penalty against NumPy."""

import dataclasses
import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.dataset.files import Dataset
from gan.methods.wgan import WGAN, Options, build
from gan.recipes import read_recipe
from gan.runs.options import BadOptions
from tests.gan.methods.tiny_recipes import tiny

DOCUMENTS: Options = read_recipe("wgan")  # type: ignore[assignment]
SEED = tf.constant([3, 4], tf.int32)


@pytest.fixture
def pictures(tiny_dataset: Dataset) -> np.ndarray:
    random = np.random.RandomState(0)
    return random.uniform(-1, 1, (4, tiny_dataset.size_px, tiny_dataset.size_px, 3)).astype("f")


def begin(recipe: str, dataset: Dataset) -> WGAN:
    return build(tiny(recipe), dataset, "float32")  # type: ignore[arg-type]


def critic_steps(options: Options, step: int) -> int:
    """Return how many of the critic's steps belong to one of the generator, counted from 0."""
    return (options.pictures_seen(step + 1) - options.pictures_seen(step)) // options.batch


def test_the_schedule_is_the_documents() -> None:
    steps = [critic_steps(DOCUMENTS, i) for i in range(1002)]
    assert steps[:25] == [25] * 25
    assert set(steps[25:500]) == {5}
    assert [i for i, n in enumerate(steps) if n == 25 and i >= 25] == [500, 1000]
    assert DOCUMENTS.steps() == 127_000
    assert {critic_steps(read_recipe("wgan-gp"), i) for i in range(1002)} == {5}  # type: ignore[arg-type]


def test_it_says_when_there_is_something_to_see() -> None:
    assert DOCUMENTS.beginning.startswith("the first 40,000 pictures are 25 steps of the generator")
    assert read_recipe("wgan-gp").beginning == ""


@pytest.mark.parametrize("changes", [{}, {"first_steps": 7, "more_every": 3}, {"more_every": 0}])
def test_pictures_seen_are_the_sum_over_the_steps(changes: dict[str, Any]) -> None:
    options = dataclasses.replace(DOCUMENTS, **changes)
    total = 0
    for step in range(1200):
        assert options.pictures_seen(step) == total, step
        longer = step < options.first_steps
        longer |= bool(options.more_every) and step % options.more_every == 0
        total += (options.first_critic_steps if longer else options.critic_steps) * 64


def test_the_critic_is_clipped_before_its_step_and_free_after(
    tiny_dataset: Dataset, pictures: np.ndarray
) -> None:
    method = begin("wgan", tiny_dataset)
    weights = method.discriminator.trainable_variables
    for weight in weights:
        weight.assign(np.full(weight.shape, 0.5))
    method.critic_step(tf.constant(pictures), tf.constant(pictures[::-1] / 2), SEED)
    moved = [np.abs(np.asarray(weight)) for weight in weights]
    # one step of 2e-4 · g / √(.9 + .1 g²) is at most 2e-4 · √10 long
    assert max(m.max() for m in moved) <= 0.01 + 2e-4 * 10**0.5 + 1e-6
    assert max(m.max() for m in moved) > 0.01
    method.generator_step(SEED)
    for weight, before in zip(weights, moved, strict=True):
        np.testing.assert_array_equal(np.abs(np.asarray(weight)), before)


def test_a_critic_step_leaves_the_generator(tiny_dataset: Dataset, pictures: np.ndarray) -> None:
    method = begin("wgan", tiny_dataset)
    kept = [np.asarray(v).copy() for v in method.generator.variables]
    method.critic_step(tf.constant(pictures), tf.constant(pictures[::-1] / 2), SEED)
    for found, before in zip(method.generator.variables, kept, strict=True):
        np.testing.assert_array_equal(found, before)


def test_losses_are_those_of_the_logits(tiny_dataset: Dataset, pictures: np.ndarray) -> None:
    method = begin("wgan", tiny_dataset)
    found = method.critic_step(tf.constant(pictures), tf.constant(pictures[::-1] / 2), SEED)
    expected = float(found["logit/fake"]) - float(found["logit/real"])
    np.testing.assert_allclose(found["loss/discriminator"], expected, atol=1e-6)
    np.testing.assert_allclose(found["distance"], -expected, atol=1e-6)


def test_the_penalty_equals_finite_differences(tiny_dataset: Dataset, pictures: np.ndarray) -> None:
    """‖∇D‖ at the point between, from one difference of D per pixel.

    The weights are always the same: where a unit's kink lies within a difference, it is wrong.
    """
    keras.utils.set_random_seed(1)
    method = begin("wgan-gp", tiny_dataset)
    for weight in method.discriminator.trainable_variables:  # .02 gives a slope near 0
        weight.assign(np.asarray(weight) * 8)
    real, fake = tf.constant(pictures), tf.constant(pictures[::-1] * 0.5)
    found = float(method.gradient_penalty(real, fake, SEED))
    alpha = tf.random.stateless_uniform((4, 1, 1, 1), SEED).numpy()
    points = pictures + alpha * (pictures[::-1] * 0.5 - pictures)
    assert len(np.unique(alpha)) == 4
    norms, step = [], 1e-2
    for point in points:
        around = np.repeat(point[None], 2 * point.size, axis=0).reshape(2, point.size, -1)
        around[0] += step * np.eye(point.size)
        around[1] -= step * np.eye(point.size)
        logits = np.asarray(method.discriminator(around.reshape(-1, *point.shape)))
        slopes = (logits[: point.size] - logits[point.size :]) / (2 * step)
        norms.append(np.sqrt(np.square(slopes).sum()))
    expected = np.square(np.array(norms) - 1).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-2)


def test_the_penalty_is_added_ten_times(tiny_dataset: Dataset, pictures: np.ndarray) -> None:
    real, fake = tf.constant(pictures), tf.constant(pictures[::-1] / 2)
    found = begin("wgan-gp", tiny_dataset).critic_step(real, fake, SEED)
    expected = -float(found["distance"]) + 10 * float(found["penalty"])
    np.testing.assert_allclose(found["loss/discriminator"], expected, rtol=1e-5)


@pytest.mark.parametrize("recipe", ["wgan", "wgan-gp"])
def test_one_step_equals_the_documents_passes_one_by_one(
    recipe: str, tiny_dataset: Dataset
) -> None:
    """The pictures of each critic step made and judged apart, as the document's session does."""
    options: Options = tiny(recipe)  # type: ignore[assignment]
    whole, parts = begin(recipe, tiny_dataset), begin(recipe, tiny_dataset)
    for name in ("generator", "discriminator"):
        getattr(parts, name).set_weights(getattr(whole, name).get_weights())
    count = critic_steps(options, 0)
    together = math.gcd(options.critic_steps, options.first_critic_steps)  # made at once
    batch = options.batches(tiny_dataset).draw(0, 4 * count)
    whole.step(0, batch, 0.0)
    seed = tf.constant([options.seed, 0], tf.int32)
    for i in range(count):
        first = i - i % together
        seeds = tf.random.split(tf.random.fold_in(seed, first), 2)
        latents = parts.latents(seeds[0], 4 * together)[4 * (i - first) : 4 * (i - first) + 4]
        fake = parts.generator([latents], training=True)
        real = tf.constant(batch.pictures[4 * i : 4 * i + 4])
        alpha_seed = tf.random.fold_in(seeds[1], i - first)
        critic = parts.discriminator
        if options.clip:
            for weight in critic.trainable_variables:
                weight.assign(np.clip(np.asarray(weight), -0.01, 0.01))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(critic(fake, training=True))
            loss -= tf.reduce_mean(critic(real, training=True))
            if options.penalty:
                loss += 10 * parts.gradient_penalty(real, fake, alpha_seed)
        parts._discriminator_optimizer.apply(tape.gradient(loss, critic.trainable_variables))
    parts.generator_step(tf.random.fold_in(seed, -1))
    for name in ("generator", "discriminator"):
        pairs = zip(getattr(whole, name).variables, getattr(parts, name).variables, strict=True)
        for found, expected in pairs:
            # Adam's first step is a sign, which rounding turns where the gradient is 0: that of a
            # bias before a normalisation, and some
            off = np.abs(np.asarray(found) - np.asarray(expected)) > 2e-5
            assert off.mean() < 0.02 or len(found.shape) == 1, name


def test_latents_are_uniform_in_the_documents_and_normal_in_the_papers(
    tiny_dataset: Dataset,
) -> None:
    uniform = begin("wgan", tiny_dataset).latents(SEED, 800).numpy()
    assert 0.95 < np.abs(uniform).max() <= 1
    many = begin("wgan-gp", tiny_dataset).latents(SEED, 800).numpy()
    np.testing.assert_allclose([many.mean(), many.std()], [0, 1], atol=0.05)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("critic_steps", 0, "critic_steps is 0"),
        ("clip", -0.1, "clip is -0.1"),
        ("picture_channels", 4, "must be 3"),
        ("optimizer", "sgd", "not rmsprop or adam"),
    ],
)
def test_numbers_out_of_range_are_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(BadOptions, match=message):
        dataclasses.replace(DOCUMENTS, **{name: value})  # type: ignore[arg-type]
