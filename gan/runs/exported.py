"""The weights of an exported generator, to go on from."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from gan.runs.options import BadOptions

MODELS = Path(__file__).parents[2] / "models"


def is_exported(start: str) -> bool:
    """Say whether a name is that of an exported model, such as ``emoji/3``, and not of a run."""
    return "/" in start


def exported_weights(start: str) -> list[np.ndarray]:
    """Return the trained weights of a model of ours in their order, float32.

    ``start``: name and version in the project's models folder, or the path of a model's folder.
    They are read from its SavedModel, which stores them as float16. Raises `BadOptions`.
    """
    folder = MODELS / start
    try:
        reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        found: list[np.ndarray] = []
        while reader.has_tensor(name := f"weights/{len(found)}/.ATTRIBUTES/VARIABLE_VALUE"):
            found.append(reader.get_tensor(name).astype(np.float32))
    except (ValueError, tf.errors.OpError) as error:
        raise BadOptions(
            f"there is no SavedModel of a generator in {folder}",
            "name an exported model as NAME/VERSION, such as --set start=emoji/3",
        ) from error
    return found
