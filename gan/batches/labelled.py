"""Batches of real pictures, a function of (seed, step) alone, so that a run continues exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gan.dataset.files import TRAIN, BadDataset, Dataset
from gan.pixels import on_white, to_unit


@dataclass(frozen=True)
class Batch:
    """One step's real pictures and their labels."""

    pictures: np.ndarray  # float32 in [-1, 1]: [N, H, W, 3] on white, or [N, H, W, 4]
    categories: np.ndarray  # float32 [N, C] one-hot
    styles: np.ndarray  # float32 [N, S] one-hot


class Draws(Protocol):
    """What draws a run's real pictures."""

    def __len__(self) -> int:
        """Return how many pictures there are."""

    def draw(self, step: int, size: int) -> Batch:
        """Return the batch of a step; the same for the same seed, step and size."""


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
            [
                "*" not in no_mirror and dataset.categories[c].slug not in no_mirror
                for c in self._categories
            ]
        )
        self._seed = seed

    def __len__(self) -> int:
        return len(self._pictures)

    def draw(self, step: int, size: int) -> Batch:
        """Return the batch of a step; the same for the same seed, step and size."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, step]))
        rows = self._rows(random, step, size)
        pictures = to_unit(self._pictures[rows])
        mirror = (random.random(size) < 0.5) & self._may_mirror[rows]
        pictures[mirror] = pictures[mirror, :, ::-1]
        return Batch(
            pictures,
            self._category_eye[self._categories[rows]],
            self._style_eye[self._styles[rows]],
        )

    def _rows(self, random: np.random.Generator, step: int, size: int) -> np.ndarray:  # noqa: ARG002
        rows = np.searchsorted(self._cumulative, random.random(size))
        return np.minimum(rows, len(self._pictures) - 1)


class Passes(Batches):
    """Draws every picture once in a random order, then in another one, maybe mirrored.

    ``seen(step)`` tells how many were drawn before a step, so that nothing else need be kept.
    """

    def __init__(
        self,
        dataset: Dataset,
        seed: int,
        seen: Callable[[int], int],
        leave_out_styles: tuple[str, ...] = (),
        no_mirror: tuple[str, ...] = (),
        channels: int = 3,
    ) -> None:
        super().__init__(dataset, seed, leave_out_styles, no_mirror, channels)
        self._seen = seen
        self._pass, self._order = -1, np.empty(0, np.int64)

    def _rows(self, random: np.random.Generator, step: int, size: int) -> np.ndarray:  # noqa: ARG002
        first, parts = self._seen(step), []
        while size > 0:
            number, position = divmod(first, len(self))
            part = self._order_of(number)[position : position + size]
            parts.append(part)
            first, size = first + len(part), size - len(part)
        return np.concatenate(parts)

    def _order_of(self, number: int) -> np.ndarray:
        if number != self._pass:
            key = [self._seed, (1 << 62) + number]  # beyond every step's key, and still an int64
            self._order = np.random.Generator(np.random.Philox(key=key)).permutation(len(self))
            self._pass = number
        return self._order
