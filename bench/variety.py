"""`python -m bench.variety`: what choosing seeds does for the variety of a default fill.

The first 60 pictures of every category that is shown, as seeds come and as they were chosen: how
many concepts are nearest to one of them, by the model's curator, how many are near-duplicates of
another of the fill, and how many the curator reads as their category. It chose them, so the last
says little; a rating by people says more.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.settings import PROJECT
from pregen.planning.batches import seed_of
from sources.curators.chosen_seeds import read_chosen
from sources.curators.curator import Curator, on_white, read_curator
from sources.registry import find_model, open_source
from sources.runtimes.latents import Draw, draw
from sources.runtimes.source import Source
from sources.spec.description import Model, ModelCategory
from store.curation.duplicates import near_groups
from store.formats.encoding import perceptual_hash


@dataclass(frozen=True)
class Fill:
    """One category's pictures."""

    concepts: int
    read: int  # as their category
    hashes: list[str]


def as_they_come(model: Model, category: ModelCategory, count: int) -> list[Draw]:
    """Return the draws of `flask pregen --any-seed`; of a part, those of its place among others."""
    position = model.categories.index(category)
    truncations = model.truncations_of(category)
    return [draw(model, seed_of(0, position, k), truncations) for k in range(count)]


def as_chosen(model: Model, category: ModelCategory, count: int) -> list[Draw]:
    """Return the draws of `flask pregen`."""
    chosen = read_chosen(model)
    seeds = chosen.of(category.slug)[:count] if chosen else ()
    return [draw(model, each.seed, (each.truncation, each.truncation)) for each in seeds]


def measure(source: Source, curator: Curator, slug: str, label: int, draws: list[Draw]) -> Fill:
    """Make the pictures of some draws and look at them."""
    calls = [draws[i : i + source.batch] for i in range(0, len(draws), source.batch)]
    pictures = on_white(np.concatenate([source.generate(label, call) for call in calls]))
    features = curator.features.of(pictures)
    read = curator.fitted.shows(features).argmax(axis=1)
    nearest = set[str]()
    if curator.concepts is not None:
        distances = curator.concepts.distances(curator.concepts.place(features))
        named = curator.concepts.named(curator.concepts.nearest(distances, slug))
        nearest = {each[0] for each in named}
    hashes = [perceptual_hash(Image.fromarray(picture)) for picture in pictures]
    right = int((curator.fitted.slugs[read] == slug).sum())
    return Fill(len(nearest), right, hashes)


def near_duplicates(fills: Sequence[Fill]) -> int:
    """Return how many pictures are near-duplicates of one before them."""
    every = [text for fill in fills for text in fill.hashes]
    return sum(len(group) - 1 for group in near_groups(enumerate(every)))


def lines(model: Model, count: int, only: Sequence[str]) -> Iterator[str]:
    """Yield the table, a line a category, and the sums."""
    source, curator = open_source(model, 1), read_curator(model)
    shown = [c for c in model.categories if (c.slug in only if only else not c.hidden)]
    fills: dict[str, list[Fill]] = {"before": [], "after": []}
    yield f"{'category':<24}{'concepts before':>16}{'after':>7}{'read before':>13}{'after':>7}"
    for category in shown:
        for name, of in (("before", as_they_come), ("after", as_chosen)):
            draws = of(model, category, count)
            fills[name].append(measure(source, curator, category.family, category.label, draws))
        before, after = fills["before"][-1], fills["after"][-1]
        yield (
            f"{category.slug:<24}{before.concepts:>16}{after.concepts:>7}"
            f"{before.read:>13}{after.read:>7}"
        )
    for name, found in fills.items():
        total = sum(len(fill.hashes) for fill in found)
        near = near_duplicates(found)
        yield (
            f"{name}: {total:,} pictures, {sum(f.concepts for f in found):,} concepts, "
            f"{near:,} near-duplicates ({near / total:.1%}), "
            f"{sum(f.read for f in found) / total:.0%} read as their category"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--model", default="emoji", help="name of the model (default: emoji)")
    parser.add_argument("--samples", type=int, default=60, help="pictures of a category")
    parser.add_argument("slugs", nargs="*", help="only these categories")
    asked = parser.parse_args()
    for line in lines(find_model(PROJECT / "models", asked.model), asked.samples, asked.slugs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
