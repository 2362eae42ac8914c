"""The categories of a model.toml: labels that a generator knows, and parts of them."""

import re
from dataclasses import replace

from core.slugs import slugify
from core.toml.sheet import TomlTable
from sources.spec.imagenet import imagenet_categories
from sources.spec.inputs import ModelCategory, Truncation

_SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def read_categories(top: TomlTable, name: str, truncation: Truncation) -> tuple[ModelCategory, ...]:
    """Return the categories of [[categories]], or ImageNet's by name. Raises `BadModel`."""
    if top.peek("categories") == "imagenet":
        top.take("categories", str, '"imagenet"')
        return imagenet_categories()
    found: list[ModelCategory] = []
    slugs = set[str]()
    for table in top.tables("categories"):
        slug = table.take("slug", str, '"swamp_thing"')
        if not _SLUG.fullmatch(slug):
            raise table.wrong("slug", f"{slug!r} is no slug", f'write: slug = "{slugify(slug)}"')
        if slug in slugs:
            raise table.wrong("slug", f"{slug!r} stands there twice", "name one of them otherwise")
        slugs.add(slug)
        spoken = table.take("name", str, '"swamp thing"', slug.replace("_", " "))
        hidden, why = _hidden(table)
        if "of" in table:
            found.append(_part(table, found, ModelCategory(-1, slug, spoken, hidden, None, why)))
            continue
        if "concepts" in table:
            raise table.wrong(
                "concepts", f"{slug} has concepts, but is not of another category",
                'say of which: of = "vehicle"',
            )  # fmt: skip
        label = table.take("label", int, str(len(found)))
        truncations = _own_truncations(table, truncation)
        is_live = table.take("live", bool, "false", True)
        table.finish(("label", "slug", "name", "hidden", "truncation", "of", "live"))
        found.append(ModelCategory(label, slug, spoken, hidden, truncations, why, is_live=is_live))
    # a generator of one kind of thing need not say which
    return tuple(found) or (ModelCategory(0, slugify(name), name.replace("_", " ")),)


def _part(table: TomlTable, before: list[ModelCategory], part: ModelCategory) -> ModelCategory:
    """Return a category that shows some concepts of one of those before it."""
    whole = {each.slug: each for each in before if not each.of}
    of = table.take_one_of("of", whole) if whole else table.take("of", str, '"vehicle"')
    if not whole:
        raise table.wrong("of", f"no category stands before {part.slug}", "put it at the end")
    concepts = table.take("concepts", list, '["1f697"]')
    table.finish(("slug", "name", "hidden", "of", "concepts"))
    if not concepts or not all(isinstance(each, str) and each for each in concepts):
        raise table.wrong(
            "concepts", f"categories.concepts is {concepts!r}, not a list of concepts",
            'write for example: concepts = ["1f697", "1f699"]',
        )  # fmt: skip
    return replace(part, label=whole[of].label, of=of, concepts=tuple(concepts))


def _hidden(table: TomlTable) -> tuple[bool, str]:
    """Return whether a category is hidden, and the reason, empty where none is given."""
    value = table.peek("hidden")
    if isinstance(value, str) and value.strip():
        return True, value.strip()
    if value is None or isinstance(value, bool):
        return bool(value), ""
    raise table.wrong(
        "hidden",
        f"categories.hidden is {value!r}, neither a reason nor true or false",
        'write for example: hidden = "it draws an average of unlike things"',
    )


def _own_truncations(table: TomlTable, model: Truncation) -> tuple[float, float] | None:
    """Return a category's own range of truncations, if it has one."""
    if table.peek("truncation") is None:
        return None
    low, high = table.take_numbers("truncation", float, "[0.4, 0.7]", count=2)
    if not model.lowest <= low <= high <= model.highest:
        raise table.wrong(
            "truncation",
            f"truncation is [{low}, {high}], not within {model.lowest} to {model.highest}",
            f"write for example: truncation = {list(model.default)}",
        )
    return low, high
