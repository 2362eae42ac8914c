"""What a browser needs to know of a model to draw its pictures: one JSON document.

Addresses in it are relative to its own, so it may lie in any folder, on any host.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.browser.offers import MOST_BYTES
from app.browser.runtime import VERSION, Runtime, RuntimeFile

if TYPE_CHECKING:
    from sources.spec.description import Model, ModelCategory
    from sources.spec.inputs import Input

_DTYPES = ("float32", "int32")  # that are given to LiteRT.js here
_ENDING = ".tflite"

Seed = tuple[str, int]  # slug of the category, seed


@dataclass(frozen=True)
class Seeds:
    """What the index knows of a model's pictures."""

    rejected: Collection[Seed]
    stored: Collection[Seed]
    off: Collection[str]  # categories


def is_for_browsers(model: "Model") -> bool:
    """Say whether a browser can draw a model's pictures."""
    from sources.spec.description import LITERT

    return (
        model.runtime == LITERT
        and 1 in model.litert_signatures
        and all(_dtype(given) in _DTYPES for given in model.inputs)
        and not any(given.part_of or given.kind in ("seed", "text") for given in model.inputs)
        and model.output.layout in ("NHWC", "NCHW")
        and not model.output.shape
        and (model.folder / model.litert_file).stat().st_size <= MOST_BYTES
    )


def weights_of(model: "Model") -> RuntimeFile:
    """Return a model's file under the name that it is sent by."""
    name = f"{model.name}-{model.version}.{model.litert_sha256[:12]}{_ENDING}"
    return RuntimeFile(name, model.litert_sha256, (model.folder / model.litert_file).stat().st_size)


def describe(
    model: "Model",
    chosen: Mapping[str, Sequence[tuple[int, int]]],
    seeds: Seeds,
    weights: RuntimeFile,
    runtime: Runtime,
) -> dict[str, Any]:
    """Return the document; ``chosen``: seeds and truncations, in steps of 0.02, by category.

    Categories that are off are not in it, nor parts of categories: any seed may draw anything of a
    category. Chosen seeds keep their order, less those that are stored: they were seen.
    """
    drawable = [each for each in model.categories if not each.of]
    wholes = {each.slug: each.family for each in model.categories}
    rejected = {(wholes.get(slug, slug), seed) for slug, seed in seeds.rejected}
    seen = rejected | {(wholes.get(slug, slug), seed) for slug, seed in seeds.stored}

    def category(each: "ModelCategory") -> dict[str, Any]:
        unseen = [pair for pair in chosen.get(each.slug, ()) if (each.slug, pair[0]) not in seen]
        return {
            "label": each.label,
            "slug": each.slug,
            "name": each.name,
            "hidden": each.hidden,
            "truncations": model.truncations_of(each),
            "chosen": [] if each.hidden else unseen,
        }

    shown = [each for each in drawable if each.slug not in seeds.off]
    return {
        "model": model.label,
        "name": model.name,
        "digest": model.digest,
        "licence": model.licence,
        "file": _file(weights),
        "runtime": {
            "version": VERSION,
            "core": _file(runtime.core),
            "loader": _file(runtime.loader),
            "program": _file(runtime.program),
        },
        "signature": model.litert_signatures[1],
        "inputs": [_input(given) for given in model.inputs],
        "output": model.output.call(),
        "size_px": model.size_px,
        "channels": model.channels,
        "finish": model.finish.described() if model.finish else None,
        "truncation": vars(model.truncation),
        "categories": [category(each) for each in shown],
        "drawn_from": _drawn_from(drawable, seeds.off),
        "withheld": sorted(checksum(slug, seed) for slug, seed in rejected),
    }


def checksum(slug: str, seed: int) -> int:
    """Return what stands for a rejected picture: the seed itself would show it."""
    return zlib.crc32(f"{slug} {seed}".encode())


def _drawn_from(drawable: Sequence["ModelCategory"], off: Collection[str]) -> list[str]:
    """Return the slugs among which a seed alone decides: `LiveModel.wish` decides so.

    For one that is off the next one stands, so that all other seeds keep theirs.
    """
    every = [each for each in drawable if not each.hidden] or list(drawable)
    found = []
    for place in range(len(every)):
        around = (every[place:] + every[:place]) if every else []
        found += [each.slug for each in around if each.slug not in off][:1]
    return found


def _file(file: RuntimeFile) -> dict[str, Any]:
    return {"address": file.name, "sha256": file.sha256, "bytes": file.bytes}


def _input(given: "Input") -> dict[str, Any]:
    return {**vars(given), "dtype": _dtype(given)}


def _dtype(given: "Input") -> str:
    indexed = given.kind in ("category", "choice") and given.encoding == "index"
    return given.dtype or ("int32" if indexed else "float32")
