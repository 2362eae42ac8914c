"""What the owner asks for, parsed and checked against the model before anything is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.errors import NonesuchError
from core.slugs import check_known
from sources.curators.chosen_seeds import FILE, Chosen, ChosenSeed
from sources.runtimes.latents import TRUNCATION_STEP
from sources.spec.description import SERVING, Model, ModelCategory

RUN_OUT = 4  # candidates for a picture when the chosen seeds have run out
SAMPLES_MOST = 1_000_000  # seeds of a category: see pregen.planning.plan


class BadRequest(NonesuchError):
    """Options that this model cannot meet."""


@dataclass(frozen=True)
class Request:
    """A checked request."""

    categories: tuple[ModelCategory, ...]
    samples: int
    truncations: tuple[float, float] | None  # None: each category's own, or the model's
    seed: int
    oversample: int = 1  # candidates of which one is kept
    chosen: Chosen | None = None  # seeds that come first

    @property
    def candidates(self) -> int:
        """Candidates of which one is kept, of pictures that are of no chosen seed."""
        return max(self.oversample, RUN_OUT) if self.chosen else self.oversample

    def picks_of(self, category: ModelCategory) -> tuple[ChosenSeed, ...]:
        """Return the chosen seeds of a category in this run's order."""
        return in_run_order(self.chosen.of(category.slug), self.seed) if self.chosen else ()

    def truncations_of(self, model: Model, category: ModelCategory) -> tuple[float, float]:
        """Return the range that a category's truncations are drawn from."""
        return self.truncations or model.truncations_of(category)


def check_request(
    model: Model,
    categories: str,
    samples: int,
    truncation: str | None,
    seed: int,
    *,
    all_categories: bool = False,
    oversample: int = 1,
    chosen: Chosen | None = None,
) -> Request:
    """Return the request that the options mean. Raises `BadRequest` or `UnknownSlug`.

    ``chosen``: seeds that come first; with a ``truncation`` none do.
    """
    if not 1 <= samples <= SAMPLES_MOST:
        raise BadRequest(
            f"--samples {samples} is not between 1 and {SAMPLES_MOST:,}",
            "for example: --samples 60",
        )
    if not 0 <= seed < 2**32:
        raise BadRequest(f"--seed {seed} is not between 0 and 2^32 - 1", "for example: --seed 0")
    if truncation:
        chosen = None
    wanted = choose_categories(
        model, categories, seed, all_categories=all_categories, parts=chosen is not None
    )
    return Request(wanted, samples, parse_truncation(model, truncation), seed, oversample, chosen)


def in_run_order(seeds: tuple[ChosenSeed, ...], run_seed: int) -> tuple[ChosenSeed, ...]:
    """Return chosen seeds in the order of a run: with 0 the file's, else NumPy's permutation."""
    if not run_seed:
        return seeds
    order = np.random.RandomState(run_seed).permutation(len(seeds))
    return tuple(seeds[i] for i in order)


def said_of_seeds(
    model: Model, request: Request, truncation: str | None, any_seed: bool
) -> Iterator[str]:
    """Yield what is to be said of chosen seeds: how many candidates they are of, or why none."""
    chosen = request.chosen
    parts = sum(1 for each in model.categories if each.of and not each.hidden)
    if parts and chosen is None:
        yield f"left out, as they are made of chosen seeds alone: {parts} parts of categories"
    if not (model.folder / FILE).is_file() or model.runtime == SERVING:
        return
    if chosen is None:
        option = "--any-seed" if any_seed else f"--truncation {truncation}"
        yield f"the seeds chosen for {model.label} are not used: {option} draws others"
        return
    yield (
        f"seeds that networks chose for {model.label}, of {chosen.candidates:,} candidates a "
        "category"
    )
    rest = f"the rest is picked among {request.candidates} candidates for each picture"
    for is_part, what in ((False, rest), (True, "there are no more of these")):
        few = {c.slug: len(chosen.of(c.slug)) for c in request.categories if bool(c.of) == is_part}
        few = {slug: count for slug, count in few.items() if count < request.samples}
        if few:
            named = ", ".join(f"{slug} {count}" for slug, count in list(few.items())[:5])
            others = " and others" if len(few) > 5 else ""
            yield f"fewer than {request.samples:,} were chosen of {named}{others}: {what}"


def choose_categories(
    model: Model, wanted: str, seed: int, *, all_categories: bool = False, parts: bool = True
) -> tuple[ModelCategory, ...]:
    """Return the first N of the seed's permutation, or those named by slug, in that order.

    A larger N only appends: 60 is contained in 70. The permutation is NumPy's frozen one. It is
    one of the categories that are not hidden, unless ``all_categories``; a slug may be any.
    ``parts``: whether parts of categories can be made; without them there may be fewer than N.
    Raises `BadRequest` and `UnknownSlug`.
    """
    wanted = wanted.strip()
    shown = [each for each in model.categories if all_categories or not each.hidden]
    total = len(shown)
    if re.fullmatch(r"[+-]?\d+", wanted):
        count = int(wanted)
        if not 1 <= count <= total:
            raise BadRequest(
                f"--categories {count}: model {model.name} has {total} categories",
                f"choose 1 to {total}, or name some: --categories {model.categories[0].slug}"
                + (
                    f"; {len(model.categories)} with --all-categories"
                    if total < len(model.categories)
                    else ""
                ),
            )
        drawn = [each for each in shown if parts or not each.of]
        order = np.random.RandomState(seed).permutation(len(drawn))[:count]
        return tuple(drawn[i] for i in order)
    known = {category.slug: category for category in model.categories}
    slugs = [slug.strip() for slug in wanted.split(",") if slug.strip()]
    if not slugs:
        raise BadRequest("--categories is empty", "give a number or slugs: --categories 60")
    for slug in slugs:
        check_known(slug, known, f"category of {model.name}")
        if known[slug].of and not parts:
            raise BadRequest(
                f"{slug} is a part of {known[slug].of} and made of chosen seeds alone",
                f"leave --any-seed and --truncation out, or write {known[slug].of}"
                if (model.folder / FILE).is_file()
                else f"choose them first: flask models choose {model.name}",
            )
    return tuple(known[slug] for slug in dict.fromkeys(slugs))


def parse_truncation(model: Model, text: str | None) -> tuple[float, float] | None:
    """Return lowest and highest truncation from ``"0.4:0.7"`` or ``"0.5"``; None of None."""
    if text is None:
        return None
    lowest, highest = model.truncation.lowest, model.truncation.highest
    example = f"{model.truncation.default[0]}:{model.truncation.default[1]}"
    hint = f"model {model.name} takes {lowest} to {highest}, for example: --truncation {example}"
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError as error:
        raise BadRequest(f"--truncation {text!r} is no range of numbers", hint) from error
    if len(numbers) not in (1, 2) or any(number != number for number in numbers):
        raise BadRequest(f"--truncation {text!r} is no range of numbers", hint)
    low, high = numbers[0], numbers[-1]
    if low > high:
        raise BadRequest(f"--truncation {text} is upside down", f"write {high}:{low}")
    if low < lowest or high > highest:
        raise BadRequest(f"--truncation {text} is out of range", hint)
    if round(low / TRUNCATION_STEP) == 0:
        raise BadRequest(f"--truncation {text} rounds to 0, where all pictures are one", hint)
    return low, high
