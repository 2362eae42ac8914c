"""CycleGAN's networks (Zhu et al. 2017, section 7): a ResNet that redraws, a PatchGAN that judges.

Generator: c7s1-64, d128, d256, R256 × blocks, u128, u64, c7s1-3 (Johnson et al. 2016), instance
norm without parameters, reflection padding at stride 1, tanh. Discriminator: 70×70 PatchGAN, C64
without norm, C128, C256, C512, one logit per patch (Isola et al. 2017). Weights start normal, .02.

By choice, not the paper's: ``resize`` instead of transposed convolutions, which leave a chequered
texture (Odena et al. 2016), and smaller patches for small pictures.

Different from the authors' code: no bias in front of an instance norm, which would take it away
again. That is all that parameter counts differ by: with 6 blocks and 64 channels 7,833,987 here
and 7,837,699 there; with 9 blocks 11,372,931 and 11,378,179; discriminator 2,763,841 and 2,764,737.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from gan.networks.fast.lean import MirroredConv2D, lean_pays
from gan.networks.layers.few_channels import FewChannelsConv2D
from gan.networks.residual import BadNetwork

EPSILON = 1e-5  # of the instance norm, as in the authors' code
LEAST_PX = 32  # below, the patches' last map has no pixel


@keras.saving.register_keras_serializable("nonesuch")
class InstanceNorm(keras.layers.Layer):
    """Each channel of each sample to mean 0 and variance 1 (Ulyanov et al. 2016).

    Features float [N, H, W, C]; statistics in float32. In training each sample goes through
    TensorFlow's fused batch norm, which for one sample is the same and has a fused gradient:
    3.9 ms against 7.5 forth and back at [1, 128, 128, 32] on one core.
    """

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return fused_norm(x) if training else plain_norm(x)


def plain_norm(x: tf.Tensor) -> tf.Tensor:
    """The same in plain operations, which every runtime knows."""
    wide = tf.cast(x, tf.float32)
    mean, variance = tf.nn.moments(wide, [1, 2], keepdims=True)
    return tf.cast((wide - mean) * tf.math.rsqrt(variance + EPSILON), x.dtype)


def fused_norm(x: tf.Tensor) -> tf.Tensor:
    """The batch of ``x`` must be known."""
    channels = x.shape[-1]
    samples = [
        tf.raw_ops.FusedBatchNormV3(
            x=sample,
            scale=tf.ones([channels]),
            offset=tf.zeros([channels]),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=EPSILON,
            is_training=True,
        ).y
        for sample in tf.split(x, x.shape[0])
    ]
    return samples[0] if len(samples) == 1 else tf.concat(samples, axis=0)


@keras.saving.register_keras_serializable("nonesuch")
class ReflectionPad(keras.layers.Layer):
    """Pad height and width with their mirror image, its edge row not repeated."""

    def __init__(self, width: int, **options: object) -> None:
        super().__init__(**options)
        self.width = width

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        side = (self.width, self.width)
        return ops.pad(x, ((0, 0), side, side, (0, 0)), mode="reflect")

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "width": self.width}


def _start() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(0.0, 0.02)


def _conv(
    x: keras.KerasTensor, channels: int, size: int, stride: int = 1, *, bias: bool = False
) -> keras.KerasTensor:
    return keras.layers.Conv2D(
        channels,
        size,
        stride,
        padding="valid" if stride == 1 else "same",
        use_bias=bias,
        kernel_initializer=_start(),
    )(x)


def _mirrored(x: keras.KerasTensor, channels: int, dtype: str | None = None) -> keras.KerasTensor:
    layer = MirroredConv2D(channels, use_bias=False, kernel_initializer=_start(), dtype=dtype)
    return layer(x)


def _norm_relu(x: keras.KerasTensor, dtype: str | None = None) -> keras.KerasTensor:
    return keras.layers.ReLU(dtype=dtype)(InstanceNorm(dtype=dtype)(x))


def _block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    # convolutions by fewer products are float32: rounding between them would only take time
    policy = keras.config.dtype_policy().compute_dtype
    shape = (1, *x.shape[1:])
    dtype = "float32" if lean_pays(shape, channels, policy) else None
    y = _mirrored(_norm_relu(_mirrored(x, channels, dtype), dtype), channels, dtype)
    return keras.layers.Add(dtype=dtype)([x, InstanceNorm(dtype=dtype)(y)])


def check_size(size_px: int) -> None:
    """Raise `BadNetwork` for a size that these networks cannot take."""
    if size_px < LEAST_PX or size_px % 4:
        raise BadNetwork(
            f"pictures of {size_px} px cannot be translated",
            f"make the data set at {LEAST_PX} px or more, a multiple of 4: --size 128",
        )


def build_translator(
    size_px: int, channels: int, blocks: int, upsampling: str = "transposed"
) -> keras.Model:
    """Return a generator: picture float32 [N, S, S, 3] in [-1, 1] → the same in the other domain.

    ``channels`` of the first layer; the blocks have four times as many. ``upsampling``: by
    ``transposed`` convolutions, or ``resize``: each pixel doubled, then a convolution, of as many
    weights.
    """
    check_size(size_px)
    picture = keras.Input((size_px, size_px, 3))
    x = _norm_relu(_conv(ReflectionPad(3)(picture), channels, 7))
    for factor in (2, 4):
        x = _norm_relu(_conv(x, channels * factor, 3, 2))
    for _ in range(blocks):
        x = _block(x, channels * 4)
    for factor in (2, 1):
        if upsampling == "resize":
            x = keras.layers.UpSampling2D(interpolation="nearest")(x)
            x = _mirrored(x, channels * factor)
        else:
            x = keras.layers.Conv2DTranspose(
                channels * factor, 3, 2, padding="same", use_bias=False, kernel_initializer=_start()
            )(x)
        x = _norm_relu(x)
    x = FewChannelsConv2D(3, 7, kernel_initializer=_start())(ReflectionPad(3)(x))
    return keras.Model(picture, keras.layers.Activation("tanh", dtype="float32")(x))


def build_patch_discriminator(size_px: int, channels: int, halvings: int = 3) -> keras.Model:
    """Return a discriminator: float32 [N, S, S, 3] → logits float32 [N, P, P, 1], P = S/2ʰ - 2.

    h ``halvings``: 3 for patches of 70 px, 2 for 34 and 1 for 16.
    """
    check_size(size_px)
    leaky: Callable[..., keras.KerasTensor] = keras.layers.LeakyReLU(negative_slope=0.2)
    picture = keras.Input((size_px, size_px, 3))
    x = leaky(_conv(picture, channels, 4, 2, bias=True))
    for halving in range(1, halvings):
        x = leaky(InstanceNorm()(_conv(x, channels * 2**halving, 4, 2)))
    x = keras.layers.ZeroPadding2D(1)(x)
    x = leaky(InstanceNorm()(_conv(x, channels * 2**halvings, 4)))
    x = _conv(keras.layers.ZeroPadding2D(1)(x), 1, 4, bias=True)
    return keras.Model(picture, keras.layers.Activation("linear", dtype="float32")(x))
