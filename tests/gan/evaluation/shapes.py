"""A data set of drawn shapes with many concepts, and generators of it, good and bad."""

import numpy as np

from gan.dataset.files import HELD_OUT, TRAIN, Dataset, Label, Record
from gan.pixels import on_white

CATEGORIES = ("disc", "bar", "ring")
SIZE = 16


def draw_shape(category: int, random: np.random.RandomState, size: int = SIZE) -> np.ndarray:
    """Return uint8 [size, size, 4]: a shape of a random colour, place and extent."""
    y, x = np.mgrid[:size, :size] + 0.5
    cy, cx = random.uniform(0.35, 0.65, 2) * size
    reach = random.uniform(0.2, 0.42) * size
    far = np.hypot(y - cy, x - cx)
    inside = (
        far < reach,
        (np.abs(y - cy) < reach) & (np.abs(x - cx) < reach / 3),
        (far < reach) & (far > reach * 0.6),
    )[category]
    picture = np.zeros((size, size, 4), np.uint8)
    picture[inside, :3] = random.randint(0, 200, 3)
    picture[inside, 3] = 255
    return picture


def shapes(per_category: int = 60, size: int = SIZE) -> Dataset:
    """Return a data set in which every fourth picture is held out; each is its own concept."""
    random = np.random.RandomState(3)
    pictures, records = [], []
    for i in range(per_category * len(CATEGORIES)):
        category = i % len(CATEGORIES)
        pictures.append(draw_shape(category, random, size))
        split = HELD_OUT if i // len(CATEGORIES) % 4 == 0 else TRAIN
        name = CATEGORIES[category]
        records.append(Record(name, "plain", f"concept{i}", f"file{i}", "MIT", split))
    return Dataset(
        name="shapes",
        size_px=size,
        categories=[Label(name, name) for name in CATEGORIES],
        styles=["plain"],
        pictures=np.stack(pictures),
        records=records,
        notes={},
    )


def good_generator(per_category: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return new pictures of the same distribution, uint8 [N, H, W, 3], and categories [N]."""
    random = np.random.RandomState(seed)
    categories = np.arange(per_category * len(CATEGORIES)) % len(CATEGORIES)
    return on_white(np.stack([draw_shape(int(c), random) for c in categories])), categories


def copier(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the training pictures, every other one mirrored, with noise of a grey level."""
    rows = dataset.indices(TRAIN)
    pictures = on_white(dataset.pictures[rows])
    pictures[::2] = pictures[::2, :, ::-1]
    noise = np.random.RandomState(1).randint(-1, 2, pictures.shape)
    noisy = np.clip(pictures.astype(int) + noise, 0, 255).astype(np.uint8)
    return noisy, dataset.category_ids()[rows]


def collapsed(per_category: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one picture of each category, over and over, with a little noise."""
    one, _ = good_generator(1)
    categories = np.arange(per_category * len(CATEGORIES)) % len(CATEGORIES)
    noise = np.random.RandomState(2).randint(-4, 5, (len(categories), *one.shape[1:]))
    pictures = np.clip(one[categories].astype(int) + noise, 0, 255).astype(np.uint8)
    return pictures, categories
