"""Batches of real pictures, a function of (seed, step) alone, so that a run continues exactly."""

from dataclasses import dataclass

import numpy as np

from gan.dataset.files import TRAIN, BadDataset, Dataset


@dataclass(frozen=True)
class Batch:
    """One step's real pictures and their labels."""

    pictures: np.ndarray  # float32 in [-1, 1]: [N, H, W, 3] on white, or [N, H, W, 4]
    categories: np.ndarray  # float32 [N, C] one-hot
    styles: np.ndarray  # float32 [N, S] one-hot


def on_white(pictures: np.ndarray) -> np.ndarray:
    """Composite straight RGBA uint8 [N, H, W, 4] over white; return uint8 [N, H, W, 3]."""
    result = np.empty((*pictures.shape[:-1], 3), np.uint8)
    for start in range(0, len(pictures), 512):  # in parts: a float copy of all is 8 times as big
        part = pictures[start : start + 512]
        alpha = part[..., 3:].astype(np.float32) / 255
        result[start : start + 512] = np.rint(part[..., :3] * alpha + 255 * (1 - alpha))
    return result


def to_unit(pictures: np.ndarray) -> np.ndarray:
    """uint8 0-255 → float32 in [-1, 1]."""
    return pictures.astype(np.float32) / 127.5 - 1


class Batches:
    """Draws batches: a category by the √ of its frequency, then a picture, maybe mirrored."""

    def __init__(
        self,
        dataset: Dataset,
        seed: int,
        leave_out_styles: tuple[str, ...] = (),
        no_mirror: tuple[str, ...] = (),
        channels: int = 3,
    ) -> None:
        """``channels``: 3 for RGB on white, 4 for straight RGBA."""
        chosen = dataset.indices(TRAIN, leave_out_styles)
        if len(chosen) < 2:
            raise BadDataset(
                f"data set {dataset.name} has {len(chosen)} pictures to train on",
                "a GAN needs at least 2, better 500",
            )
        pictures = dataset.pictures[chosen]
        self._pictures = on_white(pictures) if channels == 3 else pictures
        self._categories = dataset.category_ids()[chosen]
        self._styles = dataset.style_ids()[chosen]
        self._category_eye = np.eye(len(dataset.categories), dtype=np.float32)
        self._style_eye = np.eye(len(dataset.styles), dtype=np.float32)
        frequency = np.bincount(self._categories, minlength=len(dataset.categories))
        weights = 1 / np.sqrt(frequency[self._categories])  # √frequency, shared within
        self._cumulative = np.cumsum(weights / weights.sum())
        self._may_mirror = np.array(
            [dataset.categories[c].slug not in no_mirror for c in self._categories]
        )
        self._seed = seed

    def __len__(self) -> int:
        return len(self._pictures)

    def draw(self, step: int, size: int) -> Batch:
        """Return the batch of a step; the same for the same seed, step and size."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, step]))
        rows = np.searchsorted(self._cumulative, random.random(size))
        rows = np.minimum(rows, len(self._pictures) - 1)
        pictures = to_unit(self._pictures[rows])
        mirror = (random.random(size) < 0.5) & self._may_mirror[rows]
        pictures[mirror] = pictures[mirror, :, ::-1]
        return Batch(
            pictures,
            self._category_eye[self._categories[rows]],
            self._style_eye[self._styles[rows]],
        )
