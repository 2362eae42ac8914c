"""Refilling categories to their targets: what is missing of each is made from new seeds."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from core.cpu import usable_cores
from core.errors import NonesuchError
from core.settings import Settings
from pregen.filling.run import Filling
from pregen.planning.request import Request
from pregen.planning.targets import Target, targets_of
from sources.biggan.handles import Caches
from sources.curators.chosen_seeds import read_chosen
from sources.registry import find_model, open_sources
from sources.runtimes.source import Source
from sources.spec.description import Model
from store.formats.encoding import find_format
from store.index.category_names import find_slugs
from store.index.database import check_revision, open_engine
from store.index.tables import category


class NothingToRefill(NonesuchError):
    """An index in which no category has a target."""


@dataclass
class Refill:
    """Categories that one call of pregen could have made."""

    model: Model
    request: Request
    format: str


@dataclass
class TopUpResult:
    """What was made, or would be, by category and model, and why some were left out."""

    made: int = 0
    # (slug, the model's label) → lacking, target
    missing: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    present: int = 0
    short: int = 0  # still missing, since too few candidates were good enough
    skipped: list[str] = field(default_factory=list)


def top_up(
    settings: Settings,
    slugs: Sequence[str] | None,
    samples: int | None,
    echo: Callable[[str], None],
    *,
    dry_run: bool,
    model_name: str = "",
    drawn_as: str = "",
    threads: int | None = None,
) -> TopUpResult:
    """Make what is missing to the targets, or to ``samples``; safe beside curating and again.

    ``slugs``: any names of categories. ``model_name``: only what this model made, which its label
    alone may not find; ``drawn_as``: only what models call so. Raises `NothingToRefill`,
    `core.slugs.UnknownSlug`, and what `flask pregen` raises.
    """
    outcome = TopUpResult()
    targets = _find_targets(settings, slugs, drawn_as, outcome)
    given: Model | None = None
    if model_name:
        given = find_model(settings.models_folder, model_name, Caches.of(settings))
        makers = sorted({each.model for each in targets})
        targets = [each for each in targets if each.model_digest == given.digest]
        if makers and not targets:
            raise NothingToRefill(
                f"{given.label} made none of these", f"these did: {', '.join(makers)}"
            )
    if samples is not None:
        targets = [replace(each, samples=samples) for each in targets]
    opened: dict[str, list[Source]] = {}
    for job in _jobs(settings, targets, given, outcome):
        model = job.model
        if model.label not in opened:
            opened[model.label] = open_sources(model, threads or usable_cores())
        sources = opened[model.label]
        filling = Filling(settings, model, job.request, sources[0].batch, dry_run=dry_run)
        outcome.present += filling.plan.present
        for batch in filling.plan.batches:
            key = (batch.category.slug, model.label)
            lacking, _ = outcome.missing.get(key, (0, 0))
            outcome.missing[key] = (lacking + batch.count, job.request.samples)
        if not dry_run:
            if filling.plan.batches:
                outcome.made += filling.fill(sources, find_format(job.format), echo)
                outcome.short += filling.short
            elif samples is not None:
                filling.remember(find_format(job.format))
    return outcome


def _find_targets(
    settings: Settings, slugs: Sequence[str] | None, drawn_as: str, outcome: TopUpResult
) -> list[Target]:
    engine = open_engine(settings)
    check_revision(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(category.c.slug, category.c.off)).all()
        off = {row.slug: row.off for row in rows}
        if slugs is not None:
            slugs = find_slugs(connection, slugs)
        targets = [
            each for each in targets_of(connection, slugs) if drawn_as in ("", each.drawn_as)
        ]
    for slug in sorted(slugs or off):
        if off[slug]:
            outcome.skipped.append(f"{slug} is off: flask curate category on {slug}")
    if not targets and not outcome.skipped:
        raise NothingToRefill(
            "no generated pictures are in the index", "make some with: flask pregen"
        )
    return targets


def _jobs(
    settings: Settings, targets: list[Target], given: Model | None, outcome: TopUpResult
) -> list[Refill]:
    """Group targets that are made alike; those whose model is not here are skipped."""
    alike: dict[tuple[object, ...], list[Target]] = defaultdict(list)
    for each in targets:
        key = (each.model, each.model_digest, each.samples, each.seed, each.truncations)
        alike[(*key, each.oversample, each.chosen, each.format)].append(each)
    jobs = []
    for members in alike.values():
        first = members[0]
        try:
            model = given or find_model(settings.models_folder, first.model, Caches.of(settings))
        except NonesuchError:
            model = None
        if model is None or model.digest != first.model_digest:
            slugs = ",".join(each.drawn_as for each in members)
            outcome.skipped.append(
                f"{len(members)} categories of {first.model}: it is not here as it was; name it "
                "by --model, or let another version's take their place: flask pregen --replace "
                f"--model {first.model.partition('/')[0]} --samples {first.samples} "
                f"--categories {slugs}"
            )
            continue
        by_slug = {known.slug: known for known in model.categories}
        known = tuple(by_slug[each.drawn_as] for each in members if each.drawn_as in by_slug)
        request = Request(
            known,
            first.samples,
            first.truncations,
            first.seed,
            first.oversample,
            read_chosen(model) if first.chosen else None,
        )
        if known:
            jobs.append(Refill(model, request, first.format))
    return jobs
