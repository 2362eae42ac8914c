"""The index: dense ordinals under any change, the random pick, migrations, refusals."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, func, inspect, select

from core.settings import Settings, read_settings
from store.files.protocol import digest
from store.index import migrating
from store.index.database import (
    HEAD_REVISION,
    IndexMissing,
    IndexUnusable,
    check_revision,
    open_engine,
    writing,
)
from store.index.migrating import alembic_config, downgrade, upgrade
from store.index.states import LIVE, MISSING, REJECTED
from store.index.tables import category, image, metadata
from store.index.writes import NewImage, add_images, ensure_category, retire_image, revive_image
from store.queries.reader import IndexReader
from tests.scaled import drop, run_sql, scaled


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = scaled(read_settings({"NONESUCH_INSTANCE_FOLDER": str(tmp_path / "instance")}))
    yield settings
    drop(settings)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    engine = open_engine(settings, write=True)
    upgrade(engine)
    return engine


def picture(name: str) -> NewImage:
    return NewImage(f"{name}.webp", digest(name.encode()), 1, 1, 1, "webp")


def add(engine: Engine, slug: str, names: list[str]) -> None:
    with writing(engine) as connection:
        category_id = ensure_category(connection, slug, slug)
        add_images(connection, category_id, [picture(name) for name in names])


def ordinals(connection: Connection) -> dict[str, list[int]]:
    rows = connection.execute(
        select(category.c.slug, image.c.ord).join(category).where(image.c.state == LIVE)
    )
    found: dict[str, list[int]] = {}
    for slug, ordinal in rows:
        found.setdefault(slug, []).append(ordinal)
    return found


def assert_dense(engine: Engine) -> None:
    with engine.connect() as connection:
        found = ordinals(connection)
        counts = {s: n for s, n in connection.execute(select(category.c.slug, category.c.n))}
        places = connection.execute(select(category.c.ord).where(category.c.n > 0)).scalars()
        idle = select(func.count()).where(category.c.n == 0, category.c.ord.is_not(None))
        assert connection.execute(idle).scalar() == 0
        assert sorted(places) == list(range(len(found)))
    for slug, count in counts.items():
        assert sorted(found.get(slug, [])) == list(range(count))


@pytest.mark.slow
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(["add", "retire", "revive"]), st.integers(0, 99))))
def test_any_order_of_changes_keeps_ordinals_dense(changes: list[tuple[str, int]]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for step, (change, number) in enumerate(changes):
            if change == "add":
                category_id = ensure_category(connection, f"c{number % 4}", "c")
                add_images(connection, category_id, [picture(f"{step}-{i}") for i in range(2)])
                continue
            state = LIVE if change == "retire" else MISSING
            ids = connection.execute(select(image.c.id).where(image.c.state == state)).scalars()
            known = list(ids)
            if known and change == "retire":
                assert retire_image(connection, known[number % len(known)], MISSING)
            elif known:
                revive_image(connection, known[number % len(known)], picture(f"r{step}"))
        found = ordinals(connection)
        for slug, n in connection.execute(select(category.c.slug, category.c.n)):
            assert sorted(found.get(slug, [])) == list(range(n))
        places = connection.execute(select(category.c.ord).where(category.c.n > 0)).scalars()
        assert sorted(places) == list(range(len(found)))
    engine.dispose()


def test_last_picture_moves_into_the_hole(engine: Engine) -> None:
    add(engine, "hat", ["a", "b", "c"])
    add(engine, "bird", ["d"])
    with writing(engine) as connection:
        first = connection.execute(select(image.c.id).where(image.c.file == "a.webp")).scalar_one()
        assert retire_image(connection, first, REJECTED)
        assert not retire_image(connection, first, REJECTED)
    assert_dense(engine)
    with writing(engine) as connection:  # a category that empties gives its own place away
        for row in connection.execute(select(image.c.id).where(image.c.state == LIVE)).all():
            if (
                connection.execute(
                    select(category.c.slug).join(image).where(image.c.id == row.id)
                ).scalar()
                == "hat"
            ):
                retire_image(connection, row.id, MISSING)
    assert_dense(engine)


def test_pick_is_uniform_over_categories_then_pictures(engine: Engine, settings: Settings) -> None:
    add(engine, "one", ["x"])
    add(engine, "three", ["a", "b", "c"])
    reader = IndexReader(open_engine(settings))
    drawn = Counter(reader.pick().file for _ in range(6000))  # type: ignore[union-attr]
    assert drawn["x.webp"] == pytest.approx(3000, abs=250)
    for name in "abc":
        assert drawn[f"{name}.webp"] == pytest.approx(1000, abs=180)
    inside = Counter(reader.pick("three").file for _ in range(300))  # type: ignore[union-attr]
    assert set(inside) == {"a.webp", "b.webp", "c.webp"}
    assert reader.pick("none") is None


@pytest.mark.usefixtures("engine")
def test_empty_index_has_no_pick(settings: Settings) -> None:
    reader = IndexReader(open_engine(settings))
    assert reader.pick() is None
    assert reader.categories() == []
    assert reader.by_hash("0" * 12) is None


def test_found_by_hash_and_by_file_in_any_state(engine: Engine, settings: Settings) -> None:
    add(engine, "hat", ["a", "b"])
    sha256 = digest(b"a")
    with writing(engine) as connection:
        found = connection.execute(select(image.c.id).where(image.c.file == "a.webp")).scalar_one()
        retire_image(connection, found, REJECTED)
    reader = IndexReader(open_engine(settings))
    by_hash, by_file = reader.by_hash(sha256[:12]), reader.by_file("hat", "a.webp")
    assert by_hash == by_file
    assert by_hash is not None and by_hash.state == REJECTED
    assert [(c.slug, c.pictures) for c in reader.categories()] == [("hat", 1)]


@pytest.mark.usefixtures("engine")
def test_reader_cannot_write(settings: Settings) -> None:
    with (
        open_engine(settings).connect() as connection,
        pytest.raises(Exception, match=r"readonly database|read-only transaction"),
    ):
        connection.exec_driver_sql("DELETE FROM image")


def test_migrations_up_down_and_up_and_match_the_tables(engine: Engine) -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [HEAD_REVISION]
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert downgrade(engine, "base") == (HEAD_REVISION, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert upgrade(engine) == (None, HEAD_REVISION)
    assert upgrade(engine) == (HEAD_REVISION, HEAD_REVISION)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_missing_and_foreign_indexes_are_refused(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    nowhere = scaled(read_settings({"NONESUCH_INSTANCE_FOLDER": str(tmp_path / "none")}))
    with pytest.raises(IndexMissing, match="flask db upgrade"):
        check_revision(open_engine(nowhere))
    run_sql(settings, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(IndexUnusable, match="stands at migration 9999"):
        check_revision(engine)
    with pytest.raises(IndexUnusable, match="which this program does not know"):
        upgrade(engine)
    engine.dispose()


@pytest.mark.sqlite
def test_a_damaged_file_is_refused(engine: Engine, settings: Settings) -> None:
    engine.dispose()
    path = settings.sqlite_path
    assert path is not None
    path.write_bytes(random.Random(0).randbytes(8192))
    with pytest.raises(IndexUnusable, match="flask index"):
        check_revision(open_engine(settings))


def test_two_writers_wait_for_each_other(settings: Settings, engine: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        add(open_engine(settings, write=True), "hat", [f"{number}-{i}" for i in range(5)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert_dense(engine)
    with engine.connect() as connection:
        assert connection.execute(select(category.c.n)).scalar_one() == 60


def test_migrations_lie_anywhere(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "100 %(of)s %20" / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder)
    monkeypatch.setattr(migrating, "MIGRATIONS", folder)
    assert migrating.upgrade(open_engine(settings, write=True))[1] == HEAD_REVISION
