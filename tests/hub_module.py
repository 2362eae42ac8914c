"""A module in the TF1 Hub format with BigGAN's signature, in miniature.

RefVariables, no tag, tfhub_module.pb beside saved_model.pb. It writes what it is given into its
pictures, so that tests can read it there:

    row 0, red: z / 2; rows 1 to 8, red: y · 2 - 1, as 1024 numbers; row 9, column 0: truncation
"""

from pathlib import Path
from typing import Any

Z_ROW, Y_ROWS, TRUNCATION_ROW = 0, slice(1, 9), 9


def build_hub_module(folder: Path, size_px: int = 128, latent: int = 120, broken: str = "") -> Path:
    """Write a module into ``folder``; ``broken``: ``nan`` or ``constant`` pictures."""
    import numpy as np
    import tensorflow.compat.v1 as tf1

    random = np.random.RandomState(0)
    cells = 8
    with tf1.Graph().as_default(), tf1.Session() as session:
        z = tf1.placeholder(tf1.float32, [None, latent], "z")
        y = tf1.placeholder(tf1.float32, [None, 1000], "y")
        truncation = tf1.placeholder(tf1.float32, [], "truncation")

        def weights(name: str, rows: int) -> Any:
            values = random.standard_normal((rows, cells * cells * 3)).astype(np.float32)
            return tf1.get_variable(name, initializer=values / rows**0.5, use_resource=False)

        hidden = tf1.matmul(z, weights("from_z", latent)) + 30 * tf1.matmul(
            y, weights("from_y", 1000)
        )
        coarse = tf1.tanh(tf1.reshape(hidden, [-1, cells, cells, 3]))
        picture = tf1.image.resize_nearest_neighbor(coarse, [size_px, size_px])
        count = tf1.shape(z)[0]
        flat = tf1.concat(
            [
                tf1.pad(z / 2, [[0, 0], [0, size_px - latent]]),
                tf1.pad(y * 2 - 1, [[0, 0], [0, 1024 - 1000]])[:, : 8 * size_px],
                tf1.fill([count, size_px], truncation * 2 - 1),
            ],
            axis=1,
        )
        probe = tf1.reshape(flat, [-1, 10, size_px, 1])
        rows = tf1.concat([probe, picture[:, :10, :, 1:]], axis=3)
        picture = tf1.concat([rows, picture[:, 10:]], axis=1)
        if broken == "nan":
            picture = picture / (truncation - truncation)
        elif broken == "constant":
            picture = picture * 0
        picture.set_shape([None, size_px, size_px, 3])
        session.run(tf1.global_variables_initializer())
        builder = tf1.saved_model.Builder(str(folder))
        signature = tf1.saved_model.predict_signature_def(
            {"z": z, "y": y, "truncation": truncation}, {"default": picture}
        )
        builder.add_meta_graph_and_variables(session, [], {"default": signature})
        builder.save()
    (folder / "tfhub_module.pb").write_bytes(b"\x08\x03")
    return folder
