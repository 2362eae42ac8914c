"""Which emoji is which concept and category.

A concept is what is left of an emoji when gender, hair, skin and direction are taken away: the
nine drawings of "woman running" and of "man running" are one concept, so that none of them is
held out while another is trained on.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.dataset.emoji.sets import plain_code_points
from gan.dataset.files import Label

CATEGORIES_FILE = Path(__file__).with_name("categories.toml")

_SAME = {  # code point → the one that stands for its group
    "1f468": "1f9d1", "1f469": "1f9d1",  # man, woman → person
    "1f466": "1f9d2", "1f467": "1f9d2",  # boy, girl → child
    "1f474": "1f9d3", "1f475": "1f9d3",  # old man, old woman → older person
    "1f934": "1f478", "1fac5": "1f478",  # prince, person with crown → princess
    "1f936": "1f385",  # Mrs Claus → Santa Claus
    "1f483": "1f57a",  # woman dancing → man dancing
    "1f470": "1f935",  # veil → tuxedo
    "1fac3": "1f930", "1fac4": "1f930",  # pregnant man, person → woman
    "1f46b": "1f46d", "1f46c": "1f46d",  # couples holding hands
}  # fmt: skip
_SAME |= {f"{point:x}": "1f550" for point in range(0x1F550, 0x1F568)}  # 24 clock faces → one
_MODIFIERS = {"2640", "2642", "27a1"} | {f"{p:x}" for p in range(0x1F3FB, 0x1F400)}
_HAIR = {f"{p:x}" for p in range(0x1F9B0, 0x1F9B4)}
_JOINER = "200d"
_LEFT_OUT = {"1f595"}  # middle finger: a generator draws in public what it was shown
_FAMILY_MEMBERS = {"1f9d1", "1f9d2", "1f46a", "1f476"}


@dataclass(frozen=True)
class Meaning:
    """What one emoji stands for in the data set."""

    category: str
    concept: str


def concept_of(code_points: str) -> str:
    """Return the concept, as code points: ``"1f469-200d-1f4bb"`` → ``"1f9d1-1f4bb"``."""
    points = [p for p in plain_code_points(code_points).split("-") if p != _JOINER]
    kept = [_SAME.get(p, p) for p in points if p not in _MODIFIERS and p not in _HAIR]
    if len(kept) > 1 and set(kept) <= _FAMILY_MEMBERS:
        return "1f46a"  # every combination of family members is "family"
    if "1f48b" in kept and "2764" in kept:
        return "1f48f"  # kiss
    if "2764" in kept and kept[0] == "1f9d1":
        return "1f491"  # couple with heart
    if kept == ["1f9d1", "1f384"]:
        return "1f385"  # Mx Claus
    if kept.count("1f9d1") == 2 and "1f91d" in kept:
        return "1f46d"  # holding hands
    return "-".join(kept)


def read_categories() -> list[tuple[Label, list[str]]]:
    """Return each category with the Unicode subcategories that it gathers."""
    entries = tomllib.loads(CATEGORIES_FILE.read_text(encoding="utf-8"))["category"]
    return [(Label(e["slug"], e["name"]), e["subcategories"]) for e in entries]


def meanings(emoji: list[dict[str, Any]]) -> dict[str, Meaning]:
    """Return code points → meaning for each entry of emoji.json that belongs to the data set."""
    category_of = {
        subcategory: label.slug
        for label, subcategories in read_categories()
        for subcategory in subcategories
    }
    found = {
        plain_code_points(entry["unified"]): Meaning(
            category_of[entry["subcategory"]], concept_of(entry["unified"])
        )
        for entry in emoji
        if entry["subcategory"] in category_of
    }
    return {points: each for points, each in found.items() if each.concept not in _LEFT_OUT}


def left_out_subcategories(emoji: list[dict[str, Any]]) -> list[str]:
    """Return the Unicode subcategories that no category gathers, sorted."""
    gathered = {s for _, subcategories in read_categories() for s in subcategories}
    return sorted({entry["subcategory"] for entry in emoji} - gathered)
