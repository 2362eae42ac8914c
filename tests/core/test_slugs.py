"""Slugs: lower case with underscores, unique, and suggested when mistyped."""

import pytest

from core.slugs import UnknownSlug, check_known, slugify, slugify_all


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("great white shark, white shark, man-eater", "great_white_shark"),
        ("carpenter's kit, tool kit", "carpenter_s_kit"),
        ("Café Crème", "cafe_creme"),
        ("  --x--  ", "x"),
        ("龍", "unnamed"),
        ("../../etc", "etc"),
    ],
)
def test_slugify(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_slugs_are_unique_and_in_order() -> None:
    assert slugify_all(["crane, bird", "crane", "crane 2", "Crane"]) == [
        "crane", "crane_2", "crane_2_2", "crane_3",
    ]  # fmt: skip


def test_an_unknown_one_suggests_the_nearest() -> None:
    known = ["mammal", "hat", "drink"]
    assert check_known("hat", known, "category") == "hat"
    with pytest.raises(UnknownSlug, match=r"no category 'mamal'; did you mean mammal?"):
        check_known("mamal", known, "category")
    with pytest.raises(UnknownSlug, match="known: mammal, hat, drink"):
        check_known("zzzzz", known, "category")
