"""`flask db copy`: everything arrives, in both directions, or nothing does."""

import dataclasses
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from sqlalchemy import Engine, create_engine, insert, select, update

from app import create_app
from core.settings import PROJECT, Settings
from store.curation.log import new_batch, record
from store.curation.settling import mark
from store.files.protocol import digest
from store.index.copy import CannotCopy, copy_index
from store.index.database import open_engine, writing
from store.index.migrating import upgrade
from store.index.states import LIVE, REJECTED
from store.index.tables import alias, category, generator, image, metadata, target
from store.index.writes import (
    NewImage,
    add_images,
    ensure_category,
    hide_category,
    retire_image,
)
from store.queries.reader import IndexReader
from tests import scaled
from tests.conftest import Filled, fill
from tests.servers.postgresql import shared_cluster
from tests.store.index.test_index import assert_dense

Command = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """On SQLite, whatever the other tests run on."""
    return Settings(
        home=tmp_path / "home",
        images_folder=tmp_path / "images",
        instance_folder=tmp_path / "instance",
        secret_key="test",
    )


@pytest.fixture
def filled(settings: Settings) -> Filled:
    """An index with something in every table and every state."""
    engine = open_engine(settings, write=True)
    upgrade(engine)
    store = fill(settings, engine)
    with writing(engine) as connection:
        some = connection.execute(select(image.c.id, image.c.file).limit(2)).all()
        for picture in some:
            assert retire_image(connection, picture.id, REJECTED)
        record(connection, new_batch(), "reject", [("mammal", row.file) for row in some])
        hats = select(category.c.id).where(category.c.slug == "hat")
        hide_category(connection, connection.execute(hats).scalar_one())
        record(connection, new_batch(), "off", [("hat", None)])
        mark(connection, [(some[0].id, LIVE, some[0].file)])
    row = {"model": "tiny/1", "samples": 7, "seed": 2**32 - 1, "format": "webp"}
    with writing(engine) as connection:
        connection.execute(update(image).values(truncation=0.1 + 0.2))  # not a round number
        connection.execute(
            insert(target).values(
                category_id=1, model_digest="0" * 64, drawn_as="hat", truncation_low=1 / 3,
                truncation_high=0.7, **row,
            )
        )  # fmt: skip
        connection.execute(insert(alias).values(slug="cap", name="Käppi", category_id=1))
        kept = {"model": "tiny/1", "title": "Tiny", "licence": "MIT", "size_px": 16, "card": "# a"}
        connection.execute(insert(generator).values(digest="0" * 64, **kept))
    return store


@pytest.fixture
def server(settings: Settings) -> Iterator[Settings]:
    """The same site over an empty database of PostgreSQL."""
    elsewhere = scaled.scaled(settings, "postgresql")
    yield elsewhere
    scaled.drop(elsewhere)


@pytest.fixture
def command(server: Settings) -> Command:
    return lambda *words: create_app(server).test_cli_runner().invoke(args=["db", "copy", *words])


def dump(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Return every table's rows by the drivers alone, as text."""
    if settings.sqlite_path is not None:
        connection: Any = sqlite3.connect(settings.sqlite_path)
    else:
        connection = psycopg.connect(settings.database_url.replace("+psycopg", ""))
        connection.execute("SET TIME ZONE 'UTC'")
    found = {}
    for table in metadata.sorted_tables:
        columns = ", ".join(f'"{c.name}"' for c in table.c)
        rows = connection.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY 1, 2').fetchall()
        found[table.name] = [tuple(_as_text(value) for value in row) for row in rows]
    connection.close()
    return found


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        value = int(value)
    # SQLite: 2026-11-22 07:00:00.000000, without a zone
    return str(value).removesuffix("+00:00")


def test_there_and_back_again(filled: Filled, server: Settings, command: Command) -> None:
    path = filled.settings.sqlite_path
    result = command(str(path), "site")
    assert result.exit_code == 0, result.output
    assert (
        "4 category, 3 curation, 1 generator, 1 alias, 19 image, 1 target, 1 unmoved"
        in result.output
    )
    before = dump(filled.settings)
    assert all(before.values())
    assert dump(server) == before
    back = filled.settings.instance_folder / "back.sqlite3"
    assert command("site", str(back)).exit_code == 0
    assert dump(dataclasses.replace(server, database_url=f"sqlite:///{back}")) == before


def test_the_copy_works_as_the_original(filled: Filled, server: Settings, command: Command) -> None:
    assert command(str(filled.settings.sqlite_path), "site").exit_code == 0
    engine = open_engine(server, write=True)
    assert_dense(engine)
    # new rows get new keys
    with writing(engine) as connection:
        known = ensure_category(connection, "new", "new")
        add_images(connection, known, [NewImage("n.webp", digest(b"n"), 1, 1, 1, "webp")])
    assert_dense(engine)
    reader, old = IndexReader(open_engine(server)), IndexReader(open_engine(filled.settings))
    drawn = {reader.pick().file for _ in range(300)}  # type: ignore[union-attr]
    assert len(drawn) == 19 - 2 - 5 + 1
    sha256 = next(iter(filled.files.values()))
    found = old.by_hash(digest(sha256)[:12])
    assert found is not None and reader.by_hash(found.short_hash) == found
    page = create_app(server).test_client().get("/")
    assert page.status_code == 200


def test_a_target_with_rows_is_left_alone(
    filled: Filled, server: Settings, command: Command
) -> None:
    assert command(str(filled.settings.sqlite_path), "site").exit_code == 0
    before = dump(server)
    again = command(str(filled.settings.sqlite_path), "site")
    assert again.exit_code == 1
    assert "the target is not empty: 4 rows in its table category" in again.output
    assert dump(server) == before
    back = command("site", str(filled.settings.sqlite_path))
    assert back.exit_code == 1 and "not empty" in back.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["site", "site"], "FROM and TO are one index"),
        (["nothing.sqlite3", "site"], "there is no index at"),
        (["site", "copy.sqlite3"], "the index has no tables yet"),
        (["mysql://a:secret@b/c", "site"], "no address of PostgreSQL"),
        (["postgres://a:secret@127.0.0.1:1/c", "copy.sqlite3"], "server does not answer"),
    ],
)
def test_what_cannot_be_copied_is_one_line(
    command: Command, words: list[str], message: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = command(*words)
    assert result.exit_code == 1
    assert message in result.output and "secret" not in result.output
    assert len(result.output.strip().splitlines()) == 1, result.output
    assert list(tmp_path.glob("*.sqlite3*")) == []


def test_tables_of_something_else_are_left_alone(
    filled: Filled, server: Settings, command: Command
) -> None:
    scaled.run_sql(server, "CREATE TABLE customers (id int)")
    result = command(str(filled.settings.sqlite_path), "site")
    assert result.exit_code == 1
    assert "tables of something else (customers)" in result.output


def test_rows_that_do_not_hold_together_are_not_copied(
    filled: Filled, server: Settings, command: Command
) -> None:
    with sqlite3.connect(filled.settings.sqlite_path or "") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE image SET category_id = 99 WHERE ord = 0 AND category_id = 1")
    connection.close()
    result = command(str(filled.settings.sqlite_path), "site")
    assert result.exit_code == 1 and "do not hold together" in result.output, result.output
    assert _tables(server) == []


def test_a_row_that_arrives_changed_is_found_out(filled: Filled, server: Settings) -> None:
    engine = open_engine(server, write=True)
    upgrade(engine)
    # a server that does something to what it is given
    scaled.run_sql(
        server,
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.phash = NULL; RETURN NEW; END'",
    )
    scaled.run_sql(
        server, "CREATE TRIGGER s BEFORE INSERT ON image FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    scaled.run_sql(filled.settings, "UPDATE image SET phash = '0123456789abcdef' WHERE id = 3")
    with pytest.raises(CannotCopy, match="table image reads differently"):
        copy_index(open_engine(filled.settings), engine, lambda _: lambda _: None)
    assert {name: len(rows) for name, rows in dump(server).items() if rows} == {}


@pytest.mark.parametrize("where", [pytest.param("site", marks=pytest.mark.long), "copy.sqlite3"])
def test_killed_in_the_middle_nothing_is_there(
    filled: Filled, server: Settings, command: Command, where: str, tmp_path: Path
) -> None:
    many(filled.engine, 60_000)
    source = str(filled.settings.sqlite_path)
    path = tmp_path / where
    words = [source, where if where == "site" else str(path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "db", "copy", *words],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin", "FLASK_APP": "app", **scaled.in_environment(server)},
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (
        shared_cluster().run("SELECT 1 FROM pg_stat_progress_copy")
        if where == "site"
        else path.exists() and path.stat().st_size > 2**20
    ):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if where == "site":
        assert _tables(server) == []
    result = command(*words)
    assert result.exit_code == 0, result.output
    assert "60,019 image" in result.output


def many(engine: Engine, rows: int) -> None:
    with writing(engine) as connection:
        known = ensure_category(connection, "many", "many")
        names = (f"{i}.webp" for i in range(rows))
        add_images(
            connection,
            known,
            [NewImage(name, digest(name.encode()), 1, 1, 1, "webp") for name in names],
        )


def _tables(settings: Settings) -> list[str]:
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        names = [row[0] for row in found]
    engine.dispose()
    return names


def test_memory_does_not_grow_with_the_rows(filled: Filled, server: Settings) -> None:
    """At most one portion of rows is held: counted where they are read."""
    import store.index.copy

    many(filled.engine, 12_000)
    portions: list[int] = []
    real = store.index.copy._insert

    def noting(connection: Any, table: Any, rows: list[Any]) -> None:
        portions.append(len(rows))
        real(connection, table, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.index.copy, "_insert", noting)
        seen: list[int] = []
        copy_index(
            open_engine(filled.settings), open_engine(server, write=True), lambda _: seen.append
        )
    assert max(portions) == store.index.copy.AT_ONCE
    assert sum(seen) == 2 * sum(portions)
    assert category.name in dump(server)
