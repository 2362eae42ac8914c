"""Keras files as Keras 2 and Keras 3 write them: what is code, and pictures as Keras draws them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from core.settings import Settings
from sources.keras_file import code_in
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw, inputs_for

Flask = Callable[..., Result]


def conditional(keras: Any) -> Any:
    """A DCGAN with a one-hot label, of either Keras: transposed convolutions, two inputs."""
    latent = keras.Input((16,), name="latent")
    label = keras.Input((4,), name="one_hot_label")
    x = keras.layers.Dense(4 * 4 * 8)(keras.layers.Concatenate()([latent, label]))
    x = keras.layers.Reshape((4, 4, 8))(keras.layers.BatchNormalization()(x))
    x = keras.layers.Conv2DTranspose(8, 4, 2, padding="same")(x)
    x = keras.layers.LeakyReLU()(x)
    x = keras.layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x)
    return keras.Model([latent, label], x, name="generator")


def check_like_keras(settings: Settings, name: str, network: Any) -> None:
    """Assert that an imported model draws as its network does, to a level, in both inputs."""
    model = find_model(settings.models_folder, name)
    assert {given.name: given.kind for given in model.inputs} == {
        "latent": "latent", "one_hot_label": "category",
    }  # fmt: skip
    draws = [draw(model, seed, (1, 1)) for seed in range(8)]
    given = inputs_for(model, 2, draws)
    floats = network([given["latent"], given["one_hot_label"]], training=False).numpy()
    found = open_source(model, 1).generate(2, draws)
    assert np.abs(np.rint((floats + 1) / 2 * 255) - found).max() <= 1
    assert (found != open_source(model, 1).generate(1, draws)).any()


def test_a_file_of_keras_2(flask_command: Flask, settings: Settings, tmp_path: Path) -> None:
    """It says that transposed convolutions have 1 group, which Keras 3 refuses."""
    tf_keras = pytest.importorskip("tf_keras")
    network = conditional(tf_keras)
    network.save(tmp_path / "dcgan.h5")
    assert b'"groups": 1' in (tmp_path / "dcgan.h5").read_bytes()
    result = flask_command("models", "import", str(tmp_path / "dcgan.h5"))
    assert result.exit_code == 0, result.output
    check_like_keras(settings, "dcgan", network)


def test_what_keras_3_cannot_read_is_read_by_keras_2(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    """A layer that only Keras 2 has: an operator of TensorFlow in a functional network."""
    tf_keras = pytest.importorskip("tf_keras")
    import tensorflow as tf

    latent = tf_keras.Input((16,), name="latent")
    x = tf_keras.layers.Dense(8 * 8 * 3)(tf.math.l2_normalize(latent, axis=-1))
    tf_keras.Model(latent, tf.tanh(tf_keras.layers.Reshape((8, 8, 3))(x))).save(tmp_path / "m.h5")
    words = ("models", "import", str(tmp_path / "m.h5"))
    refused = flask_command(*words)
    assert refused.exit_code == 1 and "layers of its maker's own: TFOpLambda" in refused.output
    result = flask_command(*words, "--trust")
    assert result.exit_code == 0, result.output
    model = find_model(settings.models_folder, "m")
    assert [given.name for given in model.inputs] == ["latent"]
    assert open_source(model, 1).generate(0, [draw(model, 0, (1, 1))]).shape == (1, 8, 8, 3)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_plain_network_holds_no_code(
    flask_command: Flask, settings: Settings, tmp_path: Path, suffix: str
) -> None:
    import keras

    network, path = conditional(keras), tmp_path / f"plain{suffix}"
    network.compile(keras.optimizers.Adam(1e-4), loss="mse")
    network.save(path)
    looked = flask_command("models", "import", str(path), "--dry-run")
    assert f"plain{suffix} holds no code" in looked.output
    assert flask_command("models", "import", str(path)).exit_code == 0
    check_like_keras(settings, "plain", network)


PIXEL_NORM = """
import keras


@keras.saving.register_keras_serializable(package="progan")
class PixelNorm(keras.layers.Layer):
    def call(self, x):
        return x / keras.ops.sqrt(keras.ops.mean(x**2, axis=-1, keepdims=True) + 1e-8)


def odd_swish(x):
    return x * keras.ops.sigmoid(x)
"""


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_of_its_makers_own_is_code(
    flask_command: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    import keras

    (tmp_path / "progan.py").write_text(PIXEL_NORM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    sys.modules.pop("progan", None)
    from progan import PixelNorm, odd_swish  # type: ignore[import-not-found]

    latent = keras.Input((16,), name="latent")
    x = keras.layers.Dense(48, activation=odd_swish)(PixelNorm()(latent))
    path = tmp_path / f"progan{suffix}"
    keras.Model(latent, keras.layers.Reshape((4, 4, 3))(x)).save(path)
    (found,) = code_in(path)
    layer = "PixelNorm" if suffix == ".keras" else "progan>PixelNorm"
    named = sorted(["odd_swish", layer])
    assert found == f"layers of its maker's own: {', '.join(named)}"
    refused = flask_command("models", "import", str(path))
    assert refused.exit_code == 1 and "add --trust" in refused.output
