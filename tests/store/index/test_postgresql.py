"""What is so on PostgreSQL alone: plans, several writers, a read-only session, a lost server."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import Engine, select, text

from app import create_app
from core.settings import Settings
from store.curation import withheld
from store.curation.log import new_batch, record
from store.index.database import IndexAway, open_engine, writing
from store.index.migrating import upgrade
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image
from store.index.writability import why_not_writable
from store.index.writes import add_images, ensure_category, restore_image, retire_image
from store.queries import gallery, listing, models_shown, sampling
from store.queries import reader as picking
from store.queries import text_ring as hashing
from store.queries.reader import IndexReader
from tests import scaled
from tests.servers.ports import free_port
from tests.servers.postgresql import Cluster, shared_cluster
from tests.store.index.test_index import assert_dense, picture

ROWS = 30_000
FILL = """
INSERT INTO category (slug, name, n, ord)
SELECT 'c' || i, 'c' || i, {rows} / 10, i FROM generate_series(0, 9) AS i;
INSERT INTO image (category_id, ord, file, sha256, point, bytes, width, height, format, model,
                   model_digest, seed, truncation, phash, state, created)
SELECT c.id, i, i || '.webp', h.sha256, ('x' || substr(h.sha256, 1, 16))::bit(64)::bigint & {mask},
       9, 64, 64, 'webp', 'm/1', repeat('0', 64), i, 0.5, left(h.sha256, 16), 'live',
       now() + (c.id * {rows} + i) * interval '1 millisecond' -- one category after the other
FROM category c CROSS JOIN generate_series(0, {rows} / 10 - 1) AS i
CROSS JOIN LATERAL (SELECT encode(sha256((c.slug || i)::bytea), 'hex') AS sha256) h;
ANALYZE;
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = scaled.scaled(
        Settings(images_folder=tmp_path / "images", instance_folder=tmp_path), "postgresql"
    )
    yield settings
    scaled.drop(settings)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings, write=True)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexReader]:
    """So many rows that reading all of them would show in a plan."""
    settings = scaled.scaled(
        Settings(instance_folder=tmp_path_factory.mktemp("large")), "postgresql"
    )
    engine = open_engine(settings, write=True)
    upgrade(engine)
    engine.dispose()  # so that what it read is counted now, not some time later
    scaled.run_sql(settings, FILL.format(rows=ROWS, mask=2**63 - 1))
    yield IndexReader(open_engine(settings))
    scaled.drop(settings)


def statements() -> dict[str, str]:
    """Every statement that a visitor can cause, by name."""
    found = {
        f"{module.__name__}.{name}": value
        for module in (picking, gallery, hashing, listing, sampling, models_shown, withheld)
        for name, value in vars(module).items()
        if isinstance(value, str) and ("FROM image" in value or "JOIN image" in value)
    }
    found |= {f"sampling.AT_PLACES[{n}]": sql for n, sql in sampling.AT_PLACES.items()}
    for names in ((), ("category",), ("before",), ("category", "before"), ("after",)):
        found[f"page {names}"] = listing.page_statement(*names)
        found[f"floor {names}"] = listing.floor_statement(*names)
    # it reads all pictures of a model, once in ten seconds at most (app/browser/generators.py)
    del found[f"{withheld.__name__}.SEEDS"]
    return {name: sql for name, sql in found.items() if "WHERE" in sql}


def values_for(sql: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "slug": "c3", "low": "0123456789ab", "high": "0123456789abg", "file": "7.webp",
        "category": 4, "picture": 2**30, "point": 5, "first": 48, "end": 96, "after": "",
        "wanted": 30, "passed": 100, "before_id": 9, "floor_id": 9,
    }  # fmt: skip
    names = text(sql).compile().params
    moment = {"before", "floor"} | ({"after"} if "created" in sql else set())
    for name in names:
        if name in moment:
            values[name] = "2026-11-22 00:00:00+00"
        elif name.startswith("slug_"):
            values[name] = "c3"
        elif name.startswith("hash_"):
            values[name] = "0123456789ab"
        elif name.startswith("digest"):
            values[name] = "0" * 64
        elif name not in values:
            values[name] = 5  # ordinals, points, ids
    return {name: values[name] for name in names}


def read_of_pictures(large: IndexReader) -> tuple[int, int]:
    """Return how often the table was read from end to end, and how many rows indexes led to."""
    large.ask("SELECT pg_stat_force_next_flush()", {})
    rows = large.ask(
        "SELECT seq_scan, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'image'", {}
    )
    least, most = rows[0]
    return least, most


@pytest.mark.parametrize("name", statements())
def test_every_look_up_is_by_an_index(large: IndexReader, name: str) -> None:
    """As counted by the server over 12 calls: by then it may keep one plan for all values."""
    sql = statements()[name]
    before = read_of_pictures(large)
    for _ in range(12):
        large.ask(sql, values_for(sql))
    after = read_of_pictures(large)
    assert after[0] == before[0], "read from end to end"
    assert after[1] - before[1] <= 12 * 130


def test_reading_from_end_to_end_shows(large: IndexReader) -> None:
    before = read_of_pictures(large)
    large.ask("SELECT COUNT(*) FROM image WHERE width = 64 AND height = 63", {})
    assert read_of_pictures(large)[0] > before[0]


def test_the_site_is_refused_by_the_server_itself(engine: Engine, settings: Settings) -> None:
    add(engine, "hat", ["a", "b"])
    reader = IndexReader(open_engine(settings))
    assert reader.pick() is not None
    driver: Any = reader._idle[0][1].connection.driver_connection
    assert driver.autocommit  # no transaction stays open between two questions
    for statement in (
        "DELETE FROM image",
        "CREATE TABLE x (y int)",
        "SELECT nextval('image_id_seq')",
    ):
        with pytest.raises(ReadOnlySqlTransaction):
            driver.execute(statement)
    with open_engine(settings).begin() as connection, pytest.raises(Exception, match="read-only"):
        connection.execute(text("UPDATE category SET n = 0"))


def test_a_role_that_may_only_read_is_enough_for_the_site(
    engine: Engine, settings: Settings
) -> None:
    add(engine, "hat", ["a"])
    scaled.run_sql(settings, "DROP ROLE IF EXISTS visitor")
    scaled.run_sql(settings, "CREATE ROLE visitor LOGIN PASSWORD 'word'")
    scaled.run_sql(settings, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor")
    database = settings.database_url.rpartition("/")[2]
    url = (
        shared_cluster()
        .url(database, "visitor", "word")
        .replace("postgres:", "postgresql+psycopg:")
    )
    visitor = replace(settings, database_url=url)
    assert IndexReader(open_engine(visitor)).pick() is not None
    reason = why_not_writable(visitor)
    assert reason is not None and "permission denied" in reason
    assert why_not_writable(settings) is None
    scaled.drop(settings)
    shared_cluster().run("DROP ROLE visitor")


def add(engine: Engine, slug: str, names: list[str]) -> None:
    with writing(engine, adding=True) as connection:
        known = ensure_category(connection, slug, slug)
        add_images(connection, known, [picture(f"{slug}-{name}") for name in names])


def together(number: int, act: Callable[[int], None]) -> None:
    """Do something in so many threads at the same moment."""
    start = threading.Barrier(number)

    def one(i: int) -> None:
        start.wait()
        act(i)

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(one, range(number)))


def test_a_category_that_many_make_at_once_is_one(engine: Engine) -> None:
    for round_ in range(5):
        together(8, lambda i, slug=f"c{round_}": add(engine, slug, [str(i)]))  # type: ignore[misc]
    assert_dense(engine)
    with engine.connect() as connection:
        assert connection.execute(select(category.c.n)).scalars().all() == [8] * 5


def test_migrations_that_run_at_once(settings: Settings) -> None:
    together(4, lambda _: upgrade(open_engine(settings, write=True)) and None)
    add(open_engine(settings, write=True), "hat", ["a"])


def test_adding_does_not_wait_for_another_category(engine: Engine) -> None:
    """Runs of pregen on many machines fill side by side."""
    add(engine, "hat", ["a"])
    add(engine, "bird", ["a"])
    with writing(engine, adding=True) as connection:
        known = ensure_category(connection, "hat", "hat")
        add_images(connection, known, [picture("hat-b")])
        other = threading.Thread(target=add, args=(engine, "bird", ["b"]))
        other.start()
        other.join(20)
        assert not other.is_alive()
    assert_dense(engine)


def test_writers_of_every_kind_at_once(engine: Engine, settings: Settings) -> None:
    """Categories come and go all the time, and nobody waits for somebody who waits for him."""
    stop = threading.Event()
    misses: list[int] = []
    add(engine, "always", ["0"])

    def look(_: int) -> None:
        reader = IndexReader(open_engine(settings))
        while not stop.is_set():
            misses.extend([1] * (reader.pick() is None))

    def write(number: int) -> None:
        chance = random.Random(number)
        for step in range(60):
            slug = f"c{chance.randrange(4)}"
            kind = chance.choice(["add", "add", "retire", "restore"])
            if kind == "add":
                add(engine, slug, [f"{number}-{step}"])
                continue
            with writing(engine) as connection:
                state = LIVE if kind == "retire" else REJECTED
                found = connection.execute(
                    select(image.c.id)
                    .join(category)
                    .where(image.c.state == state, category.c.slug != "always")
                    .limit(6)
                )
                for each in found.scalars().all():
                    if kind == "retire":
                        retire_image(connection, each, REJECTED)
                    else:
                        restore_image(connection, each)
                record(connection, new_batch(), "reject", [(slug, None)])

    readers = [threading.Thread(target=look, args=(i,)) for i in range(2)]
    for reader in readers:
        reader.start()
    try:
        together(6, write)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert misses == []
    assert_dense(engine)
    with engine.connect() as connection:
        states = Counter(connection.execute(select(image.c.state)).scalars())
    assert states[LIVE] and states[REJECTED]


@pytest.fixture
def own_server() -> Iterator[Cluster]:
    """A server that may be ended."""
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def test_a_server_that_is_restarted(own_server: Cluster, tmp_path: Path) -> None:
    url = own_server.create().replace("postgres:", "postgresql+psycopg:")
    settings = Settings(
        images_folder=tmp_path / "images", instance_folder=tmp_path, database_url=url
    )
    engine = open_engine(settings, write=True)
    upgrade(engine)
    add(engine, "hat", ["a"])
    (tmp_path / "images" / "hat").mkdir(parents=True)
    (tmp_path / "images" / "hat" / "hat-a.webp").write_bytes(b"a picture")
    client = create_app(settings).test_client()
    assert client.get("/").status_code == 200
    own_server.stop()
    own_server.start()
    assert client.get("/").status_code == 200  # nobody noticed
    add(engine, "hat", ["b"])
    own_server.stop()
    for _ in range(2):
        answer = client.get("/", headers={"Accept": "application/json"})
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
        error = answer.get_json()["error"]
        assert error["status"] == 503 and "does not answer" in error["message"]
        assert "127.0.0.1" not in answer.text and "test" not in answer.text
    with pytest.raises(IndexAway, match="DATABASE_URL"):
        add(engine, "hat", ["c"])
    # a site that starts meanwhile says the same
    assert create_app(settings).test_client().get("/").status_code == 503
    own_server.start()
    assert client.get("/").status_code == 200
    add(engine, "hat", ["c"])


@pytest.mark.parametrize(
    "words",
    [
        ["db", "upgrade"], ["db", "downgrade", "base"], ["index"], ["verify"], ["curate", "list"],
        ["curate", "undo"], ["export-site", "public"], ["models", "report"], ["top-up"],
        ["pregen", "--categories", "1", "--samples", "1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_commands_say_that_the_server_is_away(words: list[str], tmp_path: Path) -> None:
    url = f"postgresql+psycopg://test:secret@127.0.0.1:{free_port()}/x"
    settings = Settings(
        images_folder=tmp_path / "images", instance_folder=tmp_path, database_url=url
    )
    done = create_app(settings).test_cli_runner().invoke(args=words)
    assert done.exit_code == 1
    assert done.output.count("the index's server does not answer") == 1
    assert "see that it runs" in done.output and "secret" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
