"""Pages of pictures: all of them once, newest first, at the same cost wherever they begin."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from core.settings import Settings
from store.index.database import open_engine
from store.index.states import REJECTED
from store.index.tables import image
from store.index.writes import NewImage, add_images, ensure_category, retire_image
from store.queries import listing
from store.queries.listing import Filter, page
from store.queries.reader import IndexReader
from store.queries.rows import Entry

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def reader(settings: Settings, index: Engine) -> Iterator[IndexReader]:
    """60 pictures of two categories, three models, two formats, an hour between every four."""
    with index.begin() as connection:
        for slug in ("hat", "mammal"):
            known = ensure_category(connection, slug, slug)
            rows = [
                NewImage(
                    f"{i}.webp", f"{i:02x}{len(slug):02x}" + "0" * 60, 5, 64, 64,
                    "png" if i % 5 == 0 else "webp", "f" * 16, f"model/{i % 3}", f"{i % 3}" * 64,
                    i, 0.5,
                )
                for i in range(30)
            ]  # fmt: skip
            add_images(connection, known, rows)
        for image_id in connection.execute(select(image.c.id)).scalars().all():
            moment = START + timedelta(hours=image_id // 4)
            connection.execute(update(image).where(image.c.id == image_id).values(created=moment))
    engine = open_engine(settings)
    yield IndexReader(engine)
    engine.dispose()


def walk(reader: IndexReader, chosen: Filter, number: int = 7) -> list[list[Entry]]:
    pages, before = [], None
    while True:
        found = page(reader, chosen, number, before)
        pages.append(found.entries)
        if found.next is None:
            return pages
        before = found.next


def test_every_picture_once_newest_first(reader: IndexReader) -> None:
    pages = walk(reader, Filter())
    entries = [entry for each in pages for entry in each]
    assert [len(each) for each in pages] == [7] * 8 + [4]
    assert [entry.id for entry in entries] == list(range(60, 0, -1))
    assert entries[0].created == START + timedelta(hours=15)
    assert entries[0].model == "model/2" and entries[0].truncation == 0.5


@pytest.mark.parametrize("number", [1, 30, 59, 60, 61, 100])
def test_the_last_page_says_so(reader: IndexReader, number: int) -> None:
    pages = walk(reader, Filter(), number)
    assert sum(map(len, pages)) == 60
    assert all(pages)


@pytest.mark.parametrize("most", [5000, 9])
def test_filters(reader: IndexReader, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """All of them, alone and together; also where a page may look at few rows only."""
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", most)
    after = START + timedelta(hours=3)
    wishes: dict[str, tuple[Any, Callable[[Entry], bool]]] = {
        "category": ("hat", lambda e: e.category == "hat"),
        "model": ("model/1", lambda e: e.model == "model/1"),
        "format": ("png", lambda e: e.format == "png"),
        "created_after": (after, lambda e: e.created > after),
    }
    everything = [entry for each in walk(reader, Filter()) for entry in each]
    for number in range(len(wishes) + 1):
        for names in combinations(wishes, number):
            expected = [e for e in everything if all(wishes[name][1](e) for name in names)]
            chosen = Filter(**{name: wishes[name][0] for name in names})
            found = [entry for each in walk(reader, chosen) for entry in each]
            assert found == expected, names
            assert len(found) > 0


def test_a_page_looks_at_few_rows(reader: IndexReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 9)
    pages = walk(reader, Filter(model="nobody's"))
    assert pages == [[]] * 7


def test_what_comes_and_goes_meanwhile_moves_nothing(reader: IndexReader, index: Engine) -> None:
    first = page(reader, Filter(), 10)
    with index.begin() as connection:
        known = ensure_category(connection, "new", "new")
        add_images(connection, known, [NewImage("a.webp", "a" * 64, 1, 64, 64, "webp")])
        retire_image(connection, first.entries[-1].id, REJECTED)
        retire_image(connection, 45, REJECTED)
    second = page(reader, Filter(), 10, first.next)
    assert [entry.id for entry in second.entries] == [50, 49, 48, 47, 46, 44, 43, 42, 41, 40]


def test_unknown_categories_have_no_pages(reader: IndexReader) -> None:
    assert walk(reader, Filter(category="nothing")) == [[]]


def test_by_hash_of_any_state(reader: IndexReader, index: Engine) -> None:
    whole = page(reader, Filter(), 1).entries[0].sha256
    found = reader.by_hash(whole[:12])
    assert found is not None and found.sha256 == whole
    assert reader.by_hash(whole) == found
    with index.begin() as connection:
        retire_image(connection, found.id, REJECTED)
    gone = reader.by_hash(whole)
    assert gone is not None and gone.state == REJECTED
    assert reader.by_hash("0" * 64) is None


@pytest.mark.sqlite
@pytest.mark.parametrize("category", [False, True])
@pytest.mark.parametrize("others", [(), ("after",), ("before",), ("after", "before", "floor")])
@pytest.mark.parametrize("filtered", [(), ("model", "format")])
def test_every_page_is_read_off_an_index(
    reader: IndexReader, category: bool, others: tuple[str, ...], filtered: tuple[str, ...]
) -> None:
    """In its order, so that nothing is sorted or passed over, whatever the number of rows."""
    names = (*(("category",) if category else ()), *filtered, *others)
    values = {
        "category": 1, "model": "m", "format": "f", "after": "2026", "before": "2027",
        "before_id": 1, "floor": "2026", "floor_id": 1, "wanted": 10, "passed": 10,
    }  # fmt: skip
    wanted = "ix_image_category_id_created_id" if category else "ix_image_created_id"
    for statement in (listing.page_statement(*names), listing.floor_statement(*names)):
        steps = [row[3] for row in reader.ask(f"EXPLAIN QUERY PLAN {statement}", values)]
        assert any(step.split(" INDEX ")[-1].split()[0] == wanted for step in steps)
        assert not any("TEMP B-TREE" in step for step in steps)
        if category or others:
            assert not any(step.startswith("SCAN") for step in steps)
