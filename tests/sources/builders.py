"""SavedModels in miniature, as other people export them."""

from pathlib import Path
from typing import Any


def save(folder: Path, serve: Any, signature: str = "serving_default", **variables: Any) -> Path:
    """Write a module with one signature; ``serve`` is a tf.function with an input signature."""
    import tensorflow as tf

    module = tf.Module()
    for name, value in variables.items():
        setattr(module, name, value)
    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={signature: serve})
    return folder


def normal(*shape: int, seed: int = 0) -> Any:
    """Return a variable of normal numbers."""
    import tensorflow as tf

    return tf.Variable(tf.random.Generator.from_seed(seed).normal(shape) * 0.3)


def save_stylegan(folder: Path) -> Path:
    """in1 latent [N, 24], in2 noise image [N, 16, 16, 1], in3 ones [N, 1] → out, in [0, 1]."""
    import tensorflow as tf

    mapping, strength = normal(24, 16 * 16 * 3), tf.Variable(0.2)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 24], name="in1"),
            tf.TensorSpec([None, 16, 16, 1], name="in2"),
            tf.TensorSpec([None, 1], name="in3"),
        ]
    )
    def serve(in1: Any, in2: Any, in3: Any) -> dict[str, Any]:
        coarse = tf.reshape((in1 * in3) @ mapping, [-1, 16, 16, 3])
        return {"out": tf.sigmoid(coarse + strength * in2)}

    return save(folder, serve, mapping=mapping, strength=strength)


def save_wgan(folder: Path) -> Path:
    """One input, latent [N, 1, 1, 100], pictures [N, 3, 16, 16] in [-1, 1], as PyTorch has it."""
    import tensorflow as tf

    weights = normal(100, 3 * 16 * 16)

    @tf.function(input_signature=[tf.TensorSpec([None, 1, 1, 100], name="z")])
    def serve(z: Any) -> dict[str, Any]:
        flat = tf.reshape(z, [-1, 100]) @ weights
        return {"images": tf.tanh(tf.reshape(flat, [-1, 3, 16, 16]))}

    return save(folder, serve, signature="generate", weights=weights)


def save_conditional(folder: Path, batch: int | None = None) -> Path:
    """latent [N, 8], label int64 [N], training bool [] and truncation_psi [] → image uint8-like.

    ``batch``: fixed, as frozen graphs have it.
    """
    import tensorflow as tf

    weights, looks = normal(8, 12 * 12 * 3), normal(4, 12 * 12 * 3, seed=1)

    @tf.function(
        input_signature=[
            tf.TensorSpec([batch, 8], name="latent"),
            tf.TensorSpec([batch], tf.int64, name="label"),
            tf.TensorSpec([], tf.bool, name="training"),
            tf.TensorSpec([], name="truncation_psi"),
        ]
    )
    def serve(latent: Any, label: Any, training: Any, truncation_psi: Any) -> dict[str, Any]:
        flat = truncation_psi * latent @ weights + tf.gather(looks, label)
        flat = tf.where(training, flat * 0, flat)
        return {"image": 127.5 * (1 + tf.tanh(tf.reshape(flat, [-1, 12, 12, 3])))}

    return save(folder, serve, weights=weights, looks=looks)
