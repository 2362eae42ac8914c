"""Slugs: lower case with underscores, unique, and suggested when mistyped."""

import pytest

from core.slugs import UnknownSlug, check_known, slugify, slugify_all, slugs_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("great white shark, white shark, man-eater", "great_white_shark"),
        ("carpenter's kit, tool kit", "carpenter_s_kit"),
        ("Café Crème", "cafe_creme"),
        ("  --x--  ", "x"),
        ("龍", "long"),
        ("犬", "quan"),
        ("красный дракон", "krasnyy_drakon"),
        ("Größe", "grosse"),
        ("cafe\u0301", "cafe"),
        ("🐱", "cat"),
        ("!?", "unnamed"),
        ("../../etc", "etc"),
    ],
)
def test_slugify(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_slugs_are_unique_and_in_order() -> None:
    assert slugify_all(["crane, bird", "crane", "crane 2", "Crane"]) == [
        "crane", "crane_2", "crane_2_2", "crane_3",
    ]  # fmt: skip


def test_slugs_of_folders_stay_when_others_are_added() -> None:
    few = slugs_of(["Ärzte", "красный дракон", "C#"])
    assert few == {"C#": "c", "Ärzte": "arzte", "красный дракон": "krasnyy_drakon"}
    more = slugs_of(["Arzte", "c++", "Ärzte", "C#", "красный дракон"], known=few)
    assert {name: more[name] for name in few} == few
    assert more["Arzte"] == "arzte_" + more["Arzte"][-6:]
    assert len(set(more.values())) == 5
    again = slugs_of(["c++", "Arzte"], known=more)
    assert again == {"c++": more["c++"], "Arzte": more["Arzte"]}


def test_names_that_differ_in_capitals_or_spaces_have_one_slug() -> None:
    assert slugs_of(["Red Dragon", "red_dragon"]) == {
        "Red Dragon": "red_dragon", "red_dragon": "red_dragon",
    }  # fmt: skip
    assert slugs_of(["Arzte", "Ärzte"])["Arzte"] == "arzte"  # written most like it
    assert len(slugs_of(["x" * 300])["x" * 300]) == 80


def test_an_unknown_one_suggests_the_nearest() -> None:
    known = ["mammal", "hat", "drink"]
    assert check_known("hat", known, "category") == "hat"
    with pytest.raises(UnknownSlug, match=r"no category 'mamal'; did you mean mammal?"):
        check_known("mamal", known, "category")
    with pytest.raises(UnknownSlug, match="known: mammal, hat, drink"):
        check_known("zzzzz", known, "category")
