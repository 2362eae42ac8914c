"""Concepts: variants of one emoji are one, so that none is held out while another is seen."""

import re
import tomllib

import pytest

from core.slugs import slugify
from gan.dataset.emoji.concepts import (
    CATEGORIES_FILE,
    concept_of,
    left_out_subcategories,
    meanings,
    read_categories,
)
from gan.dataset.emoji.sets import EMOJI_SETS, names_to_code_points, plain_code_points
from gan.recipes import read_recipe


@pytest.mark.parametrize(
    "variants",
    [
        # person, man, woman running, to the right, with a skin tone
        ("1F3C3", "1F3C3-200D-2642-FE0F", "1F3C3-1F3FD-200D-2640-FE0F-200D-27A1-FE0F"),
        # person, man, woman at a computer; red-haired person, man, woman
        ("1F9D1-200D-1F4BB", "1F468-200D-1F4BB", "1F469-1F3FF-200D-1F4BB"),
        ("1F9D1-200D-1F9B0", "1F468-200D-1F9B0", "1F469", "1F9D1"),
        ("1F466", "1F467", "1F9D2"),  # boy, girl, child
        ("1F46A", "1F468-200D-1F469-200D-1F467", "1F469-200D-1F466", "1F9D1-200D-1F9D2"),
        ("1F46B", "1F46C", "1F9D1-200D-1F91D-200D-1F9D1"),  # holding hands
        ("1F48F", "1F469-200D-2764-FE0F-200D-1F48B-200D-1F468"),  # kiss
        ("1F491", "1F468-200D-2764-FE0F-200D-1F468"),  # couple with heart
        ("1F550", "1F55B", "1F55C", "1F567"),  # clock faces
        ("1F934", "1F478", "1FAC5-1F3FD"),  # prince, princess, person with crown
        ("1F385", "1F936-1F3FB", "1F9D1-200D-1F384"),  # Santa, Mrs and Mx Claus
    ],
)
def test_variants_are_one_concept(variants: tuple[str, ...]) -> None:
    assert len({concept_of(points) for points in variants}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1F9D1-200D-1F4BB", "1F9D1-200D-1F52C"),  # technologist, scientist
        ("1F9D1", "1F9D2"),
        ("1F3C3", "1F6B6"),  # running, walking
        ("2764-FE0F", "2764-FE0F-200D-1F525"),  # heart, heart on fire
        ("1F476", "1F46A"),
    ],
)
def test_different_things_are_different_concepts(one: str, other: str) -> None:
    assert concept_of(one) != concept_of(other)


def test_categories_are_many_unique_and_read_well() -> None:
    categories = read_categories()
    slugs = [label.slug for label, _ in categories]
    gathered = [name for _, names in categories for name in names]
    assert len(slugs) >= 60
    assert len(set(slugs)) == len(slugs)
    assert len(set(gathered)) == len(gathered)
    assert len({label.name for label, _ in categories}) == len(slugs)
    for label, _ in categories:
        # a slug is an address and never changes; the name of what is drawn there may
        assert label.slug == slugify(label.slug)
        assert not re.search(r"[^s]s$", label.name.split(" of ")[0]), "a singular"
    options = read_recipe("emoji")
    assert set(options.no_mirror) <= set(slugs)
    assert set(options.leave_out_styles) <= {emoji_set.style for emoji_set in EMOJI_SETS}
    assert list(tomllib.loads(CATEGORIES_FILE.read_text())) == ["category"]


def test_meanings_leave_out_flags_and_signs() -> None:
    emoji = [
        {"unified": "1F98A", "subcategory": "animal-mammal"},
        {"unified": "1F1E9-1F1EA", "subcategory": "country-flag"},
        {"unified": "27A1-FE0F", "subcategory": "arrow"},
    ]
    found = meanings(emoji)
    assert list(found) == ["1f98a"]
    assert found["1f98a"].category == "mammal"
    assert left_out_subcategories(emoji) == ["arrow", "country-flag"]


def test_the_middle_finger_is_in_no_data_set() -> None:
    emoji = [
        {"unified": points, "subcategory": "hand-single-finger"}
        for points in ("1F595", "1F595-1F3FB", "1F446")
    ]
    assert list(meanings(emoji)) == ["1f446"]


def test_names_of_icons_find_their_code_points() -> None:
    emoji = [{"unified": "2764-FE0F", "name": "HEAVY BLACK HEART", "short_names": ["heart"]}]
    found = names_to_code_points(emoji, [{"2764-fe0f": "red-heart", "1f1e9": "not-an-emoji-here"}])
    assert found == {"redheart": "2764", "heavyblackheart": "2764", "heart": "2764"}
    assert plain_code_points("2764-FE0F-200D-1F525") == "2764-200d-1f525"
