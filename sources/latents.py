"""Seed → truncation, choices and latent vector, on a stream that NumPy has frozen.

`numpy.random.RandomState` gives the same uniforms in every version and on every platform; the
inverse CDF turns them into normal numbers, so a seed means the same picture for good. The order
of draws from one seed is: truncation, one per choice in the order of model.toml, latent.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sources.description import Input, Model

TRUNCATION_STEP = 0.02
CUT = 2.0  # standard deviations at which a truncated normal ends
_kept = threading.local()


@dataclass(frozen=True)
class Draw:
    """Everything that one seed decides."""

    seed: int
    truncation: float
    choices: dict[str, int]
    latents: dict[str, np.ndarray]  # float32 [width], before truncation


def draw(model: Model, seed: int, truncations: tuple[float, float]) -> Draw:
    """Return what ``seed``, 0 … 2^32-1, decides for a model.

    ``truncations``: lowest and highest; the one drawn is a multiple of 0.02.
    """
    stream = _stream(seed)
    truncation = _truncation(stream.random_sample(), *truncations)
    choices = {}
    latents = {}
    for given in model.inputs:
        if given.kind == "choice":
            choices[given.name] = given.among[int(stream.random_sample() * len(given.among))]
    for given in model.inputs:
        if given.kind == "latent":
            latents[given.name] = _latent(given, stream.random_sample(given.width))
    return Draw(seed, truncation, choices, latents)


def _stream(seed: int) -> np.random.RandomState:
    """Return this thread's stream, at the beginning of ``seed``.

    Making a RandomState costs 178 µs, since it asks the system for entropy first; seeding one
    costs 2 µs and gives the same numbers.
    """
    stream = getattr(_kept, "stream", None)
    if stream is None:
        stream = _kept.stream = np.random.RandomState()
    stream.seed(seed)
    return stream


def _truncation(uniform: float, lowest: float, highest: float) -> float:
    """A multiple of 0.02 between the two, each equally likely."""
    first = round(lowest / TRUNCATION_STEP)
    last = round(highest / TRUNCATION_STEP)
    return round((first + int(uniform * (last - first + 1))) * TRUNCATION_STEP, 2)


def _latent(given: Input, uniforms: np.ndarray) -> np.ndarray:
    """Uniforms in [0, 1) → the distribution that the model was trained with."""
    if given.distribution == "uniform":
        return (2 * uniforms - 1).astype(np.float32)
    if given.distribution == "normal":
        return ndtri(np.clip(uniforms, 1e-12, 1 - 1e-12)).astype(np.float32)
    tail = ndtr(-CUT)
    return ndtri(tail + uniforms * (1 - 2 * tail)).astype(np.float32)


def inputs_for(model: Model, label: int, draws: Sequence[Draw]) -> dict[str, np.ndarray]:
    """Return the named inputs of a batch: latents float32 [N, width], labels one-hot or index."""
    count = len(draws)
    batch: dict[str, np.ndarray] = {}
    for given in model.inputs:
        if given.kind == "latent":
            batch[given.name] = np.stack([d.latents[given.name] for d in draws])
        elif given.kind == "truncation":
            batch[given.name] = np.array([d.truncation for d in draws], dtype=np.float32)
        else:
            labels = (
                [label] * count
                if given.kind == "category"
                else [d.choices[given.name] for d in draws]
            )
            batch[given.name] = _encode_labels(given, labels)
    return batch


def _encode_labels(given: Input, labels: list[int]) -> np.ndarray:
    if given.encoding == "index":
        return np.array(labels, dtype=np.int32)
    one_hot = np.zeros((len(labels), given.width), dtype=np.float32)
    one_hot[np.arange(len(labels)), labels] = 1
    return one_hot
