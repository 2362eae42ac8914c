"""Small networks and their inputs, for both of Keras's backends; imports no TensorFlow."""

import keras
import numpy as np

from gan.networks.projected import MIXED
from gan.networks.residual import ResidualOptions

TINY = ResidualOptions(
    size_px=16, categories=3, styles=2, generator_channels=(8, 6), picture_channels=4,
    last="upsample",
)  # fmt: skip
SIZES = [16, 8, 4, 2]
_random = np.random.RandomState(0)


def _draw(*shape: int) -> np.ndarray:
    return _random.uniform(-1, 1, shape).astype(np.float32)


_LABELS = [np.eye(n, dtype=np.float32)[np.arange(4) % n] for n in (TINY.categories, TINY.styles)]
INPUTS = {
    "generator": [_draw(4, TINY.latent), *_LABELS],
    "discriminator": [_draw(4, 16, 16, 3), *_LABELS],
    "critic": _draw(4, 16, 16, 3),
    "heads": [
        *(_draw(4, size, size, channels) for size, channels in zip(SIZES, MIXED, strict=True)),
        *_LABELS,
    ],
}


def with_noise(model: keras.Model) -> None:
    """Move every weight, so that none is zero as it is initialised."""
    random = np.random.RandomState(1)
    model.set_weights(
        [w + random.standard_normal(w.shape).astype(np.float32) * 0.05 for w in model.get_weights()]
    )
