"""The SavedModel: weights stored as float16, computed in float32, signatures by name."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.networks.residual import ResidualOptions

SIGNATURE, PNG_SIGNATURE = "serving_default", "png"
INPUTS = ("latent", "category", "style", "truncation")


def input_specs(networks: ResidualOptions, batch: int | None) -> list[tf.TensorSpec]:
    """Return the inputs, all float32: latent [N, Z], category and style one-hot, truncation [N]."""
    return [
        tf.TensorSpec((batch, networks.latent), tf.float32, "latent"),
        tf.TensorSpec((batch, networks.categories), tf.float32, "category"),
        tf.TensorSpec((batch, networks.styles), tf.float32, "style"),
        tf.TensorSpec((batch,), tf.float32, "truncation"),
    ]


class ServedGenerator(tf.Module):
    """A generator as functions of (latent, category, style, truncation).

    Its weights are rounded to float16 once. ``stored`` float16 halves the SavedModel; float32
    suits the LiteRT converter, which folds no casts before it makes float16 of its own.
    """

    def __init__(self, generator: keras.Model, stored: tf.DType = tf.float16) -> None:
        super().__init__()
        rounded = [np.asarray(variable).astype(np.float16) for variable in generator.variables]
        self.weights = [tf.Variable(tf.cast(w, stored), trainable=False) for w in rounded]
        # in a closure: an attribute would be tracked, and its float32 weights saved as well
        self._call = lambda weights, inputs: generator.stateless_call(weights, [], inputs)[0]

    def picture(
        self, latent: tf.Tensor, category: tf.Tensor, style: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Return ``picture``, float32 [N, H, W, 3] in [-1, 1]; truncation scales the latent."""
        weights = [tf.cast(weight, tf.float32) for weight in self.weights]
        scaled = latent * truncation[:, None]
        return {"picture": self._call(weights, [scaled, category, style])}

    def png(
        self, latent: tf.Tensor, category: tf.Tensor, style: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Return ``image_bytes``, string [N]: PNG files, rounded to the nearest of 0-255.

        TensorFlow Serving sends outputs whose name ends in ``_bytes`` as base64.
        """
        picture = self.picture(latent, category, style, truncation)["picture"]
        levels = tf.clip_by_value(tf.round((picture + 1) * 127.5), 0, 255)
        encoded = tf.map_fn(
            tf.io.encode_png, tf.cast(levels, tf.uint8), fn_output_signature=tf.string
        )
        return {"image_bytes": encoded}


def write_saved_model(generator: keras.Model, networks: ResidualOptions, folder: Path) -> None:
    """Write saved_model.pb and variables/ into ``folder``."""
    served = ServedGenerator(generator)
    specs = input_specs(networks, None)
    signatures = {
        SIGNATURE: tf.function(served.picture).get_concrete_function(*specs),
        PNG_SIGNATURE: tf.function(served.png).get_concrete_function(*specs),
    }
    tf.saved_model.save(served, str(folder), signatures=signatures)
    (folder / "assets").rmdir()  # always empty, and git keeps no empty folders
