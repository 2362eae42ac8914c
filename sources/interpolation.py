"""Walks through a model: what lies between seeds, and between categories, for any source.

Linear interpolation of latents is what the notebook of BigGAN does; on a sphere the length of
a latent stays what it is between two that are not parallel (Shoemake, Animating Rotation with
Quaternion Curves, 1985). Noise, choices and truncation stay those of the first draw: they are not
what a walk is about, and a model with one truncation per call gets one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sources.runtimes.latents import Draw, NotMixable
from sources.runtimes.source import Source
from sources.spec.description import Model

PATHS = ("linear", "spherical")


@dataclass(frozen=True)
class Stop:
    """A picture that a walk comes through: a draw, in a category by its label."""

    label: int
    draw: Draw


def ease(t: float) -> float:
    """Return a pace that lingers at both ends, 0 → 0, 1 → 1 (half a cosine)."""
    return float((1 - np.cos(np.pi * t)) / 2)


def between(model: Model, start: Draw, end: Draw, t: float, path: str = "linear") -> Draw:
    """Return the draw at ``t``, 0-1, of the way from ``start`` to ``end``.

    Its seed, noise, choices and truncation are those of ``start``.
    """
    mix = _slerp if path == "spherical" else _lerp
    latents = {
        given.name: mix(start.latents[given.name], end.latents[given.name], t)
        if given.kind == "latent"
        else start.latents[given.name]
        for given in model.inputs
        if given.kind in ("latent", "noise")
    }
    return replace(start, latents=latents)


def _lerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    return ((1 - t) * a + t * b).astype(np.float32)


def _slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    cosine = float(np.dot(a.ravel(), b.ravel()) / max(lengths[0] * lengths[1], 1e-12))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:  # parallel: there is no one great circle
        return _lerp(a, b, t)
    mixed: np.ndarray = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return mixed.astype(np.float32)


def looping_walk(
    model: Model, stops: Sequence[Stop], frames: int, path: str = "linear"
) -> list[Draw]:
    """Return the draws of a walk through all stops and back to the first: N · ``frames``.

    Frame 0, ``frames``, … are the stops themselves. Labels are blended where they change, as
    shares of the first stop's label and others: give `generate` that label. Raises `NotMixable`
    where the model takes no shares.
    """
    if not any(given.kind == "latent" for given in model.inputs):
        raise NotMixable(
            f"{model.label} takes seeds, between which there is nothing", "walk in another model"
        )
    home = stops[0]
    walk = []
    for number, here in enumerate(stops):
        there = stops[(number + 1) % len(stops)]
        for frame in range(frames):
            t = ease(frame / frames)
            draw = between(
                model, replace(home.draw, latents=here.draw.latents), there.draw, t, path
            )
            draw = replace(draw, latents={**draw.latents, **_noise(model, home.draw)})
            walk.append(replace(draw, blend=_blend(home.label, here.label, there.label, t)))
    return walk


def _noise(model: Model, draw: Draw) -> dict[str, np.ndarray]:
    return {g.name: draw.latents[g.name] for g in model.inputs if g.kind == "noise"}


def _blend(home: int, here: int, there: int, t: float) -> dict[int, float]:
    """Return the shares of labels other than ``home``; none where a walk stays in one category."""
    shares = {here: 1 - t}
    shares[there] = shares.get(there, 0.0) + t
    return {label: share for label, share in shares.items() if label != home and share > 0}


def check_blendable(model: Model) -> None:
    """Raise `NotMixable` where there is nothing between two categories of a model."""
    given = next((i for i in model.inputs if i.kind == "category"), None)
    if given is None:
        raise NotMixable(f"model {model.name} has one category", "walk within it")
    if given.encoding == "index":
        raise NotMixable(
            f"model {model.name} takes the index of one category: there is nothing between two",
            "walk within categories",
        )


def pictures_of(source: Source, label: int, walk: Sequence[Draw]) -> Iterator[np.ndarray]:
    """Yield the pictures of a walk, uint8 [H, W, 3 or 4]."""
    for start in range(0, len(walk), source.batch):
        yield from source.generate(label, walk[start : start + source.batch])
