"""A real generator in miniature: five categories, two styles, 16 px, LiteRT, made in a second."""

from pathlib import Path
from typing import Any

from tests.made_once import made_once

SLUGS = ("mammal", "bird", "hat", "drink", "great_white_shark")

MODEL_TOML = """\
name = "{name}"
version = {version}
title = "A tiny generator for tests"
licence = "MIT"
size_px = 16
channels = 3

[litert]
file = "model.tflite"
signatures = {{ 1 = "serve_1", 8 = "serve_8" }}

[inputs.latent]
kind = "latent"
width = 12
distribution = "truncated_normal"

[inputs.category]
kind = "category"
encoding = "one_hot"
width = 5

[inputs.style]
kind = "choice"
encoding = "one_hot"
width = 3
among = [0, 2]

[inputs.truncation]
kind = "truncation"
shape = "per_picture"

[output]
name = "picture"
layout = "NHWC"
range = [-1.0, 1.0]
rounding = "nearest"

[truncation]
lowest = 0.02
highest = 1.0
default = [0.4, 0.7]
"""


def build_tiny_model(folder: Path, name: str = "tiny", version: int = 1, weights: int = 0) -> Path:
    """Write models/<name>/<version>/ under ``folder``; ``weights`` seeds them. Return the path."""
    part, key = f"{name}/{version}", f"model-{name}-{version}-{weights}"
    return made_once(folder, part, key, lambda to: _write(to / part, name, version, weights))


def _write(target: Path, name: str, version: int, weights: int) -> None:
    import tensorflow as tf

    generator = tf.random.Generator.from_seed(weights)
    mixing = tf.Variable(generator.normal([20, 16 * 16 * 3]) * 0.4)

    def picture(latent: Any, category: Any, style: Any, truncation: Any) -> dict[str, Any]:
        scaled = latent * truncation[:, None]
        joined = tf.concat([scaled, category, style], axis=1)  # [N, 12 + 5 + 3]
        return {"picture": tf.tanh(tf.reshape(joined @ mixing, [-1, 16, 16, 3]))}

    module = tf.Module()
    module.mixing = mixing
    signatures = {
        f"serve_{batch}": tf.function(picture).get_concrete_function(
            tf.TensorSpec([batch, 12], name="latent"),
            tf.TensorSpec([batch, 5], name="category"),
            tf.TensorSpec([batch, 3], name="style"),
            tf.TensorSpec([batch], name="truncation"),
        )
        for batch in (1, 8)
    }
    target.mkdir(parents=True)
    tf.saved_model.save(module, str(target), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(target), signature_keys=list(signatures)
    )
    (target / "model.tflite").write_bytes(converter.convert())
    text = MODEL_TOML.format(name=name, version=version)
    for label, slug in enumerate(SLUGS):
        text += f'\n[[categories]]\nlabel = {label}\nslug = "{slug}"\nname = "{slug}"\n'
    (target / "model.toml").write_text(text, encoding="utf-8")
