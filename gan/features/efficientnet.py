"""EfficientNet-Lite (Tan & Le 2019; the Lite variants: Google 2020) with given weights, frozen.

MobileNetV2 blocks without squeeze-excitation, with ReLU6; stem, head, first and last stage are
the same in all variants. The weights come from TensorFlow, so strided convolutions pad as
TensorFlow's SAME does, and pictures are scaled by (v - 127) / 128 with v in 0-255. Batch
normalisation is folded into the convolutions: in inference it is a scale and a shift.

Parameters of the folded network with its classifier: see the tests.
"""

import math
from dataclasses import dataclass

import keras
import numpy as np

BATCH_NORM_EPSILON = 1e-3
CLASSES = 1000
# under any policy: depthwise convolutions in bfloat16 took twice as long on 2 cores with AMX
DTYPE = "float32"


@dataclass(frozen=True)
class Variant:
    """How a variant is scaled, and the size it was trained at."""

    width: float
    depth: float
    size_px: int


VARIANTS = {
    "lite0": Variant(1.0, 1.0, 224),
    "lite1": Variant(1.0, 1.1, 240),
    "lite2": Variant(1.1, 1.2, 260),
}


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind; the first one has the stride."""

    expand: int
    channels: int
    kernel: int
    stride: int
    blocks: int


STAGES = (
    Stage(1, 16, 3, 1, 1),
    Stage(6, 24, 3, 2, 2),
    Stage(6, 40, 5, 2, 2),
    Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 5, 1, 3),
    Stage(6, 192, 5, 2, 4),
    Stage(6, 320, 3, 1, 1),
)


def scaled_stages(variant: Variant) -> list[Stage]:
    """Return the stages of a variant: channels to the nearest 8, blocks rounded up."""
    stages = []
    for i, stage in enumerate(STAGES):
        channels = max(8, int(stage.channels * variant.width + 4) // 8 * 8)
        if channels < 0.9 * stage.channels * variant.width:
            channels += 8
        fixed = i in (0, len(STAGES) - 1)
        blocks = stage.blocks if fixed else math.ceil(stage.blocks * variant.depth)
        stages.append(Stage(stage.expand, channels, stage.kernel, stage.stride, blocks))
    return stages


class _Weights:
    """PyTorch's tensors, handed out as Keras kernels and biases with the normalisation folded."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.tensors = tensors

    def folded(self, conv: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel [O, I, h, w] and bias [O] of a convolution and the norm behind it."""
        tensors = self.tensors
        deviation = np.sqrt(tensors[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        scale = tensors[f"{norm}.weight"] / deviation
        bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
        return tensors[f"{conv}.weight"] * scale[:, None, None, None], bias


def _conv(
    x: keras.KerasTensor, kernel: np.ndarray, bias: np.ndarray, stride: int
) -> keras.KerasTensor:
    outputs, _, size, _ = kernel.shape
    layer = keras.layers.Conv2D(outputs, size, stride, padding="same", dtype=DTYPE, trainable=False)
    y = layer(x)
    layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])  # [h, w, I, O]
    return y


def _depthwise(
    x: keras.KerasTensor, kernel: np.ndarray, bias: np.ndarray, stride: int
) -> keras.KerasTensor:
    layer = keras.layers.DepthwiseConv2D(
        kernel.shape[2], stride, padding="same", dtype=DTYPE, trainable=False
    )
    y = layer(x)
    layer.set_weights([kernel.transpose(2, 3, 0, 1), bias])  # [h, w, C, 1]
    return y


def _relu6(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.ReLU(max_value=6.0, dtype=DTYPE)(x)


def _trunk(
    x: keras.KerasTensor, variant: str, weights: _Weights, stages: int = len(STAGES)
) -> list[keras.KerasTensor]:
    """[N, H, W, 3] in [-1, 1] → the features behind each of the first ``stages``."""
    # (127.5 x + 127.5 - 127) / 128
    x = keras.layers.Rescaling(127.5 / 128, 0.5 / 128, dtype=DTYPE)(x)
    x = _relu6(_conv(x, *weights.folded("_conv_stem", "_bn0"), 2))
    behind = []
    number = 0
    for stage in scaled_stages(VARIANTS[variant])[:stages]:
        for i in range(stage.blocks):
            x = _block(x, f"_blocks.{number}", stage, stage.stride if i == 0 else 1, weights)
            number += 1
        behind.append(x)
    return behind


def _block(
    x: keras.KerasTensor, name: str, stage: Stage, stride: int, weights: _Weights
) -> keras.KerasTensor:
    h = x
    if stage.expand != 1:
        expanded = weights.folded(f"{name}._expand_conv", f"{name}._bn0")
        h = _relu6(_conv(h, *expanded, 1))
    deep = weights.folded(f"{name}._depthwise_conv", f"{name}._bn1")
    h = _relu6(_depthwise(h, *deep, stride))
    h = _conv(h, *weights.folded(f"{name}._project_conv", f"{name}._bn2"), 1)
    if stride == 1 and x.shape[-1] == h.shape[-1]:
        h = keras.layers.Add(dtype=DTYPE)([h, x])
    return h


def build_efficientnet(variant: str, size_px: int, tensors: dict[str, np.ndarray]) -> keras.Model:
    """Return pictures float32 [N, size, size, 3] in [-1, 1] → (features, logits).

    Features are the pooled head, float32 [N, 1280]; logits float32 [N, 1000], ImageNet's classes.
    ``tensors``: of `kept_weights`. Any size of 32 px or more works; the variant's own is
    ``VARIANTS[variant].size_px``. Computed in float32 under every dtype policy.
    """
    weights = _Weights(tensors)
    picture = keras.Input((size_px, size_px, 3), name="picture")
    x = _trunk(picture, variant, weights)[-1]
    x = _relu6(_conv(x, *weights.folded("_conv_head", "_bn1"), 1))
    features = keras.layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    last = keras.layers.Dense(CLASSES, dtype="float32", trainable=False, name="logits")
    logits = last(features)
    last.set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])
    return _frozen(keras.Model(picture, [features, logits], name=f"efficientnet_{variant}"))


def build_stages(
    variant: str,
    size_px: int,
    inner_px: int,
    tensors: dict[str, np.ndarray],
    stages: tuple[int, ...],
) -> keras.Model:
    """Return pictures float32 [N, size, size, 3] in [-1, 1] → a list of features [N, h, w, C].

    The features behind the chosen stages, counted from 0; what comes after the last one is left
    out. Pictures are resized to ``inner_px`` before, bilinearly. Gradients reach the pictures.
    """
    picture = keras.Input((size_px, size_px, 3), name="pictures")
    x = keras.layers.Resizing(inner_px, inner_px, dtype=DTYPE)(picture)
    behind = _trunk(x, variant, _Weights(tensors), max(stages) + 1)
    return _frozen(keras.Model(picture, [behind[i] for i in stages]))


def build_pooled_stages(
    variant: str,
    size_px: int,
    inner_px: int,
    tensors: dict[str, np.ndarray],
    stages: tuple[int, ...],
) -> keras.Model:
    """Return pictures float32 [N, size, size, 3] in [0, 255] → features float32 [N, D].

    The features behind the chosen stages, counted from 0, each pooled; what comes after the last
    one is left out. Pictures are resized to ``inner_px`` before.
    """
    picture = keras.Input((size_px, size_px, 3), name="pictures")
    x = keras.layers.Resizing(inner_px, inner_px, dtype=DTYPE)(picture)
    x = keras.layers.Rescaling(1 / 127.5, -1.0, dtype=DTYPE)(x)
    behind = _trunk(x, variant, _Weights(tensors), max(stages) + 1)
    pooled = [keras.layers.GlobalAveragePooling2D(dtype=DTYPE)(behind[i]) for i in stages]
    return _frozen(keras.Model(picture, keras.layers.Concatenate(dtype=DTYPE)(pooled)))


def _frozen(model: keras.Model) -> keras.Model:
    model.trainable = False
    return model
