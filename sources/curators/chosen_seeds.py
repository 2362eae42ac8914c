"""The chosen seeds of a model: `chosen.npz` beside it, written by `flask models choose`.

For every category some hundred seeds in the order in which they are to be shown, each with its
truncation, its quality and the one or two concepts it is nearest to. It belongs to one digest.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import NonesuchError
from core.files import write_durably
from sources.curators.quality import CandidateScale
from sources.runtimes.latents import TRUNCATION_STEP
from sources.spec.description import LITERT, SAVED_MODEL, SERVING, Model, read_model

FILE = "chosen.npz"
_NO_CONCEPT = 65535
_ARRAYS = (
    "digest", "candidates", "slugs", "counts", "seeds", "truncations", "qualities", "nearest",
    "ids", "means", "deviations", "pieces",
)  # fmt: skip


class BadChosen(NonesuchError):
    """A file of chosen seeds that cannot be read or belongs to another model."""


@dataclass(frozen=True)
class ChosenSeed:
    """A seed that is worth showing."""

    seed: int
    truncation: float
    quality: float
    nearest: tuple[str, ...]  # concepts: none, one or two


@dataclass(frozen=True)
class Selection:
    """What was chosen of one category."""

    seeds: tuple[ChosenSeed, ...]
    scale: CandidateScale


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a model."""

    digest: str
    candidates: int  # of each category
    selections: dict[str, Selection]  # by slug

    def of(self, slug: str) -> tuple[ChosenSeed, ...]:
        """Return the seeds of a category in their order; none where nothing was chosen."""
        found = self.selections.get(slug)
        return found.seeds if found else ()


def write_chosen(model: Model, chosen: Chosen) -> Path:
    """Write the file into the model's folder, whole or not at all. Raises OSError."""
    slugs = sorted(chosen.selections)
    groups = [chosen.selections[slug].seeds for slug in slugs]
    scales = [chosen.selections[slug].scale for slug in slugs]
    every = [each for group in groups for each in group]
    ids = sorted({concept for each in every for concept in each.nearest})
    place = {concept: i for i, concept in enumerate(ids)}
    nearest = np.full((len(every), 2), _NO_CONCEPT, np.uint16)
    for row, each in zip(nearest, every, strict=True):
        row[: len(each.nearest)] = [place[concept] for concept in each.nearest]
    arrays = {
        "digest": np.array(chosen.digest),
        "candidates": np.array(chosen.candidates),
        "slugs": np.array(slugs, str),
        "counts": np.array([len(group) for group in groups], np.int32),
        "seeds": np.array([each.seed for each in every], np.uint32),
        "truncations": np.array(
            [round(each.truncation / TRUNCATION_STEP) for each in every], np.uint16
        ),
        "qualities": np.array([each.quality for each in every], np.float16),
        "nearest": nearest,
        "ids": np.array(ids, str),
        "means": np.array([scale.mean for scale in scales], np.float32),
        "deviations": np.array([scale.deviation for scale in scales], np.float32),
        "pieces": np.array([scale.pieces for scale in scales], np.float32),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    path = model.folder / FILE
    write_durably(path, file.getvalue())
    return path


def read_chosen(model: Model) -> Chosen | None:
    """Return what was chosen for a model, or None where there is no file. Raises `BadChosen`.

    A SavedModel is the LiteRT file beside it but for roundings; of what a server runs nothing here
    says which seeds are good.
    """
    path = model.folder / FILE
    if model.runtime == SERVING or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            found = {name: kept[name] for name in _ARRAYS}
        chosen = _unpack(found)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise BadChosen(f"{path} cannot be read ({error})", _remedy(model)) from error
    if model.digest not in (chosen.digest, *_other_runtime(model, chosen.digest)):
        raise BadChosen(
            f"{path} was chosen for another model: digest {chosen.digest[:12]}, not "
            f"{model.digest[:12]}",
            _remedy(model),
        )
    return chosen


def _other_runtime(model: Model, chosen_for: str) -> tuple[str, ...]:
    """Return a SavedModel's digest where what was chosen for is the LiteRT file beside it."""
    if model.runtime != SAVED_MODEL or not model.also_litert:
        return ()
    return (model.digest,) if read_model(model.folder, LITERT).digest == chosen_for else ()


def _remedy(model: Model) -> str:
    return (
        f"choose anew: flask models choose {model.name}; or leave the choice out: "
        "flask pregen --any-seed"
    )


def _unpack(found: dict[str, np.ndarray]) -> Chosen:
    ids = [str(concept) for concept in found["ids"]]
    ends = np.cumsum(found["counts"]).tolist()
    selections = {}
    for i, (slug, end) in enumerate(zip(found["slugs"].tolist(), ends, strict=True)):
        rows = slice(end - int(found["counts"][i]), end)
        scale = CandidateScale(found["means"][i], found["deviations"][i], float(found["pieces"][i]))
        selections[slug] = Selection(_seeds(found, rows, ids), scale)
    return Chosen(str(found["digest"]), int(found["candidates"]), selections)


def _seeds(found: dict[str, np.ndarray], rows: slice, ids: Sequence[str]) -> tuple[ChosenSeed, ...]:
    columns = (found[name][rows].tolist() for name in ("seeds", "truncations", "qualities"))
    nearest = found["nearest"][rows].tolist()
    return tuple(
        ChosenSeed(
            seed,
            round(steps * TRUNCATION_STEP, 2),
            quality,
            tuple(ids[n] for n in near if n != _NO_CONCEPT),
        )
        for seed, steps, quality, near in zip(*columns, nearest, strict=True)
    )
