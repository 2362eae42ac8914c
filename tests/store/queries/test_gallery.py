"""Looking through the store: orders, numbers, and that no question looks at more than it shows."""

import re
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import store.queries.gallery as gallery_module
from core.settings import Settings
from store.files.protocol import digest
from store.index.database import open_engine
from store.index.states import REJECTED
from store.index.writes import NewImage, add_images, ensure_category
from store.queries.gallery import MOST_ASKED, PAGE, Gallery
from store.queries.models_shown import ADOPTED, NEXT_MODEL, models_shown
from store.queries.reader import IndexReader
from store.queries.shuffle import Walk
from tests.conftest import COUNTS, Filled

STATEMENTS = {
    **{
        n: getattr(gallery_module, n)
        for n in ("COUNT_OF", "PAGE_OF", "PLACE_OF", "AT_PLACES", "BY_HASHES")
    },
    "NEXT_MODEL": NEXT_MODEL,
    "ADOPTED": ADOPTED,
}
NUMBERS = {"first", "end", *(f"ord_{i}" for i in range(PAGE))}

# golden: the first ten steps of two walks
FROM_NONE = (
    "mammal/401 mammal/25 mammal/464 mammal/504 mammal/83 "
    "mammal/354 mammal/577 mammal/330 mammal/278 mammal/155"
)
FROM_A_HAT = (
    "hat/3 mammal/201 mammal/328 mammal/468 mammal/231 "
    "mammal/102 mammal/661 mammal/470 mammal/622 mammal/611"
)


def gallery_of(settings: Settings) -> Gallery:
    return Gallery(IndexReader(open_engine(settings)))


def values_for(sql: str) -> dict[str, object]:
    return {name: 0 if name in NUMBERS else "x" for name in re.findall(r":(\w+)", sql)}


def test_pages_of_a_category_hold_every_picture_once(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    shelf = gallery.shelf("mammal")
    assert shelf is not None and (shelf.slug, shelf.pictures) == ("mammal", COUNTS["mammal"])
    pages = [gallery.page_of("mammal", first, 3) for first in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    seen = [picture.file for page in pages for picture in page]
    assert sorted(seen) == sorted(file for category, file in filled.files if category == "mammal")
    assert gallery.shelf("nothing") is None


def test_the_gallery_holds_every_picture_once_and_mixes_them(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    shelves = gallery.shelves()
    assert shelves.total == sum(COUNTS.values())
    seen = [p for first in range(0, 20, 4) for p in gallery.page(shelves, first, 4)]
    assert sorted((p.category, p.file) for p in seen) == sorted(filled.files)
    assert [gallery.place(shelves, p) for p in seen] == list(range(len(seen)))
    kinds = [p.category for p in seen]
    assert sum(a != b for a, b in pairwise(kinds)) > 8


def test_numbers_and_places_are_each_others_inverse(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    shelves = gallery.shelves()
    for number in range(shelves.total):
        slug, ordinal = shelves.place(number)
        (picture,) = gallery.page_of(slug, ordinal, 1)
        assert shelves.number(picture.category, picture.ord) == number


def test_what_was_taken_away_has_no_place(filled: Filled) -> None:
    category, file, _ = filled.some()
    gallery = gallery_of(filled.settings)
    shelves = gallery.shelves()
    filled.retire(file, REJECTED)
    after = IndexReader(open_engine(filled.settings)).by_file(category, file)
    assert after is not None and gallery.place(shelves, after) is None
    # asked with counts that are one too high, a page has a gap and no error
    assert len(gallery.page(shelves, 0, 19)) == 18


def test_a_walk_shows_each_once_and_begins_with_the_first(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    first = gallery.page_of("hat", 2, 1)[0]
    steps = [gallery.step(Walk(first.short_hash, 77, step)) for step in range(19)]
    assert steps[0] == first
    assert len({p.sha256 for p in steps if p}) == 19
    gone = gallery.step(Walk("0" * 12, 77, 0))
    assert gone is not None


@pytest.mark.parametrize(
    ("first", "files"),
    [
        ("", FROM_NONE),
        (digest(b"hat/3")[:12], FROM_A_HAT),
        ("0" * 12, FROM_NONE),
    ],
)
def test_a_walk_shows_what_it_always_showed(
    settings: Settings, index: Engine, first: str, files: str
) -> None:
    """Visitors' walks go on where they were, whatever becomes of the code."""
    for slug, number in (("mammal", 700), ("hat", 50), ("fish", 9)):
        with index.begin() as connection:
            category = ensure_category(connection, slug, slug)
            names = [f"{slug}/{i}" for i in range(number)]
            add_images(
                connection,
                category,
                [NewImage(n, digest(n.encode()), 1, 16, 16, "webp") for n in names],
            )
    gallery = gallery_of(settings)
    steps = [gallery.step(Walk(first, 0xC0FFEE, step)) for step in range(10)]
    assert " ".join(picture.file for picture in steps if picture) == files


@pytest.mark.sqlite
def test_categories_are_read_again_only_after_a_change(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    kept = gallery.shelves()
    assert gallery.step(Walk("", 1, 0)) and gallery.shelves() is kept
    filled.add("hat", {"new.webp": b"new"})
    assert gallery.shelves() is not kept


@pytest.mark.sqlite
def test_a_change_that_is_in_the_log_still_is_noticed(filled: Filled) -> None:
    """An owner may have turned write-ahead logging on."""
    path = filled.settings.sqlite_path
    assert path is not None
    kept_open = sqlite3.connect(path)  # closing the last one would put the log into the file
    assert kept_open.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    gallery = gallery_of(filled.settings)
    before = gallery.shelves().total
    filled.add("hat", {"new.webp": b"new"})
    assert Path(f"{path}-wal").stat().st_size
    assert gallery.shelves().total == before + 1
    kept_open.close()


def test_no_step_is_taken_in_an_index_of_before(filled: Filled) -> None:
    """Over several connections, each of which has seen the index at another time."""
    reader = IndexReader(open_engine(filled.settings))
    gallery = Gallery(reader)

    def shelves_over_two_connections() -> list[int]:
        outer = reader._ask(lambda _: gallery.shelves().total)  # holds the one that was idle
        return [outer, gallery.shelves().total]

    total = sum(COUNTS.values())
    assert shelves_over_two_connections() == [total] * 2
    for i in range(3):
        filled.add("hat", {f"new{i}.webp": b"%d" % i})
        total += 1
        assert shelves_over_two_connections() == [total] * 2
        assert gallery.shelves().total == total
    category, file, _ = filled.some()
    picture = reader.by_file(category, file)
    assert picture is not None
    walk = Walk(picture.short_hash, 77, 0)
    before = gallery.step(walk)
    assert before is not None and before.id == picture.id
    filled.retire(file, REJECTED)
    assert gallery.shelves().total == total - 1
    assert gallery.step(walk) not in (None, before)


def test_an_empty_store_has_no_steps(settings: Settings, index: Engine) -> None:
    gallery = gallery_of(settings)
    assert gallery.step(Walk("", 1, 0)) is None
    assert gallery.shelves().total == 0 and gallery.page(gallery.shelves(), 0) == []
    assert models_shown(IndexReader(index)).models == ()


def test_pictures_are_found_by_their_hashes_in_order(filled: Filled) -> None:
    gallery = gallery_of(filled.settings)
    pictures = gallery.page(gallery.shelves(), 0)
    hashes = [p.short_hash for p in reversed(pictures)]
    assert gallery.by_hashes([hashes[0], "0" * 12, *hashes[1:]]) == pictures[::-1]
    assert len(gallery.by_hashes(["0" * 12] * (3 * MOST_ASKED))) == 0
    filled.retire(pictures[0].file, REJECTED)
    found = gallery.by_hashes([pictures[0].short_hash])
    assert [p.state for p in found] == [REJECTED]


def test_every_model_is_named_once(filled: Filled) -> None:
    with filled.engine.begin() as connection:
        hat = ensure_category(connection, "hat", "hat")
        rows = [
            NewImage(f"{m}{i}.webp", f"{m}{i}" * 32, 1, 16, 16, "webp", None, f"m{m}/1", m * 64, i)
            for m in "ab"
            for i in range(9)
        ]
        add_images(connection, hat, rows)
    shown = models_shown(IndexReader(open_engine(filled.settings)))
    assert shown.models == (("ma/1", "a" * 64), ("mb/1", "b" * 64))
    assert shown.has_adopted


@pytest.mark.sqlite
@pytest.mark.parametrize("name", STATEMENTS)
def test_every_look_up_is_by_an_index(filled: Filled, name: str) -> None:
    sql = STATEMENTS[name]
    with filled.engine.connect() as connection:
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + sql), values_for(sql)).all()
    steps = [str(row[3]) for row in plan]
    assert steps and all(
        re.match(r"SEARCH .* USING (COVERING )?(INDEX|INTEGER PRIMARY KEY)", step)
        or step in ("SCAN w", f"SCAN {PAGE} CONSTANT ROWS", f"SCAN {MOST_ASKED} CONSTANT ROWS")
        for step in steps
        if not re.match(r"(CO-ROUTINE|MATERIALIZE) w", step)
    ), steps
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_page_costs_the_same_in_a_large_store(settings: Settings, index: Engine) -> None:
    """Counted in SQLite's own steps, which no load on the machine changes."""
    costs: list[dict[str, int]] = []
    for more in (3_000, 57_000):
        with index.begin() as connection:
            for c in range(10):
                category = ensure_category(connection, f"c{c}", f"c{c}")
                start = len(costs) * 1_000_000 + c * 100_000
                rows = [
                    NewImage(f"{start + i}.webp", digest(b"%d" % (start + i)), 1, 64, 64, "webp")
                    for i in range(more // 10)
                ]
                add_images(connection, category, rows)
        costs.append(steps_of(settings))
    small, large = costs
    assert set(small) == {"gallery", "category", "walk", "favourites"}
    for name, cost in small.items():
        assert large[name] <= 1.3 * cost, (name, cost, large[name])


def steps_of(settings: Settings) -> dict[str, int]:
    """Return the virtual machine's steps, in hundreds, of each kind of page deep in the store."""
    engine = open_engine(settings)
    reader = IndexReader(engine)
    gallery = Gallery(reader)
    reader.categories()
    driver = reader._idle[0][1].connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    steps = 0

    def tick() -> int:
        nonlocal steps
        steps += 1
        return 0

    shelves = gallery.shelves()
    hashes = [p.short_hash for p in gallery.page(shelves, 0)]
    found = {}
    for name, act in {
        "gallery": lambda: gallery.page(gallery.shelves(), shelves.total - PAGE),
        "category": lambda: gallery.page_of("c7", shelves.total // 10 - PAGE),
        "walk": lambda: gallery.step(Walk("", 5, shelves.total // 2)),
        "favourites": lambda: gallery.by_hashes(hashes),
    }.items():
        steps = 0
        driver.set_progress_handler(tick, 10)
        assert act()
        driver.set_progress_handler(None, 0)
        found[name] = steps
    return found
