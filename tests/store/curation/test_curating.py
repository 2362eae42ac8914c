"""Rejecting, restoring, switching and undoing: rows and files agree, also after a kill."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from pregen.indexing.reindexing import reindex
from store.curation.reject import copy_back, reject_images, restore_images
from store.curation.settling import mark, rows_of
from store.curation.switch import switch_off, switch_on
from store.curation.undo import undo
from store.curation.wall import find_images, page_of
from store.files.protocol import PictureStore
from store.files.quarantine import Quarantine
from store.index.database import open_engine, writing
from store.index.migrating import upgrade
from store.index.states import LIVE, MISSING, OFF, REJECTED
from store.index.tables import category, image, metadata, target
from store.index.writes import (
    add_images,
    ensure_category,
    hide_category,
    restore_image,
    retire_image,
    show_category,
)
from store.queries.reader import IndexReader, UnknownPicture
from tests.conftest import COUNTS, Filled
from tests.scaled import empty_again
from tests.store.index.test_index import assert_dense, ordinals, picture


def ids_of(store: Filled, slug: str) -> list[int]:
    with store.engine.connect() as connection:
        return list(
            connection.execute(
                select(image.c.id)
                .join(category)
                .where(category.c.slug == slug)
                .order_by(image.c.id)
            ).scalars()
        )


def states(store: Filled, slug: str) -> list[str]:
    with store.engine.connect() as connection:
        return list(
            connection.execute(
                select(image.c.state).join(category).where(category.c.slug == slug)
                .order_by(image.c.id)
            ).scalars()
        )  # fmt: skip


def files(store: Filled, kind: str = "") -> set[str]:
    """Return category/file of the store, or of those aside."""
    found = beside(store, kind) if kind else store.store
    return {f"{each.category}/{each.file}" for each in found.walk()}


def beside(store: Filled, kind: str) -> PictureStore:
    return store.store.beside(kind, store.settings.instance_folder)


def parts(store: Filled) -> tuple[Engine, PictureStore, Path]:
    return store.engine, store.store, store.settings.instance_folder


def everything(store: Filled) -> set[str]:
    return {f"{slug}/{file}" for slug, file in store.files}


def test_rejected_and_restored_to_the_same_bytes(filled: Filled) -> None:
    before = everything(filled)
    ids = ids_of(filled, "hat")[1:3]
    assert reject_images(*parts(filled), ids) == 2
    assert reject_images(*parts(filled), ids) == 0
    assert states(filled, "hat") == [LIVE, REJECTED, REJECTED, LIVE, LIVE]
    assert len(files(filled, "rejected")) == 2
    assert files(filled) == before - files(filled, "rejected")
    assert_dense(filled.engine)
    assert restore_images(*parts(filled), ids) == 2
    assert restore_images(*parts(filled), ids) == 0
    assert states(filled, "hat") == [LIVE] * 5
    assert files(filled) == before and files(filled, "rejected") == set()
    for (slug, file), data in filled.files.items():
        assert filled.store.read(slug, file) == data
    assert_dense(filled.engine)


def test_a_rejected_picture_without_a_file_stays_rejected(filled: Filled) -> None:
    ids = ids_of(filled, "hat")[:1]
    reject_images(*parts(filled), ids)
    for found in list(beside(filled, "rejected").walk()):
        beside(filled, "rejected").remove(found.category, found.file)
    assert restore_images(*parts(filled), ids) == 0
    assert states(filled, "hat")[0] == REJECTED


def test_a_category_off_and_on(filled: Filled) -> None:
    before = everything(filled)
    reject_images(*parts(filled), ids_of(filled, "hat")[:1])
    assert switch_off(*parts(filled), "hat") == 4
    assert switch_off(*parts(filled), "hat") == 0
    assert states(filled, "hat") == [REJECTED, OFF, OFF, OFF, OFF]
    assert len(files(filled, "off")) == 4 and not any(f.startswith("hat/") for f in files(filled))
    assert_dense(filled.engine)
    reader = IndexReader(open_engine(filled.settings))
    assert "hat" not in {found.slug for found in reader.categories()}
    assert reader.pick("hat") is None
    assert {reader.pick().category for _ in range(200)} == set(COUNTS) - {"hat"}  # type: ignore[union-attr]
    # what is made meanwhile waits too
    with writing(filled.engine) as connection:
        add_images(connection, ensure_category(connection, "hat", "hat"), [picture("late")])
    assert states(filled, "hat")[-1] == OFF
    beside(filled, "off").put_all("hat", {"late.webp": b"late"})
    assert switch_on(*parts(filled), "hat") == 5
    assert states(filled, "hat") == [REJECTED, LIVE, LIVE, LIVE, LIVE, LIVE]
    assert files(filled) == (before - files(filled, "rejected")) | {"hat/late.webp"}
    assert files(filled, "off") == set()
    assert_dense(filled.engine)


def test_what_is_gone_when_a_category_comes_on_is_missing(filled: Filled) -> None:
    switch_off(*parts(filled), "hat")
    off = beside(filled, "off")
    off.remove("hat", off.files_of("hat")[0])
    assert switch_on(*parts(filled), "hat") == 4
    assert sorted(states(filled, "hat")) == [LIVE] * 4 + [MISSING]
    assert_dense(filled.engine)


def test_undo_goes_back_step_by_step(filled: Filled) -> None:
    before = (everything(filled), [states(filled, slug) for slug in COUNTS])
    reject_images(*parts(filled), ids_of(filled, "mammal")[:3])
    switch_off(*parts(filled), "hat")
    restore_images(*parts(filled), ids_of(filled, "mammal")[:1])
    acts = []
    while undone := undo(*parts(filled)):
        act = undone.act
        acts.append((act.act, len(act.pictures), act.categories, undone.count))
        assert_dense(filled.engine)
    assert acts == [("restore", 1, (), 1), ("off", 0, ("hat",), 5), ("reject", 3, (), 3)]
    assert (files(filled), [states(filled, slug) for slug in COUNTS]) == before
    assert undo(*parts(filled)) is None


def test_a_kill_between_row_and_file_is_mended_by_doing_it_again(filled: Filled) -> None:
    """After each step of each act; what a crash leaves is a file too many, never one too few."""
    engine, folder, instance = parts(filled)
    chosen = ids_of(filled, "hat")[:2]
    quarantine = Quarantine(folder, instance)
    with writing(engine) as connection:  # killed before the files were moved
        rows = rows_of(connection, chosen)
        for row in rows:
            retire_image(connection, row.id, REJECTED)
        mark(connection, [(row.id, LIVE, row.file) for row in rows])
    assert files(filled) == everything(filled)
    assert reject_images(engine, folder, instance, chosen) == 0
    assert len(files(filled, "rejected")) == 2
    with writing(engine) as connection:  # brought back, killed before the rejected copies went
        back = copy_back(connection, quarantine, rows_of(connection, chosen))
        for row, _ in back:
            restore_image(connection, row.id)
    assert len(back) == 2
    assert files(filled) == everything(filled) and len(files(filled, "rejected")) == 2
    assert restore_images(engine, folder, instance, chosen) == 0
    assert states(filled, "hat") == [LIVE] * 5
    assert files(filled) == everything(filled) and files(filled, "rejected") == set()


def test_index_from_the_folders_remembers_what_the_owner_did(filled: Filled) -> None:
    reject_images(*parts(filled), ids_of(filled, "hat")[:1] + ids_of(filled, "fish_2")[:1])
    switch_off(*parts(filled), "hat")
    filled.engine.dispose()
    empty_again(filled.settings)
    filled.engine = open_engine(filled.settings, write=True)
    upgrade(filled.engine)
    outcome = reindex(*parts(filled), {})
    assert outcome.skipped == []
    assert sorted(states(filled, "hat")) == [OFF] * 4 + [REJECTED]
    assert sorted(states(filled, "fish_2")) == [LIVE] * 3 + [REJECTED]
    assert_dense(filled.engine)
    # somebody puts one back by hand: it is off all the same
    file = beside(filled, "off").files_of("hat")[0]
    data = beside(filled, "off").read("hat", file)
    assert data is not None
    filled.store.put_all("hat", {file: data})
    reindex(*parts(filled), {})
    assert not filled.store.has("hat", file)
    assert switch_on(*parts(filled), "hat") == 4


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,
    reason="needs a second file system: /dev/shm",
)
@pytest.mark.folder  # a bucket is on no device
def test_store_and_instance_on_two_devices(filled: Filled) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        engine, folder, _ = parts(filled)
        chosen = ids_of(filled, "hat")[:2]
        assert reject_images(engine, folder, Path(elsewhere), chosen) == 2
        assert len(list(Path(elsewhere).glob("rejected/hat/*"))) == 2
        assert len(files(filled)) == len(everything(filled)) - 2
        assert restore_images(engine, folder, Path(elsewhere), chosen) == 2
        assert files(filled) == everything(filled)
        assert list(Path(elsewhere).glob("rejected/hat/*")) == []


@pytest.mark.slow
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "retire", "restore", "off", "on"]), st.integers(0, 99))
    )
)
def test_any_order_of_acts_keeps_ordinals_dense(acts: list[tuple[str, int]]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for step, (act, number) in enumerate(acts):
            category_id = ensure_category(connection, f"c{number % 3}", "c")
            if act == "add":
                add_images(connection, category_id, [picture(f"{step}-{i}") for i in range(2)])
            elif act == "off":
                hide_category(connection, category_id)
            elif act == "on":
                show_category(connection, category_id)
            else:
                state = LIVE if act == "retire" else REJECTED
                known = list(
                    connection.execute(select(image.c.id).where(image.c.state == state)).scalars()
                )
                if known and act == "retire":
                    assert retire_image(connection, known[number % len(known)], REJECTED)
                elif known:
                    restore_image(connection, known[number % len(known)])
        found = ordinals(connection)
        shown = 0
        for slug, n, off, place in connection.execute(
            select(category.c.slug, category.c.n, category.c.off, category.c.ord)
        ).all():
            assert sorted(found.get(slug, [])) == list(range(n))
            assert not (off and n) and (place is None) == (n == 0)
            shown += n > 0
        places = connection.execute(select(category.c.ord).where(category.c.n > 0)).scalars()
        assert sorted(places) == list(range(shown))
        wrong = (
            select(image.c.id)
            .join(category)
            .where(
                (image.c.state == LIVE) & category.c.off | (image.c.state == OFF) & ~category.c.off
            )
        )
        assert connection.execute(wrong).all() == []
    engine.dispose()


def test_walls_page_through_everything_once(filled: Filled) -> None:
    expected = ids_of(filled, "mammal")
    with filled.engine.connect() as connection:
        seen: list[int] = []
        after: int | None = 0
        while after is not None:
            page = page_of(connection, "mammal", LIVE, after=after, limit=3)
            seen += [tile.id for tile in page.tiles]
            after = page.after
        assert seen == expected
        everything = page_of(connection, None, LIVE, limit=100)
        assert len(everything.tiles) == sum(COUNTS.values()) and everything.after is None


def test_pictures_are_found_by_every_name(filled: Filled) -> None:
    slug, file, _ = filled.some("hat")
    with filled.engine.connect() as connection:
        tile = find_images(connection, [f"{slug}/{file}"])[0]
        number = tile.sha256[:12]
        for name in (
            number, tile.sha256, f"/i/{number}", f"https://x.example/i/{number}?by=abc.def",
            f"/images/{slug}/{file}", f"https://x.example/images/{slug}/{file}?v=1",
        ):  # fmt: skip
            assert find_images(connection, [name]) == [tile], name
        for name in ("hat/none.webp", "0" * 12, "nonsense", "", "a/b/../c", "hat/' OR 1=1 --"):
            with pytest.raises(UnknownPicture, match="there is no picture"):
                find_images(connection, [name])


def test_the_second_migration_keeps_what_is_there(filled: Filled) -> None:
    """Down and up over a filled index: SQLite copies the table, and its checks must come along."""
    from sqlalchemy.exc import IntegrityError

    from store.index.migrating import downgrade

    switch_off(*parts(filled), "hat")
    before = [states(filled, slug) for slug in COUNTS if slug != "hat"]
    downgrade(filled.engine, "0001")
    assert states(filled, "hat") == [MISSING] * 5
    upgrade(filled.engine)
    assert [states(filled, slug) for slug in COUNTS if slug != "hat"] == before
    with filled.engine.connect() as connection:
        assert connection.execute(select(category.c.off)).scalars().all() == [False] * 4
        assert connection.execute(select(target)).all() == []
        for values in ({"state": "lost", "ord": None}, {"state": "off"}, {"ord": None}):
            with pytest.raises(IntegrityError):
                connection.execute(image.update().where(image.c.state == LIVE).values(**values))
            connection.rollback()
    reindex(*parts(filled), {})
    assert switch_off(*parts(filled), "fish_2") == 4
    assert_dense(filled.engine)


def test_rejecting_in_random_order_leaves_every_other_picture(filled: Filled) -> None:
    ids = ids_of(filled, "mammal")
    random.Random(1).shuffle(ids)
    for each in ids[:-1]:
        assert reject_images(*parts(filled), [each]) == 1
        assert_dense(filled.engine)
    reader = IndexReader(open_engine(filled.settings))
    assert {reader.pick("mammal").id for _ in range(20)} == {ids[-1]}  # type: ignore[union-attr]
