"""Feature spaces: networks that turn pictures into vectors whose distances say something.

The pretrained one is EfficientNet-lite2, against which no recipe trains: what a generator was
trained to please must not judge it. The random ones know nothing of pictures, so
that no training can have fitted them; three seeds show how much hangs on the draw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.features.efficientnet import build_efficientnet
from gan.features.weights import kept_weights

BATCH = 64
JUDGE = "lite2"
# the size it was trained at, 260 px, takes 4 times as long; at 192 px a linear reader of the
# emoji gains 2 points
JUDGE_PX = 128
RANDOM_PX, RANDOM_SEEDS = 64, (0, 1, 2)
RANDOM_CHANNELS = (64, 128, 256, 64)  # from 64 to 4 px


@dataclass(frozen=True)
class FeatureSpace:
    """A network and the size of picture it is given."""

    name: str
    key: str  # another one where the features are others
    size_px: int
    network: keras.Model  # float32 [N, size, size, 3] in [-1, 1] → float32 [N, D]

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        """Return the features, float16 [N, D], of uint8 [N, H, W, 3] of any square size.

        Pictures of another size are resized bicubically. Half precision because real pictures'
        features are kept so, and both sides must be rounded alike.
        """
        parts = [
            self._call(tf.constant(pictures[i : i + BATCH])).numpy().astype(np.float16)
            for i in range(0, len(pictures), BATCH)
        ]
        return np.concatenate(parts)

    @tf.function(reduce_retracing=True)
    def _call(self, pictures: tf.Tensor) -> tf.Tensor:
        x = tf.cast(pictures, tf.float32) / 127.5 - 1
        side = (self.size_px, self.size_px)
        x = tf.clip_by_value(tf.image.resize(x, side, "bicubic", antialias=True), -1, 1)
        return self.network(x, training=False)


def pretrained_space(home: Path, echo: Callable[[str], None]) -> FeatureSpace:
    """Return the pooled head of EfficientNet-lite2, 1280 features; fetched once to ``home``."""
    model = build_efficientnet(JUDGE, JUDGE_PX, kept_weights(home, JUDGE, echo))
    network = keras.Model(model.input, model.output[0])
    return FeatureSpace("EfficientNet-lite2", f"{JUDGE}-{JUDGE_PX}-1", JUDGE_PX, network)


def random_space(seed: int, size_px: int = RANDOM_PX) -> FeatureSpace:
    """Return an untrained network of four strided convolutions, 1024 features at 64 px.

    Its last map, 4×4×64, is not pooled: where things are counts too. 45 million
    products per picture.
    """
    random = np.random.RandomState(seed)
    x = picture = keras.Input((size_px, size_px, 3))
    for i, channels in enumerate(RANDOM_CHANNELS):
        size = 3 if i else 5
        layer = keras.layers.Conv2D(
            channels, size, 2, padding="same", use_bias=False, dtype="float32"
        )
        fan_in = size**2 * x.shape[-1]
        x = layer(x)
        kernel = random.standard_normal(layer.kernel.shape) * (2 / 1.04 / fan_in) ** 0.5
        layer.set_weights([kernel.astype(np.float32)])
        x = keras.layers.LeakyReLU(negative_slope=0.2, dtype="float32")(x)
    network = keras.Model(picture, keras.layers.Flatten()(x))
    key = f"random-{seed}-1" if size_px == RANDOM_PX else f"random-{seed}-1-{size_px}"
    return FeatureSpace(f"random network {seed}", key, size_px, network)


def random_spaces() -> list[FeatureSpace]:
    return [random_space(seed) for seed in RANDOM_SEEDS]
