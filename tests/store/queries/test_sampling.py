"""Different pictures at once: without replacement, as likely as one by one; what it costs."""

from collections import Counter
from collections.abc import Iterator

import pytest
from scipy.stats import chisquare

from store.index.database import open_engine
from store.index.states import REJECTED
from store.queries import sampling
from store.queries.reader import IndexReader
from store.queries.sampling import different_pictures
from tests.conftest import COUNTS, Filled

LOWEST_P = 1e-6


@pytest.fixture
def reader(filled: Filled) -> Iterator[IndexReader]:
    engine = open_engine(filled.settings)
    yield IndexReader(engine)
    engine.dispose()


@pytest.mark.parametrize("number", [1, 2, 7, 16, 17, 19, 100])
def test_as_many_as_wanted_or_as_there_are(reader: IndexReader, number: int) -> None:
    total = sum(COUNTS.values())
    for _ in range(20):
        found = different_pictures(reader, number)
        assert len({entry.id for entry in found}) == len(found) == min(number, total)


def test_of_one_category(reader: IndexReader) -> None:
    found = different_pictures(reader, 3, "hat")
    assert len({entry.file for entry in found}) == 3
    assert {entry.category for entry in found} == {"hat"}
    assert len(different_pictures(reader, 100, "hat")) == COUNTS["hat"]
    assert different_pictures(reader, 3, "nothing") == []


def test_the_first_is_drawn_as_one_is(reader: IndexReader) -> None:
    """Uniform over categories, then over pictures: wherever it stands among the others."""
    seen = Counter((e.category, e.file) for _ in range(6000) for e in different_pictures(reader, 1))
    by_category = dict.fromkeys(COUNTS, 0)
    for (slug, _), count in seen.items():
        by_category[slug] += count
    assert chisquare(list(by_category.values())).pvalue > LOWEST_P
    for slug, number in COUNTS.items():
        within = [count for (other, _), count in seen.items() if other == slug]
        assert len(within) == number
        assert chisquare(within).pvalue > LOWEST_P


def test_within_a_category_every_set_is_as_likely(reader: IndexReader) -> None:
    pairs = Counter(
        frozenset(entry.file for entry in different_pictures(reader, 2, "hat")) for _ in range(4000)
    )
    assert len(pairs) == 10
    assert chisquare(list(pairs.values())).pvalue > LOWEST_P


def test_order_says_nothing(reader: IndexReader) -> None:
    firsts = Counter(different_pictures(reader, 5, "hat")[0].file for _ in range(3000))
    assert len(firsts) == 5
    assert chisquare(list(firsts.values())).pvalue > LOWEST_P


def test_what_is_not_live_is_not_drawn(reader: IndexReader, filled: Filled) -> None:
    _, file, _ = filled.some("hat")
    filled.retire(file, REJECTED)
    found = different_pictures(reader, 100, "hat")
    assert len(found) == COUNTS["hat"] - 1
    assert file not in {entry.file for entry in found}


@pytest.mark.sqlite
@pytest.mark.parametrize("length", [16, 100])
def test_the_pictures_are_looked_up(reader: IndexReader, length: int) -> None:
    """One search of an index each; the only thing read from end to end is the wish itself."""
    values = {f"{name}{i}": 0 for name in "co" for i in range(length)}
    sql = f"EXPLAIN QUERY PLAN {sampling.AT_PLACES[length]}"
    steps = [row[3] for row in reader.ask(sql, values)]
    assert [step for step in steps if step.startswith("SCAN")] == [
        f"SCAN {length} CONSTANT ROWS",
        "SCAN w",
    ]
    assert any("(category_id=? AND ord=?)" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
