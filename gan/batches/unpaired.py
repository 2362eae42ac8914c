"""Batches of two domains that are not paired: each domain goes through its own epochs."""

import numpy as np
from PIL import Image

from gan.batches.labelled import Batch
from gan.dataset.files import TRAIN, Dataset
from gan.dataset.two_domains import domain_indices
from gan.pixels import on_white, to_unit

_ORDERS = 1 << 62  # keys of an epoch's order lie beyond every step's


class UnpairedBatches:
    """Draws pictures of domain A and as many of domain B, a function of (seed, step) alone.

    Every picture of a domain once, in a random order, then in another; the smaller domain begins
    anew more often. Each picture is enlarged by ``enlarge``, cut to its size at a random place
    and, with probability ½ where ``mirror``, mirrored, as the authors' code does.
    """

    def __init__(self, dataset: Dataset, seed: int, enlarge: float, mirror: bool) -> None:
        """Raises `BadDataset` where there are no two domains."""
        self._domains = [
            on_white(dataset.pictures[chosen]) for chosen in domain_indices(dataset, TRAIN)
        ]
        self._categories = [
            dataset.category_ids()[chosen] for chosen in domain_indices(dataset, TRAIN)
        ]
        self._category_eye = np.eye(len(dataset.categories), dtype=np.float32)
        self._seed, self._mirror = seed, mirror
        self._size_px = dataset.size_px
        self._large_px = round(dataset.size_px * enlarge)
        self._orders: dict[int, tuple[int, np.ndarray]] = {}

    def __len__(self) -> int:
        """Return the pictures in an epoch: those of the larger domain."""
        return max(map(len, self._domains))

    def rows(self, domain: int, step: int, size: int) -> np.ndarray:
        """Return which pictures of a domain a step sees, int64 [size]."""
        positions = step * size + np.arange(size)
        count = len(self._domains[domain])
        return np.array([self._order(domain, int(p) // count)[p % count] for p in positions])

    def _order(self, domain: int, epoch: int) -> np.ndarray:
        kept = self._orders.get(domain)
        if kept is None or kept[0] != epoch:
            key = [self._seed, _ORDERS + 2 * epoch + domain]
            random = np.random.Generator(np.random.Philox(key=key))
            kept = self._orders[domain] = epoch, random.permutation(len(self._domains[domain]))
        return kept[1]

    def draw(self, step: int, size: int) -> Batch:
        """Return ``size`` pictures of A, then ``size`` of B: 2·size in all."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, step]))
        pictures, categories = [], []
        for domain in (0, 1):
            for row in self.rows(domain, step, size):
                pictures.append(self._jitter(self._domains[domain][row], random))
                categories.append(self._categories[domain][row])
        return Batch(
            to_unit(np.stack(pictures)),
            self._category_eye[categories],
            np.repeat(np.eye(2, dtype=np.float32), size, axis=0),
        )

    def _jitter(self, picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
        left, top = random.integers(0, self._large_px - self._size_px + 1, 2)
        mirrored = random.random() < 0.5
        if self._large_px > self._size_px:
            large = Image.fromarray(picture).resize(
                (self._large_px, self._large_px), Image.Resampling.BICUBIC
            )
            box = (left, top, left + self._size_px, top + self._size_px)
            picture = np.asarray(large.crop(box))
        return picture[:, ::-1] if mirrored and self._mirror else picture
