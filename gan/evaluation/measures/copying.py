"""Copying: are generated pictures nearer to the training pictures than unseen real ones are?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from gan.evaluation.measures.neighbours import nearest
from gan.pixels import tile

PIXELS_PX = 32
PAIRS = 20
EXPECTED_NEAR, SUSPICIOUS_NEAR = 0.01, 0.05


@dataclass(frozen=True)
class Nearest:
    """The nearest training picture of each picture."""

    distances: np.ndarray  # float32 [N]
    rows: np.ndarray  # int [N], positions among the training pictures


def pixel_vectors(pictures: np.ndarray) -> np.ndarray:
    """Return float32 [N, S·S·3] of uint8 [N, H, W, 3], reduced to S of 32 px or a little more.

    Their Euclidean distance is the root of the mean squared difference, 0-1.
    """
    count, height = pictures.shape[:2]
    block = max(1, height // PIXELS_PX)
    side = height // block
    result = np.empty((count, side * side * 3), np.float32)
    for i, picture in enumerate(pictures):
        x = picture[: side * block, : side * block].reshape(side, block, side, block, 3)
        result[i] = x.mean(axis=(1, 3), dtype=np.float32).ravel() / 255
    result /= result.shape[1] ** 0.5
    return result


def find_nearest(x: np.ndarray, train: Sequence[np.ndarray]) -> Nearest:
    """Return the nearest training pictures of float32 [N, D].

    ``train``: float32 [M, D] of the training pictures and of their mirror images, because training
    mirrors: a mirrored copy is a copy.
    """
    return Nearest(*nearest(x, train))


def describe_copying(generated: Nearest, held_out: Nearest, control: Nearest) -> dict[str, Any]:
    """Return the medians, how many are suspiciously near, and the verdict.

    ``near``: the share of generated pictures nearer to a training picture than 99 of 100 held-out
    ones are; 0.01 is expected of one that does not copy. It copies where that is above 0.05, or
    above 0.01 and half of its pictures are nearer than half of the held-out ones. The median alone
    convicts the blurred, which are near to everything, above all in pixels: ``control`` is
    held-out pictures corrupted.
    """
    found, floor = float(np.median(generated.distances)), float(np.median(held_out.distances))
    limit = np.quantile(held_out.distances, EXPECTED_NEAR)
    near = float((generated.distances < limit).mean())
    return {
        "generated": found,
        "generated_n": len(generated.distances),
        "held_out": floor,
        "held_out_n": len(held_out.distances),
        "control": float(np.median(control.distances)),
        "near": near,
        "copies": near > SUSPICIOUS_NEAR or (found < floor and near > EXPECTED_NEAR),
    }


def draw_pairs(generated: np.ndarray, train: np.ndarray, found: Nearest) -> Image.Image:
    """Return the 20 closest pairs of uint8 [N, H, W, 3] and [M, H, W, 3] as one picture.

    Ten to a row, from the closest on: generated above, the training picture below.
    """
    closest = np.argsort(found.distances, kind="stable")[:PAIRS]
    columns = min(10, len(closest))
    rows = []
    for start in range(0, len(closest), columns):
        part = closest[start : start + columns]
        blank = np.full((columns - len(part), *generated.shape[1:]), 255, np.uint8)
        rows += [generated[part], blank, train[found.rows[part]], blank]
    return tile(np.concatenate(rows), columns)
