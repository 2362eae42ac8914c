"""A translator's SavedModel and LiteRT file: one signature for each direction, shared nothing."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.export.litert import convert_signatures

INPUT, OUTPUT = "picture", "translation"
DEFAULT_SIGNATURE = "serving_default"  # TensorFlow Serving's, here A to B


class ServedTranslators(tf.Module):
    """Two generators as functions of a picture. Their weights are rounded to float16 once.

    ``stored`` float16 halves the SavedModel; float32 suits the LiteRT converter, which folds no
    casts before it rounds weights itself.
    """

    def __init__(self, generators: dict[str, keras.Model], stored: tf.DType = tf.float16) -> None:
        super().__init__()
        self.weights = {
            name: [
                tf.Variable(tf.cast(np.asarray(v).astype(np.float16), stored), trainable=False)
                for v in generator.variables
            ]
            for name, generator in generators.items()
        }
        # in a closure: an attribute would be tracked, and its float32 weights saved as well
        self._call = lambda name, weights, x: generators[name].stateless_call(weights, [], x)[0]

    def function(
        self, name: str, size_px: int, batch: int | None
    ) -> tf.types.experimental.Callable:
        """Return ``picture`` → ``translation``, float32 [N, S, S, 3] in [-1, 1] each."""

        def translate(picture: tf.Tensor) -> dict[str, tf.Tensor]:
            weights = [tf.cast(weight, tf.float32) for weight in self.weights[name]]
            return {OUTPUT: self._call(name, weights, picture)}

        spec = tf.TensorSpec((batch, size_px, size_px, 3), tf.float32, INPUT)
        return tf.function(translate).get_concrete_function(spec)


def write_saved_model(generators: dict[str, keras.Model], size_px: int, folder: Path) -> None:
    """Write saved_model.pb and variables/ into ``folder``."""
    served = ServedTranslators(generators)
    signatures = {name: served.function(name, size_px, None) for name in generators}
    signatures[DEFAULT_SIGNATURE] = next(iter(signatures.values()))
    tf.saved_model.save(served, str(folder), signatures=signatures)
    (folder / "assets").rmdir()  # always empty, and git keeps no empty folders


def convert_litert(generators: dict[str, keras.Model], size_px: int, precision: str) -> bytes:
    """Return the LiteRT file's bytes: a signature of one picture for each direction.

    ``precision`` of the stored weights: float16, computed in float32, or int8 (dynamic range),
    half the size.
    """
    served = ServedTranslators(generators, stored=tf.float32)
    signatures = {name: served.function(name, size_px, 1) for name in generators}
    return convert_signatures(served, signatures, precision)
