"""Optimizers against the formulas, in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.optimizers import Adam, RMSProp

GRADIENTS = np.random.RandomState(0).standard_normal((3, 4, 2)).astype(np.float32)


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.layers[0].bias.assign([0.5, -0.5])
    return model


def test_rmsprop_begins_with_a_mean_square_of_1(network: keras.Model) -> None:
    optimizer = RMSProp(network.trainable_variables, 0.1, decay=0.9, epsilon=1e-10)
    weight, square = np.asarray(network.layers[0].kernel), np.ones((4, 2))
    for gradient in GRADIENTS:
        optimizer.apply([tf.constant(gradient), tf.zeros(2)])
        square = 0.9 * square + 0.1 * gradient**2
        weight = weight - 0.1 * gradient / np.sqrt(square + 1e-10)
    np.testing.assert_allclose(network.layers[0].kernel, weight, rtol=1e-5)
    np.testing.assert_allclose(optimizer.variables[0], square, rtol=1e-5)
    np.testing.assert_array_equal(network.layers[0].bias, [0.5, -0.5])


def test_adam_is_kingmas_and_leaves_what_has_no_gradient(network: keras.Model) -> None:
    optimizer = Adam(network.trainable_variables, 0.1, (0.5, 0.9), 1e-8)
    weight, mean, square = np.asarray(network.layers[0].kernel), np.zeros((4, 2)), np.zeros((4, 2))
    for i, gradient in enumerate(GRADIENTS, start=1):
        rate = None if i < 3 else tf.constant(0.01)
        optimizer.apply([tf.constant(gradient), None], rate)
        mean, square = 0.5 * mean + 0.5 * gradient, 0.9 * square + 0.1 * gradient**2
        corrected = mean / (1 - 0.5**i), square / (1 - 0.9**i)
        weight = weight - (0.1 if i < 3 else 0.01) * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
    np.testing.assert_allclose(network.layers[0].kernel, weight, rtol=1e-4)
    np.testing.assert_array_equal(network.layers[0].bias, [0.5, -0.5])
    assert int(optimizer.variables[0]) == 3
