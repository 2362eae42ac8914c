"""3×3 convolutions by a quarter of the products (Winograd 1980; Lavin & Gray 2016, F(4×4, 3×3)).

A tile of 4×4 results takes 36 products instead of 144: pictures are cut into tiles of 6×6 that
overlap by 2, tiles and kernels are transformed by matrices of small fractions, multiplied channel
by channel, and transformed back. All of it is matrix products, so that gradients of any order save
as much. In float32 the results differ from a direct convolution's by about 1e-5 of the largest.

It pays with many channels on small maps, on processors that have no faster arithmetic (AMX); GPUs
do the like by themselves. On one core without AMX, forth and back, it took .5 of the time of
oneDNN's convolution at [2, 32, 32, 256], .4 at [64, 16, 16, 192] and [64, 8, 8, 256] and .8 at
[64, 32, 32, 96]; a step of CycleGAN at 128 px, which is more than that, .75.

Edges of zeros, or a mirror image, cost nothing: they are in the matrices. A kernel that several
passes of a step share is transformed once (`gan.networks.fast.lean.shared_kernels`).

Beside direct convolutions in bfloat16 (AVX-512's; its own products stay float32) it took .85 at
[2, 32, 32, 256], .9 at [64, 16, 16, 192] and .75 at [32, 8, 8, 256], but 1.2 to 1.4 with 96 or 128
channels.
"""

from functools import lru_cache

import numpy as np
import tensorflow as tf

TILE, TAPS = 4, 3
SIDE = TILE + TAPS - 1
FEWEST_CHANNELS = {"float32": 96, "bfloat16": 192}  # on either side
CHANNELS_PER_PX = 3  # of height or width: cutting costs by the square of it
FEWEST_TILES = 64  # in a batch: each is a row of 36 matrix products
# Lavin & Gray's, of the points 0, ±1, ±2 and infinity: of tiles, kernels and results
_TILES = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
_KERNELS = (
    np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24.0
)
_RESULTS = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)


def pays(shape: tuple[int | None, ...], made: int, dtype: str = "float32") -> bool:
    """Say whether features [N, H, W, C] to ``made`` channels are whole tiles, and worth it.

    ``dtype`` is what a direct convolution would compute in.
    """
    n, height, width, channels = shape
    if n is None or height is None or width is None or channels is None:
        return False
    whole = height % TILE == 0 and width % TILE == 0
    if dtype not in FEWEST_CHANNELS:
        return False
    fewest = max(FEWEST_CHANNELS[dtype], CHANNELS_PER_PX * max(height, width))
    tiles = n * (height // TILE) * (width // TILE)
    return whole and tiles >= FEWEST_TILES and min(channels, made) >= fewest


def convolve(x: tf.Tensor, kernel: tf.Tensor, edges: str = "none") -> tf.Tensor:
    """Return the convolution of float32 [N, H, W, C] with [3, 3, C, K], float32 [N, H', W', K].

    ``edges``: "none", then H' = H - 2; or "zero", or "mirror" for the picture's mirror image, its
    edge row not repeated, then H' = H: they are part of the matrices. H' and W' are multiples of 4;
    all but the values is known when the graph is made.
    """
    return convolve_by(transform_kernel(kernel), x, edges)


def transform_kernel(kernel: tf.Tensor) -> tf.Tensor:
    """Return the factors, float32 [36, C, K], of a kernel float32 [3, 3, C, K]."""
    matrix = np.kron(_KERNELS, _KERNELS).astype(np.float32)
    factors = tf.matmul(matrix, tf.reshape(kernel, (TAPS * TAPS, -1)))
    return tf.reshape(factors, (SIDE * SIDE, *kernel.shape[2:]))


def convolve_by(factors: tf.Tensor, x: tf.Tensor, edges: str) -> tf.Tensor:
    """Return the same, of a kernel that is transformed already."""
    n, high, wide, channels = x.shape
    beside = 2 if edges == "none" else 0
    height, width, made = high - beside, wide - beside, factors.shape[-1]
    down, across, products = height // TILE, width // TILE, SIDE * SIDE
    cut_rows, join_rows = axis_matrices(height, edges)
    cut_columns, join_columns = axis_matrices(width, edges)
    tiles = tf.matmul(cut_rows, tf.reshape(x, (n, high, -1)))
    tiles = tf.matmul(cut_columns, tf.reshape(tiles, (-1, wide, channels)))
    tiles = tf.transpose(
        tf.reshape(tiles, (n, SIDE, down, SIDE, across, channels)), (1, 3, 0, 2, 4, 5)
    )
    found = tf.matmul(tf.reshape(tiles, (products, n * down * across, channels)), factors)
    found = tf.transpose(tf.reshape(found, (SIDE, SIDE, n, down, across, made)), (2, 0, 3, 1, 4, 5))
    found = tf.matmul(join_columns, tf.reshape(found, (-1, SIDE * across, made)))
    found = tf.matmul(join_rows, tf.reshape(found, (n, SIDE * down, -1)))
    return tf.reshape(found, (n, height, width, made))


@lru_cache(maxsize=64)
def axis_matrices(length: int, edges: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what cuts and transforms one axis, and what transforms and joins its results.

    float32 [6·T, H] and [H', 6·T] for T tiles and H' = ``length``, a tile's i-th value in row
    i·T + t; ``edges`` and H as in `convolve`.
    """
    count = length // TILE
    cut = np.zeros((SIDE, count, length + 2), np.float32)
    join = np.zeros((length, SIDE, count), np.float32)
    for t in range(count):
        cut[:, t, t * TILE : t * TILE + SIDE] = _TILES
        join[t * TILE : (t + 1) * TILE, :, t] = _RESULTS
    if edges == "mirror":  # what lies outside is what lies as far inside
        cut[..., 2] += cut[..., 0]
        cut[..., -3] += cut[..., -1]
    if edges != "none":
        cut = cut[..., 1:-1]
    return cut.reshape(SIDE * count, -1), join.reshape(length, -1)
