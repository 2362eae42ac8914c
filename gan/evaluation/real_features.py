"""Features of a data set's real pictures: computed once per space, then kept."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.files import write_durably
from gan.dataset.files import Dataset
from gan.evaluation.spaces import FeatureSpace
from gan.pixels import on_white


def dataset_digest(dataset: Dataset) -> str:
    """Return 12 hexadecimal digits of a data set's pictures and rows."""
    digest = hashlib.sha256()
    for start in range(0, len(dataset.pictures), 512):
        digest.update(dataset.pictures[start : start + 512].tobytes())
    for record in dataset.records:
        digest.update(f"{record.category} {record.style} {record.origin} {record.split}\n".encode())
    return digest.hexdigest()[:12]


def real_features(
    home: Path,
    dataset: Dataset,
    digest: str,
    space: FeatureSpace,
    echo: Callable[[str], None],
    mirrored: bool = False,
) -> np.ndarray:
    """Return the features, float16 [N, D], of all pictures of a data set on white.

    They are kept in <home>/features; ``digest`` is the data set's.
    """
    name = f"{dataset.name}-{dataset.size_px}-{digest}-{space.key}{'-m' if mirrored else ''}.npy"
    path = home / "features" / name
    if path.exists():
        kept: np.ndarray = np.load(path, allow_pickle=False)
        return kept
    echo(f"reading the real pictures by {space.name}{', mirrored' if mirrored else ''}, once")
    pictures = on_white(dataset.pictures)
    features = space.embed(pictures[:, :, ::-1] if mirrored else pictures)
    buffer = io.BytesIO()
    np.save(buffer, features)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, buffer.getvalue())
    return features
