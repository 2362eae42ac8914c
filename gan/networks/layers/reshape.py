"""Pictures of another size or depth, without weights. Pictures and features are NHWC."""

import keras
from keras import ops


def depth_to_space(x: keras.KerasTensor, block: int) -> keras.KerasTensor:
    """[N, H, W, b·b·C] → [N, b·H, b·W, C], through 4-D tensors only (LiteRT transposes no 6-D)."""
    _, height, width, depth = x.shape
    x = ops.reshape(x, (-1, width, block, depth // block))  # [N·H, W, b, b·C]
    x = ops.transpose(x, (0, 2, 1, 3))  # [N·H, b, W, b·C]
    return ops.reshape(x, (-1, height * block, width * block, depth // block**2))


def space_to_depth(x: keras.KerasTensor, block: int) -> keras.KerasTensor:
    """[N, b·H, b·W, C] → [N, H, W, b·b·C], the inverse of `depth_to_space`."""
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, block, width // block, block * channels))  # [N·H, b, W, b·C]
    x = ops.transpose(x, (0, 2, 1, 3))  # [N·H, W, b, b·C]
    return ops.reshape(x, (-1, height // block, width // block, block**2 * channels))


def smaller(pictures: keras.KerasTensor, factor: int) -> keras.KerasTensor:
    """Average ``factor``² pixels to one: [N, H, W, C] → [N, H/factor, W/factor, C]."""
    return ops.average_pool(pictures, factor, factor) if factor > 1 else pictures


def larger(pictures: keras.KerasTensor, factor: int) -> keras.KerasTensor:
    """Repeat each pixel ``factor``² times: [N, H, W, C] → [N, factor·H, factor·W, C]."""
    if factor == 1:
        return pictures
    return ops.repeat(ops.repeat(pictures, factor, axis=1), factor, axis=2)
