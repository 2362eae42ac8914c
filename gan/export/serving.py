"""The SavedModel: weights stored as float16 or float32, computed in float32, signatures by name."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.networks.generator import GeneratorSpec

SIGNATURE, PNG_SIGNATURE = "serving_default", "png"


def input_specs(networks: GeneratorSpec, batch: int | None) -> dict[str, tf.TensorSpec]:
    """Return the inputs by name, float32 [N, …]: latent [N, Z], one-hot labels, truncation [N]."""
    return {
        given.name: tf.TensorSpec((batch, *given.shape), tf.float32, given.name)
        for given in networks.inputs
    }


class ServedGenerator(tf.Module):
    """A generator as functions of its inputs by name.

    Its weights are rounded to float16 once, unless ``exact``. ``stored`` float16 halves the
    SavedModel; float32 suits the LiteRT converter, which folds no casts before it makes float16 of
    its own. What is not trained, such as the variances of a batch normalisation, stays float32.
    """

    def __init__(
        self, generator: keras.Model, networks: GeneratorSpec, stored: tf.DType = tf.float16,
        *, exact: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        kind = np.float32 if exact else np.float16
        rounded = [np.asarray(v).astype(kind) for v in generator.trainable_variables]
        self.weights = [tf.Variable(tf.cast(w, stored), trainable=False) for w in rounded]
        self.statistics = [
            tf.Variable(np.asarray(v), trainable=False) for v in generator.non_trainable_variables
        ]
        # in closures: an attribute would be tracked, and its float32 weights saved as well
        self._call = lambda weights, statistics, inputs: generator.stateless_call(
            weights, statistics, inputs
        )[0]
        self._draw = lambda call, given: networks.picture(call, given)
        self._output = networks.output

    def picture(self, **given: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the picture by the name of the output, float32 [N, H, W, 3 or 4] in [-1, 1]."""
        weights = [tf.cast(weight, tf.float32) for weight in self.weights]
        statistics = [tf.convert_to_tensor(value) for value in self.statistics]
        found = self._draw(lambda inputs: self._call(weights, statistics, inputs), given)
        return {self._output: found}

    def png(self, **given: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return ``image_bytes``, string [N]: PNG files, rounded to the nearest of 0-255.

        TensorFlow Serving sends outputs whose name ends in ``_bytes`` as base64.
        """
        picture = self.picture(**given)[self._output]
        levels = tf.clip_by_value(tf.round((picture + 1) * 127.5), 0, 255)
        encoded = tf.map_fn(
            tf.io.encode_png, tf.cast(levels, tf.uint8), fn_output_signature=tf.string
        )
        return {"image_bytes": encoded}


def write_saved_model(
    generator: keras.Model, networks: GeneratorSpec, folder: Path, *, exact: bool = False
) -> None:
    """Write saved_model.pb and variables/ into ``folder``; ``exact``: with float32 weights."""
    served = ServedGenerator(generator, networks, tf.float32 if exact else tf.float16, exact=exact)
    specs = input_specs(networks, None)
    signatures = {
        SIGNATURE: tf.function(served.picture).get_concrete_function(**specs),
        PNG_SIGNATURE: tf.function(served.png).get_concrete_function(**specs),
    }
    tf.saved_model.save(served, str(folder), signatures=signatures)
    (folder / "assets").rmdir()  # always empty, and git keeps no empty folders
