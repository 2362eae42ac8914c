"""Old Keras files become SavedModels, once they are trusted."""

import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from core.settings import Settings
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw, inputs_for

Flask = Callable[..., Result]

LAYER = '''
import keras
from keras import ops


class AdaptiveNormalization(keras.layers.Layer):
    """Scales by a style, as the layer of the same purpose in many old generators."""

    def call(self, inputs):
        pictures, style = inputs
        mean = ops.mean(pictures, axis=(1, 2), keepdims=True)
        return (pictures - mean) * style + mean
'''


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three inputs and a layer of its maker's own, in the working folder."""
    import keras

    (tmp_path / "adaptive.py").write_text(LAYER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    sys.modules.pop("adaptive", None)
    from adaptive import AdaptiveNormalization  # type: ignore[import-not-found]

    latent = keras.Input((10,), name="input_2")
    noise = keras.Input((8, 8, 1), name="input_3")
    one = keras.Input((1,), name="input_4")
    x = keras.layers.Dense(8 * 8 * 4)(keras.layers.Multiply()([latent, one]))
    x = keras.layers.Reshape((8, 8, 4))(x)
    style = keras.layers.Reshape((1, 1, 4))(keras.layers.Dense(4)(latent))
    x = AdaptiveNormalization()([x, style])
    x = keras.layers.Concatenate()([x, noise])
    pictures = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(x)
    return keras.Model([latent, noise, one], pictures)


def test_an_old_file_becomes_a_model(
    flask_command: Flask, settings: Settings, generator: Any, tmp_path: Path
) -> None:
    generator.save(tmp_path / "anime.h5")
    words = ["models", "import", str(tmp_path / "anime.h5")]
    words += ["--custom-objects", "adaptive:AdaptiveNormalization"]
    looked = flask_command(*words, "--dry-run")
    assert looked.exit_code == 0
    assert "layers of its maker's own: AdaptiveNormalization" in looked.output
    assert f"would write {settings.models_folder / 'anime' / '1'}" in looked.output
    refused = flask_command(*words)
    assert refused.exit_code == 1
    assert "is not trusted" in refused.output and "add --trust" in refused.output
    assert "layers of its maker's own: AdaptiveNormalization" in refused.output
    assert not settings.models_folder.exists()

    result = flask_command(*words, "--trust")
    assert result.exit_code == 0, result.output
    model = find_model(settings.models_folder, "anime")
    assert [(i.name, i.kind) for i in model.inputs] == [
        ("input_2", "latent"), ("input_3", "noise"), ("input_4", "constant"),
    ]  # fmt: skip
    assert model.output.name == "out"
    draws = [draw(model, seed, (1, 1)) for seed in range(8)]
    pictures = open_source(model, 1).generate(0, draws)
    given = inputs_for(model, 0, draws)
    floats = generator([given[f"input_{i}"] for i in (2, 3, 4)]).numpy()
    assert np.abs(np.rint((floats + 1) / 2 * 255) - pictures).max() <= 1
    assert flask_command(*words, "--trust").exit_code == 0
    assert find_model(settings.models_folder, "anime").label == "anime/2"


def test_without_the_layer_it_says_which_option(
    flask_command: Flask, settings: Settings, generator: Any, tmp_path: Path
) -> None:
    generator.save(tmp_path / "anime.h5")
    sys.modules.pop("adaptive")
    result = flask_command("models", "import", str(tmp_path / "anime.h5"), "--trust")
    assert result.exit_code == 1
    assert "cannot be loaded" in result.output and "--custom-objects MODULE:CLASS" in result.output
    assert "Traceback" not in result.output and not settings.models_folder.exists()


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_lambda_layers_are_code(
    flask_command: Flask, settings: Settings, tmp_path: Path, suffix: str
) -> None:
    import keras

    inner = keras.Input((6,))
    x = keras.layers.Lambda(lambda t: t * 2.0, output_shape=(6,))(inner)
    x = keras.layers.Reshape((4, 4, 3))(keras.layers.Dense(48, activation="tanh")(x))
    path = tmp_path / f"doubled{suffix}"
    keras.Model(inner, x).save(path)
    refused = flask_command("models", "import", str(path))
    assert refused.exit_code == 1
    assert "holds 1 Lambda layer: code" in refused.output
    result = flask_command("models", "import", str(path), "--trust", "--name", "Twice")
    assert result.exit_code == 0, result.output
    model = find_model(settings.models_folder, "twice")
    assert open_source(model, 1).generate(0, [draw(model, 1, (1, 1))]).shape == (1, 4, 4, 3)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_is_not_opened_unless_trusted(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    path, sprung = tmp_path / "model.pkl", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    refused = flask_command("models", "import", str(path))
    assert refused.exit_code == 1
    assert "a pickle, which is code altogether" in refused.output
    assert not sprung.exists()
    result = flask_command("models", "import", str(path), "--trust")
    assert result.exit_code == 1 and "no Keras model" in result.output
    assert sprung.exists()
    assert not settings.models_folder.exists()


@pytest.mark.parametrize(
    "name, data, message",
    [
        ("a.h5", b"\x89HDF\r\n\x1a\n and no more", "is no Keras file, or a truncated one"),
        ("a.keras", b"PK", "is no Keras file, or a truncated one"),
        ("a.txt", b"", "is no Keras file by its name"),
        ("absent.h5", None, "there is no file"),
    ],
)
def test_wrong_files(
    flask_command: Flask, tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    result = flask_command("models", "import", str(tmp_path / name), "--trust")
    assert result.exit_code == 1 and message in result.output


ODD = [
    "{}", "[]", "3", "null", '"Model"', "{", "[" * 100_000, '{"config": {"layers": null}}',
    '{"class_name": 4, "config": 3}', '{"class_name": "Model", "config": [{"class_name": 5, '
    '"inbound_nodes": []}, {"class_name": [], "inbound_nodes": 1}, {"class_name": null}]}',
    '{"a":' * 500 + "1" + "}" * 500,
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:30])
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_odd_json_is_one_line(flask_command: Flask, tmp_path: Path, suffix: str, text: str) -> None:
    import h5py

    path = tmp_path / f"odd{suffix}"
    if suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = text if len(text) < 60_000 else 7
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", text)
    for option in ("--dry-run", "--trust"):
        result = flask_command("models", "import", str(path), option)
        if '"class_name": "Model"' in text and option == "--dry-run":
            assert result.exit_code == 0 and "layers of its maker's own: " in result.output
            continue
        assert result.exit_code == 1 and str(path) in result.output
        assert len(result.output.splitlines()) == 1


def test_weights_alone(flask_command: Flask, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["kernel"] = np.zeros((2, 2))
    result = flask_command("models", "import", str(tmp_path / "weights.h5"), "--trust")
    assert result.exit_code == 1 and "holds weights alone" in result.output


@pytest.mark.parametrize("text", ["AdaIN", "style:", "nowhere.at:all", "json:absent"])
def test_wrong_custom_objects(
    flask_command: Flask, generator: Any, tmp_path: Path, text: str
) -> None:
    generator.save(tmp_path / "anime.h5")
    words = ("models", "import", str(tmp_path / "anime.h5"), "--trust")
    result = flask_command(*words, "--custom-objects", text)
    assert result.exit_code == 1 and f"--custom-objects '{text}'" in result.output
