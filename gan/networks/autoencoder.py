"""A convolutional autoencoder: a transparent picture of 64 or 128 px as 8×8 vectors, and back.

Each half is a linear map, patch by patch, plus a residual network that begins at zero. The linear
maps begin as principal components (`begin_linear`), so training starts from what a linear code
reaches; the same networks without them were behind it after 19,000 pictures. Latents have about
unit variance per channel. Pictures are premultiplied RGBA float32 [N, H, W, 4] in [0, 1].
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from gan.networks.layers import depth_to_space, space_to_depth
from gan.networks.residual import BadNetwork

GRID = 8  # latents per side
SEEN_PX = 64  # the encoder shrinks larger pictures to this
FEATURES_PX = 32  # the decoder's features before its last doublings
_BETWEEN = 32  # channels between two doublings


@dataclass(frozen=True)
class AutoencoderSizes:
    """Sizes of both halves."""

    size_px: int
    latent_channels: int = 16
    channels: tuple[int, int, int] = (64, 128, 192)  # at 32×32, 16×16 and 8×8

    def __post_init__(self) -> None:
        if self.size_px not in (64, 128):
            raise BadNetwork(
                f"an autoencoder of {self.size_px} px is not known here, but of 64 and 128 px",
                "make the data set at 64 or 128 px",
            )

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        return (GRID, GRID, self.latent_channels)

    @property
    def scale(self) -> int:
        """Pixels of a picture per side of one of the decoder's last features."""
        return self.size_px // FEATURES_PX


@keras.saving.register_keras_serializable("nonesuch")
class UnitPower(keras.layers.Layer):
    """Each position's vector divided by its root mean square, [N, H, W, C]."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-4)


@dataclass(frozen=True)
class Decoder:
    """The decoding half, whole and in two parts that share its weights."""

    whole: keras.Model  # latents → picture
    features: keras.Model  # latents → features [N, 32, 32, C] and the linear picture
    finish: Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]
    # features and linear picture of the whole or of a window → picture of the same


def build_encoder(sizes: AutoencoderSizes) -> keras.Model:
    """Return picture [N, S, S, 4] → latents float32 [N, 8, 8, C] of about unit variance."""
    fine, middle, coarse = sizes.channels
    picture = keras.Input((sizes.size_px, sizes.size_px, 4))
    small = picture
    if sizes.size_px > SEEN_PX:
        small = keras.layers.AveragePooling2D(sizes.size_px // SEEN_PX)(picture)
    x = _conv(fine)(space_to_depth(small, 2))
    x = _residual(_conv(middle, strides=2)(_active(x)))
    x = _residual(_conv(coarse, strides=2)(_active(x)))
    code = _conv(sizes.latent_channels, size=1, gain=0.0)(_active(UnitPower()(x)))
    patch = SEEN_PX // GRID
    code = code + keras.layers.Conv2D(sizes.latent_channels, patch, strides=patch, name="linear")(
        small
    )
    code = keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-4, dtype="float32"
    )(code)
    return keras.Model(picture, code, name="encoder")


def build_decoder(sizes: AutoencoderSizes) -> Decoder:
    """Return latents [N, 8, 8, C] → picture float32 [N, S, S, 4], not clipped."""
    fine, middle, coarse = sizes.channels
    latents = keras.Input(sizes.latent_shape)
    x = _residual(_conv(coarse)(latents))
    x = _residual(_conv(middle)(_doubled(_active(x))))
    x = _residual(_conv(fine)(_doubled(_active(x))))
    patch = sizes.size_px // GRID
    linear = keras.layers.Dense(4 * patch**2, name="linear", dtype="float32")(latents)
    linear = depth_to_space(linear, patch)
    doublings = [_conv(4 * _BETWEEN)] if sizes.scale == 4 else []
    normalise, last = UnitPower(), _conv(16, gain=0.0)

    def finish(features: keras.KerasTensor, linear: keras.KerasTensor) -> keras.KerasTensor:
        x = normalise(features)
        for convolve in doublings:
            x = depth_to_space(convolve(_active(x)), 2)
        return ops.add(depth_to_space(last(_active(x)), 2), linear)  # of two dtypes

    whole = keras.Model(latents, finish(x, linear), name="decoder")
    return Decoder(whole, keras.Model(latents, [x, linear]), finish)


def begin_linear(encoder: keras.Model, decoder: keras.Model, pictures: np.ndarray) -> None:
    """Set the linear maps to the principal components of patches, and their best inverse.

    ``pictures``: premultiplied float32 [N, S, S, 4] in [0, 1]; some hundreds do.
    """
    count, size_px = pictures.shape[:2]
    shrink = size_px // SEEN_PX
    small = pictures.reshape(count, SEEN_PX, shrink, SEEN_PX, shrink, 4).mean((2, 4))
    seen, shown = _patches(small), _patches(pictures)
    mean = seen.mean(0)
    layer = encoder.get_layer("linear")
    kept = layer.filters
    _, deviation, components = np.linalg.svd(seen - mean, full_matrices=False)
    kernel = (components[:kept] * (len(seen) ** 0.5 / deviation[:kept, None])).T  # unit variance
    codes = (seen - mean) @ kernel
    inverse = np.linalg.lstsq(np.pad(codes, ((0, 0), (0, 1)), constant_values=1), shown)[0]
    layer.set_weights([kernel.reshape(layer.kernel.shape), -mean @ kernel])
    decoder.get_layer("linear").set_weights([inverse[:-1], inverse[-1]])


def _patches(pictures: np.ndarray) -> np.ndarray:
    """[N, S, S, 4] → [N·8·8, (S/8)²·4], in the order of `depth_to_space`."""
    count, size_px = pictures.shape[:2]
    side = size_px // GRID
    found = pictures.reshape(count, GRID, side, GRID, side, 4).transpose(0, 1, 3, 2, 4, 5)
    return found.reshape(-1, side * side * 4)


def _active(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.LeakyReLU(negative_slope=0.2)(x)


def _doubled(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.UpSampling2D(interpolation="nearest")(x)


def _conv(channels: int, size: int = 3, strides: int = 1, gain: float = 1.0) -> keras.layers.Conv2D:
    start = keras.initializers.VarianceScaling(2 * gain**2, "fan_in") if gain else "zeros"
    return keras.layers.Conv2D(
        channels, size, strides=strides, padding="same", kernel_initializer=start
    )


def _residual(x: keras.KerasTensor) -> keras.KerasTensor:
    h = _conv(x.shape[-1])(_active(UnitPower()(x)))
    return x + _conv(x.shape[-1], gain=0.3)(_active(h))
