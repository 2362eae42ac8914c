"""Small networks and their inputs, for both of Keras's backends; imports no TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gan.networks.projected import HeadSizes, build_heads
from gan.networks.residual import ResidualOptions, build_discriminator, build_generator
from gan.networks.wgan import build_critic

TINY = ResidualOptions(
    size_px=16, categories=3, styles=2, generator_channels=(8, 6), picture_channels=4,
    last="upsample",
)  # fmt: skip
HEADS = HeadSizes(((8, 3), (4, 5)), 3, 2, mixed=(4, 6), width=8)
BUILD: dict[str, Callable[[], keras.Model]] = {
    "generator": lambda: build_generator(TINY),
    "discriminator": lambda: build_discriminator(TINY, (6, 8)),
    "critic": lambda: build_critic(16),
    "heads": lambda: build_heads(HEADS),
}
_random = np.random.RandomState(0)


def _draw(*shape: int) -> np.ndarray:
    return _random.uniform(-1, 1, shape).astype(np.float32)


_LABELS = [np.eye(n, dtype=np.float32)[np.arange(4) % n] for n in (TINY.categories, TINY.styles)]
INPUTS = {
    "generator": [_draw(4, TINY.latent), *_LABELS],
    "discriminator": [_draw(4, 16, 16, 3), *_LABELS],
    "critic": _draw(4, 16, 16, 3),
    "heads": [_draw(4, 8, 8, 3), _draw(4, 4, 4, 5), *_LABELS],
}


def outputs(model: Callable[[Any], Any], name: str) -> list[np.ndarray]:
    """Return what a network makes of its inputs, each output as an array."""
    found = model(INPUTS[name])
    return [np.asarray(output) for output in (found if isinstance(found, list) else [found])]


def with_noise(model: keras.Model) -> None:
    """Move every weight, so that none is zero as it is initialised."""
    random = np.random.RandomState(1)
    model.set_weights(
        [w + random.standard_normal(w.shape).astype(np.float32) * 0.05 for w in model.get_weights()]
    )
