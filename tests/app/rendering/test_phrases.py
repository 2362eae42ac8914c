"""Sentences of pictures: the site's own, and those of an owner."""

from collections import Counter

import pytest

from app.identity.identity import CategoryWords, Identity
from app.rendering.phrases import Phrases
from app.rendering.taglines import OWN, Taglines
from store.queries.rows import Picture


def picture(name: str, number: int = 0) -> Picture:
    sha256 = f"{number * 0x9E3779B97F4A7C15 % 2**64:064x}"
    return Picture(1, "thing", name, "1.webp", sha256, 64, 64, "live", 0, None, None)


@pytest.mark.parametrize(
    ("sentence", "title", "heading"),
    [
        ("This {name} is not", "This a&b is not", "This <em>a&amp;b</em> is not"),
        ("{name}? Never.", "A&b? Never.", "<em>A&amp;b</em>? Never."),
        ("*No* {name}", "No a&b", "<em>No</em> a&amp;b"),
        ("{article} {plural} <i>", "A as&bs <i>", "A <em>as&amp;bs</em> &lt;i&gt;"),
        ("Nothing", "Nothing", "Nothing"),
        ("2 * 3 {name}", "2 * 3 a&b", "2 * 3 <em>a&amp;b</em>"),
    ],
)
def test_sentences(sentence: str, title: str, heading: str) -> None:
    words = {"thing": CategoryWords(plural="as&bs", article="a")}
    said = Phrases(Identity(sentences=(sentence,), categories=words)).of(picture("a&b"))
    assert (said.title, str(said.heading)) == (title, heading)


def test_a_name_is_never_a_place_or_emphasis() -> None:
    said = Phrases(Identity()).of(picture("{plural} *x*"))
    assert said.title == "This {plural} *x* does not exist"
    assert str(said.heading) == "This <em>{plural} *x*</em> does not exist"


def test_each_picture_keeps_one_of_several_sentences() -> None:
    phrases = Phrases(Identity(sentences=("A {name}", "B {name}", "C {name}")))
    first = [phrases.of(picture("x", number)).title for number in range(300)]
    assert first == [phrases.of(picture("x", number)).title for number in range(300)]
    assert min(Counter(first).values()) > 60 and len(set(first)) == 3


def test_lines_of_an_owner_are_as_likely_and_most_stay_when_one_is_added() -> None:
    lines = tuple(f"{chr(97 + n)} {{developer}}" for n in range(8))
    few, more = Taglines(lines), Taglines((*lines, "z"))
    keys = [(f"{number:012x}", f"Name {number}") for number in range(2000)]
    before = [few.line(*key, OWN) for key in keys]
    after = [more.line(*key, OWN) for key in keys]
    assert min(Counter(before).values()) > 150  # of 250
    moved = [new for old, new in zip(before, after, strict=True) if new != old]
    assert set(moved) == {"z"} and 120 < len(moved) < 340
    assert before[0].endswith("{name}")
