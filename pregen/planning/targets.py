"""How many pictures of a category by a model there shall be: remembered with how they are made.

`flask pregen` writes down what it was asked for, `flask top-up` refills to that after some were
rejected. Where an index was rebuilt from the folders nothing is written down; then a category
shall have as many as were made of it, the rejected ones included.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, select

from pregen.planning.request import Request
from sources.spec.description import Model
from store.index.states import LIVE, REJECTED
from store.index.tables import Row, category, image, target
from store.index.writes import ensure_category, name_as_model


@dataclass(frozen=True)
class Target:
    """What is aimed at for one category by one model."""

    slug: str
    drawn_as: str  # slug that the model has for it
    model: str  # name/version
    model_digest: str
    samples: int
    seed: int
    truncations: tuple[float, float] | None  # None: the model's default
    format: str
    oversample: int = 1
    chosen: bool = False  # chosen seeds come first, where the model has them


def remember_targets(connection: Connection, model: Model, request: Request, chosen: str) -> None:
    """Write down what a run was asked for, and names; a later run's word counts."""
    values = {
        "model": model.label,
        "samples": request.samples,
        "seed": request.seed,
        "format": chosen,
        "oversample": request.oversample,
        "chosen": request.chosen is not None,
    }
    for wanted in request.categories:
        low, high = request.truncations_of(model, wanted)
        category_id = ensure_category(connection, wanted.slug, wanted.name)
        name_as_model(connection, wanted.slug, wanted.name)
        this = (
            target.c.category_id == category_id,
            target.c.model_digest == model.digest,
            target.c.drawn_as == wanted.slug,
        )
        connection.execute(delete(target).where(*this))
        connection.execute(
            insert(target).values(
                category_id=category_id,
                model_digest=model.digest,
                drawn_as=wanted.slug,
                truncation_low=low,
                truncation_high=high,
                **values,
            )
        )


def forget_targets(connection: Connection, model: Model, slugs: Sequence[str]) -> None:
    """Strike out what other versions of a model were to make of these categories of its."""
    connection.execute(
        delete(target).where(
            target.c.drawn_as.in_(slugs),
            target.c.model.startswith(f"{model.name}/", autoescape=True),
            target.c.model_digest != model.digest,
        )
    )


def strike_targets(connection: Connection, model: Model, slugs: Sequence[str]) -> None:
    """Strike out what this very model was to make of these categories of its."""
    connection.execute(
        delete(target).where(target.c.drawn_as.in_(slugs), target.c.model_digest == model.digest)
    )


def targets_of(connection: Connection, slugs: Sequence[str] | None = None) -> list[Target]:
    """Return what is aimed at for categories that are not off, by category."""
    chosen = [category.c.off.is_(False)]
    if slugs is not None:
        chosen.append(category.c.slug.in_(slugs))
    written = connection.execute(
        select(category.c.slug, target).join(category).where(*chosen)
    ).all()
    found = [_written(row) for row in written]
    known = {(each.drawn_as, each.slug, each.model_digest) for each in found}
    found += [
        guessed
        for row in _made(connection, chosen)
        if (guessed := _guessed(row))
        and (guessed.drawn_as, guessed.slug, guessed.model_digest) not in known
    ]
    return sorted(found, key=lambda each: (each.slug, each.drawn_as, each.model))


def _made(connection: Connection, chosen: Sequence[ColumnElement[bool]]) -> Sequence[Row]:
    """Return per category and model what was made; none where nothing of it is live."""
    live = func.count(case((image.c.state == LIVE, 1)))
    rejected = func.count(case((image.c.state == REJECTED, 1)))
    return connection.execute(
        select(
            category.c.slug,
            func.coalesce(image.c.drawn_as, category.c.slug).label("drawn_as"),
            image.c.model,
            image.c.model_digest,
            (live + rejected).label("samples"),
            func.min(image.c.format).label("format"),
        )
        .join(category)
        .where(and_(image.c.model.is_not(None), image.c.model_digest.is_not(None), *chosen))
        .group_by(category.c.slug, image.c.drawn_as, image.c.model, image.c.model_digest)
        .having(live > 0)
    ).all()


def _written(row: Row) -> Target:
    truncations = (row.truncation_low, row.truncation_high)
    return Target(
        row.slug, row.drawn_as, row.model, row.model_digest, row.samples, row.seed, truncations,
        row.format, row.oversample, row.chosen,
    )  # fmt: skip


def _guessed(row: Row) -> Target:
    return Target(
        row.slug, row.drawn_as, row.model, row.model_digest, row.samples, 0, None, row.format,
        chosen=True,
    )  # fmt: skip
