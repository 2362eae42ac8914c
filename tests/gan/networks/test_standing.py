"""Statistics computed anew: those of the weights at hand, and nothing else moves."""

import keras
import numpy as np
import pytest

from gan.networks.generator import all_inputs, draw_latents
from gan.networks.layers.batch_norm import ConditionalBatchNorm
from gan.networks.sagan import SaganOptions
from gan.networks.standing import compute_standing_statistics, standing_statistics

SPEC = SaganOptions(16, categories=3, latent=8, width=2)


@pytest.fixture
def generator() -> keras.Model:
    """Away from its start; its moving averages still are 0 and 1."""
    keras.utils.set_random_seed(3)
    made = SPEC.build()
    random = np.random.RandomState(3)
    for variable in made.trainable_variables:
        variable.assign_add(random.normal(0, 0.5, variable.shape).astype(np.float32))
    return made


def drawn(generator: keras.Model, training: bool) -> np.ndarray:
    random = np.random.RandomState(5)
    labels = {"category": random.randint(0, 3, 256)}
    given = all_inputs(SPEC.inputs, draw_latents(SPEC.inputs, 256, random), labels, np.ones(256))
    return np.asarray(SPEC.picture(lambda inputs: generator(inputs, training=training), given))


def values(generator: keras.Model) -> dict[str, np.ndarray]:
    return {variable.path: variable.numpy() for variable in generator.variables}


def test_pictures_become_those_that_training_sees(generator: keras.Model) -> None:
    before = drawn(generator, training=False)
    compute_standing_statistics(generator, SPEC)
    after = drawn(generator, training=False)  # first: the pass in training moves averages
    seen = drawn(generator, training=True)
    assert np.abs(before - seen).mean() > 4 * np.abs(after - seen).mean()
    assert np.abs(after - seen).mean() < 0.1


def test_they_are_the_mean_over_all_batches(generator: keras.Model) -> None:
    """Of the first layer, whose input has no statistics before it."""
    compute_standing_statistics(generator, SPEC)
    norm = next(layer for layer in generator.layers if isinstance(layer, ConditionalBatchNorm))
    random, seen = np.random.RandomState(11), []
    first = keras.Model(generator.inputs[0], norm.input[0])
    for _ in range(SPEC.standing_passes):
        random.randint(0, 3, 64)  # the categories
        seen.append(np.asarray(first(random.standard_normal((64, 8)).astype(np.float32))))
    np.testing.assert_allclose(norm.mean, np.mean([x.mean((0, 1, 2)) for x in seen], 0), atol=1e-3)
    np.testing.assert_allclose(
        norm.variance, np.mean([x.reshape(-1, x.shape[-1]).var(0, ddof=1) for x in seen], 0),
        rtol=1e-2,
    )  # fmt: skip


def test_nothing_else_changes_and_the_same_comes_twice(generator: keras.Model) -> None:
    before = values(generator)
    compute_standing_statistics(generator, SPEC)
    once = values(generator)
    changed = {path for path in before if not np.array_equal(before[path], once[path])}
    assert changed == {path for path in before if path.endswith(("mean", "variance"))}
    compute_standing_statistics(generator, SPEC)
    again = values(generator)
    assert all(np.array_equal(once[path], again[path]) for path in once)


def test_a_grid_leaves_the_generator_as_it_was(generator: keras.Model) -> None:
    before = values(generator)
    with standing_statistics(generator, SPEC) as settled:
        assert not np.array_equal(drawn(settled, training=False), 0)
        assert any(not np.array_equal(before[path], v) for path, v in values(settled).items())
    after = values(generator)
    assert all(np.array_equal(before[path], after[path]) for path in before)
    rates = {layer.decay for layer in generator.layers if isinstance(layer, ConditionalBatchNorm)}
    assert rates == {0.999}
