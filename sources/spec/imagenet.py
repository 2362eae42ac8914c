"""ImageNet's thousand categories, which a model.toml may name, and which are worth drawing."""

import json
import tomllib
from functools import cache
from pathlib import Path

from core.slugs import slugify_all
from sources.spec.inputs import ModelCategory

FOLDER = Path(__file__).parent
DOGS = range(151, 269)


@cache
def imagenet_categories() -> tuple[ModelCategory, ...]:
    """Return the categories in the order of their labels; those not worth drawing are hidden.

    Their names: imagenet.json, whose `source` says where they are from. A short name
    that stands there twice (two cranes, two cardigans, two maillots) gets a numbered slug.
    """
    names = json.loads((FOLDER / "imagenet.json").read_text(encoding="utf-8"))
    hidden = excluded()
    listed: list[str] = names["categories"]
    return tuple(
        ModelCategory(
            label,
            slug,
            name.partition(",")[0],
            slug in hidden,
            why_hidden=hidden.get(slug, ""),
        )
        for label, (slug, name) in enumerate(zip(slugify_all(listed), listed, strict=True))
    )


@cache
def excluded() -> dict[str, str]:
    """Return slug → why `--categories N` does not draw it, from imagenet_hidden.toml."""
    parts = tomllib.loads((FOLDER / "imagenet_hidden.toml").read_text(encoding="utf-8"))
    return {slug: reason for part in parts.values() for slug, reason in part.items()}
