"""SavedModels as people serve them, small: a generator like those that are shipped, one like
BigGAN, one that segments a photograph, and the models of the documentation's examples."""

from pathlib import Path
from typing import Any

import tensorflow as tf

CATEGORIES = ("mammal", "hat", "drink")
SIZE_PX = 16

GENERATOR_TOML = """\
name = "{name}"
version = 1
title = "A tiny generator on a server"
licence = "MIT"
size_px = 16
channels = 3

[saved_model]
signature = "serving_default"
png_signature = "png"

[inputs.latent]
kind = "latent"
width = 12

[inputs.category]
kind = "category"
width = 3

[inputs.truncation]
kind = "truncation"
shape = "{truncation}"

[output]
name = "picture"
range = [-1.0, 1.0]

[truncation]
lowest = 0.02
highest = 1.0
default = [0.4, 0.7]
"""


def _save(module: tf.Module, folder: Path, signatures: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return folder


def build_generator(
    base: Path,
    name: str = "tiny",
    version: int = 1,
    weights: int = 0,
    scalar: bool = False,
    contrast: float = 0.4,
) -> Path:
    """A conditional generator, any batch; with ``scalar`` one truncation per call, and no PNG."""
    module = tf.Module()
    mixing = tf.random.Generator.from_seed(weights).normal([15, SIZE_PX * SIZE_PX * 3]) * contrast
    module.mixing = tf.Variable(mixing)

    def picture(latent: Any, category: Any, truncation: Any) -> dict[str, Any]:
        scaled = latent * (truncation if scalar else truncation[:, None])
        joined = tf.concat([scaled, category], axis=1)
        return {"picture": tf.tanh(tf.reshape(joined @ module.mixing, [-1, SIZE_PX, SIZE_PX, 3]))}

    def png(latent: Any, category: Any, truncation: Any) -> dict[str, Any]:
        values = picture(latent, category, truncation)["picture"]
        levels = tf.cast(tf.clip_by_value(tf.round((values + 1) * 127.5), 0, 255), tf.uint8)
        return {"image_bytes": tf.map_fn(tf.io.encode_png, levels, fn_output_signature=tf.string)}

    specs = [
        tf.TensorSpec([None, 12], tf.float32, "latent"),
        tf.TensorSpec([None, 3], tf.float32, "category"),
        tf.TensorSpec([] if scalar else [None], tf.float32, "truncation"),
    ]
    signatures = {"serving_default": tf.function(picture).get_concrete_function(*specs)}
    if not scalar:
        signatures["png"] = tf.function(png).get_concrete_function(*specs)
    folder = _save(module, base / name / str(version), signatures)
    text = GENERATOR_TOML.format(name=name, truncation="scalar" if scalar else "per_picture")
    for label, slug in enumerate(CATEGORIES):
        text += f'\n[[categories]]\nlabel = {label}\nslug = "{slug}"\nname = "{slug}"\n'
    (folder / "model.toml").write_text(text.replace("version = 1", f"version = {version}"))
    return folder


# what a pixel is by its colour: prototypes, uint8 RGB, and the mask's colours for them
PROTOTYPES = {
    "table": (170, 100, 60), "saucer": (165, 42, 14), "porcelain": (240, 230, 218),
    "shadow": (28, 10, 6),
}  # fmt: skip
PALETTE = {
    "table": (0, 0, 0), "saucer": (128, 0, 0), "porcelain": (0, 128, 0), "shadow": (128, 128, 0),
}  # fmt: skip


def build_segmenter(base: Path, name: str = "deeplab", version: int = 1) -> Path:
    """image, height and width in, a mask of that size out; `serving_default` gives colours.

    The features are colours smoothed by convolution, at half the size; each pixel gets the
    class of the nearest prototype.
    """
    module = tf.Module()
    module.prototypes = tf.Variable(tf.constant(list(PROTOTYPES.values()), tf.float32))
    module.palette = tf.Variable(tf.constant(list(PALETTE.values()), tf.uint8))
    line = tf.constant([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    blur = tf.einsum("i,j,kl->ijkl", line, line, tf.eye(3))
    module.blur = tf.Variable(blur)

    def classes(
        image: Any, height: Any, width: Any
    ) -> Any:  # uint8 [H, W, 3] → int64 [height, width]
        floats = tf.image.resize(tf.cast(image, tf.float32)[None], [height // 2, width // 2])
        for _ in range(3):
            floats = tf.nn.conv2d(floats, module.blur, 1, "SAME")
        apart = floats[:, :, :, None] - module.prototypes
        nearest = tf.argmin(tf.reduce_sum(apart * apart, axis=-1), axis=-1)
        return tf.image.resize(nearest[..., None], [height, width], "nearest")[0, :, :, 0]

    def colours(image: Any, height: Any, width: Any) -> dict[str, Any]:
        found = tf.gather(module.palette, classes(image, height, width))
        return {"segmentation_map": found}

    def labels_of_file(image: Any, height: Any, width: Any) -> dict[str, Any]:
        decoded = tf.io.decode_image(image, 3, expand_animations=False)
        return {"labels": classes(decoded, height, width)}

    sizes = [tf.TensorSpec([], tf.int32, "height"), tf.TensorSpec([], tf.int32, "width")]
    return _save(
        module,
        base / name / str(version),
        {
            "serving_default": tf.function(colours).get_concrete_function(
                tf.TensorSpec([None, None, 3], tf.uint8, "image"), *sizes
            ),
            "from_file": tf.function(labels_of_file).get_concrete_function(
                tf.TensorSpec([], tf.string, "image"), *sizes
            ),
        },
    )


def build_documented(base: Path) -> None:
    """The models of https://www.tensorflow.org/tfx/serving/api_rest."""
    half = tf.Module()
    half.a, half.b = tf.Variable(0.5), tf.Variable(3.0)

    def plus_three(x: Any) -> dict[str, Any]:
        return {"y": half.a * x + half.b}

    def regress(inputs: Any) -> dict[str, Any]:
        spec = {"x": tf.io.FixedLenFeature([1], tf.float32)}
        return {"outputs": half.a * tf.io.parse_example(inputs, spec)["x"] + half.b}

    examples = tf.TensorSpec([None], tf.string, "inputs")
    _save(
        half,
        base / "saved_model_half_plus_three" / "123",
        {
            "serving_default": tf.function(plus_three).get_concrete_function(
                tf.TensorSpec([None], tf.float32, "x")
            ),
            "tensorflow/serving/regress": tf.function(regress).get_concrete_function(examples),
        },
    )

    named = tf.Module()

    def joined(tag: Any, signal: Any, sensor: Any) -> dict[str, Any]:
        return {
            "sum": tf.reduce_sum(signal, axis=1) + tf.reduce_sum(sensor, axis=[1, 2]),
            "tag_bytes": tag,
        }

    _save(
        named,
        base / "named" / "1",
        {
            "serving_default": tf.function(joined).get_concrete_function(
                tf.TensorSpec([None], tf.string, "tag"),
                tf.TensorSpec([None, 5], tf.int64, "signal"),
                tf.TensorSpec([None, 2, 2], tf.int64, "sensor"),
            )
        },
    )

    objects = tf.Module()

    def classify(inputs: Any) -> dict[str, Any]:
        spec = {
            "image": tf.io.FixedLenFeature([], tf.string),
            "caption": tf.io.FixedLenFeature([], tf.string),
        }
        found = tf.io.parse_example(inputs, spec)
        lengths = tf.strings.length(found["image"])
        return {
            "classes": tf.stack([found["caption"], tf.strings.upper(found["caption"])], axis=1),
            "scores": tf.stack(
                [tf.cast(lengths, tf.float32), tf.zeros_like(lengths, tf.float32)], 1
            ),
        }

    _save(
        objects,
        base / "objects" / "1",
        {"classify_objects": tf.function(classify).get_concrete_function(examples)},
    )
