"""Seed → truncation, choices, latent vectors and noise, on a stream that NumPy has frozen.

`numpy.random.RandomState` gives the same uniforms in every version and on every platform; the
inverse CDF turns them into normal numbers, so a seed means the same picture for good. The order
of draws from one seed is: truncation, one per choice in the order of model.toml, latents and
noise in that order.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri

from core.errors import NonesuchError
from sources.spec.description import Input, Model

TRUNCATION_STEP = 0.02
CUT = 2.0  # standard deviations at which a truncated normal ends
_kept = threading.local()


class NotMixable(NonesuchError):
    """Pictures that one call of the model cannot make together, or labels it cannot blend."""


@dataclass(frozen=True)
class Draw:
    """Everything that one seed decides."""

    seed: int
    truncation: float
    choices: dict[str, int]
    latents: dict[str, np.ndarray]  # float32 [width] or of its shape, before truncation
    # of a morph: label → weight besides the category's own, which has the rest of 1
    blend: dict[int, float] = field(default_factory=dict)


def draw(model: Model, seed: int, truncations: tuple[float, float]) -> Draw:
    """Return what ``seed``, 0 … 2^32-1, decides for a model.

    ``truncations``: lowest and highest; the one drawn is a multiple of 0.02.
    """
    stream = _stream(seed)
    truncation = truncation_of(stream.random_sample(), *truncations)
    choices = {}
    latents = {}
    for given in model.inputs:
        if given.kind == "choice":
            choices[given.name] = given.among[int(stream.random_sample() * len(given.among))]
    for given in model.inputs:
        if given.kind in ("latent", "noise"):
            latents[given.name] = _latent(given, stream.random_sample(given.size))
    return Draw(seed, truncation, choices, latents)


def truncation_drawn(seed: int, truncations: tuple[float, float]) -> float:
    """Return the truncation that a seed draws, the same for every model."""
    return truncation_of(_stream(seed).random_sample(), *truncations)


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


def truncation_of(uniform: float, lowest: float, highest: float) -> float:
    """A multiple of 0.02 between the two, each equally likely."""
    first = round(lowest / TRUNCATION_STEP)
    last = round(highest / TRUNCATION_STEP)
    return round((first + int(uniform * (last - first + 1))) * TRUNCATION_STEP, 2)


def _latent(given: Input, uniforms: np.ndarray) -> np.ndarray:
    """Uniforms in [0, 1) → the distribution that the model was trained with."""
    if given.distribution == "uniform":
        low, high = given.range
        values = low + (high - low) * uniforms
    elif given.distribution == "normal":
        values = ndtri(np.clip(uniforms, 1e-12, 1 - 1e-12))
    else:
        tail = ndtr(-CUT)
        values = ndtri(tail + uniforms * (1 - 2 * tail))
    return values.astype(np.float32).reshape(given.dims or -1)


def inputs_for(model: Model, label: int, draws: Sequence[Draw]) -> dict[str, np.ndarray]:
    """Return the named inputs of a batch of N pictures.

    Latents and noise [N, width] or [N, *shape], labels one-hot [N, width] or index [N],
    truncation [N] or [], constants, seeds [N] or [], texts as bytes; float32 or as model.toml says.
    Parts of one input are joined: [N, the sum of their sizes]. Raises `NotMixable`.
    """
    found: dict[str, np.ndarray] = {}
    for given in model.inputs:
        values = _values(given, label, draws)
        if given.part_of:
            values = values.reshape(len(draws), -1)
            before = found.get(given.tensor)
            if before is not None:
                values = np.concatenate([before, values.astype(before.dtype)], axis=1)
        found[given.tensor] = values
    return found


def _values(given: Input, label: int, draws: Sequence[Draw]) -> np.ndarray:
    count = len(draws)
    shape = (count, *given.dims)
    if given.kind in ("latent", "noise"):
        values = np.stack([d.latents[given.name] for d in draws])
        if given.scaled:
            factors = np.array([d.truncation for d in draws], dtype=np.float32)
            values = values * factors.reshape(count, *[1] * (values.ndim - 1))
    elif given.kind == "truncation":
        values = _truncations(given, draws).reshape(() if given.shape == "scalar" else shape)
    elif given.kind == "constant":
        values = np.full(given.dims if given.shape == "scalar" else shape, given.value)
    elif given.kind == "seed":
        values = _seeds(given, draws).reshape(() if given.shape == "scalar" else shape)
    elif given.kind == "text":
        text = given.texts[label].encode()
        values = np.full(() if given.shape == "scalar" else shape, text, dtype=object)
    elif given.kind == "category":
        if any(d.blend for d in draws):
            values = _blended(given, label, draws)
        else:
            values = _encode_labels(given, [label] * count)
    else:
        values = _encode_labels(given, [d.choices[given.name] for d in draws])
    dtype = "object" if given.dtype == "string" else given.dtype or _usual_dtype(given)
    return values.astype(dtype, copy=False)


def _usual_dtype(given: Input) -> str:
    if given.kind == "text":
        return "object"
    if given.kind == "seed":
        return "int32"
    indexed = given.kind in ("category", "choice") and given.encoding == "index"
    return "int32" if indexed else "float32"


def _seeds(given: Input, draws: Sequence[Draw]) -> np.ndarray:
    """Return the seeds themselves, or their lower bits where the type has fewer."""
    if given.shape == "scalar" and len(draws) > 1:
        raise NotMixable(
            f"{given.name} is one seed per call, but there are {len(draws)} pictures",
            "generate them one by one",
        )
    dtype = np.dtype(given.dtype or "int32")
    most = np.iinfo(dtype).max if dtype.kind in "iu" else 2**24 - 1  # exact in float32
    return np.array([d.seed & int(most) for d in draws], dtype=np.uint64)


def _truncations(given: Input, draws: Sequence[Draw]) -> np.ndarray:
    truncations = [d.truncation for d in draws]
    if given.shape != "scalar":
        return np.array(truncations, dtype=np.float32)
    if len(set(truncations)) > 1:
        raise NotMixable(
            f"{given.name} is one number per call, but the pictures have {set(truncations)}",
            "generate pictures of equal truncation together",
        )
    return np.array(truncations[:1], dtype=np.float32)


def _encode_labels(given: Input, labels: list[int]) -> np.ndarray:
    if given.encoding == "index":
        return np.array(labels).reshape(len(labels), *given.dims)
    one_hot = np.zeros((len(labels), given.width), dtype=np.float32)
    one_hot[np.arange(len(labels)), labels] = 1
    return one_hot


def _blended(given: Input, label: int, draws: Sequence[Draw]) -> np.ndarray:
    """Weights of labels between categories: float32 [N, width], each row summing to 1."""
    if given.encoding == "index":
        raise NotMixable(
            f"{given.name} is the index of one category: there is nothing between two",
            "walk within categories instead",
        )
    rows = np.zeros((len(draws), given.width), dtype=np.float32)
    for row, each in zip(rows, draws, strict=True):
        row[label] = 1 - sum(each.blend.values())
        for other, weight in each.blend.items():
            row[other] += weight
    return rows
