"""The random pick and the index's size, from a few thousand rows to ten million, in both databases.

    python -m bench.pick [--database sqlite] [--database postgresql] [--rows 3600 --rows 10000000]

Rows are made by the databases themselves, in 60 categories; the pick is the site's own, in this
process, so that nothing else is timed; some more rows are recorded as pregen does it. Rounds go
from index to index. Ten million rows take some 6 GB in SQLite and 8 in PostgreSQL, whose server is
a private one that this starts.
"""

import json
import os
import random
import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
from sqlalchemy import Engine, create_engine

from bench.table import machine, markdown, note, versions
from core.settings import Settings, read_settings
from store.files.protocol import digest
from store.index.database import open_engine, writing
from store.index.migrating import upgrade
from store.index.tables import image
from store.index.writes import NewImage, add_images, ensure_category
from store.queries.reader import IndexReader
from tests.servers.postgresql import Cluster

CATEGORIES = 60
PICKS = 2000  # of one index in one round
SIZES = [3600, 10_000, 100_000, 1_000_000, 10_000_000]
_COLUMNS = (
    "category_id, ord, file, sha256, point, bytes, width, height, format, model, model_digest, "
    "seed, truncation, phash, state, created"
)
_VALUES = (
    "c.id, s.i, s.i || '-' || substr(s.sha, 1, 12) || '.webp', s.sha, s.point, 1389, 64, 64, "
    "'webp', 'emoji/1', s.digest, c.id * 1000000 + s.i, 0.56, substr(s.sha, 1, 16), 'live', "
    "s.created"
)
# the hash and the point are as random as real ones, though not of one another
_MAKE = {
    "sqlite": f"""
WITH RECURSIVE s0(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s0 WHERE i + 1 < :each)
INSERT INTO image ({_COLUMNS})
SELECT {_VALUES} FROM category c JOIN (
    SELECT i, lower(hex(randomblob(32))) AS sha, random() & 9223372036854775807 AS point,
           '{"a" * 64}' AS digest,
           strftime('%Y-%m-%d %H:%M:%f000', 1.7e9 + i, 'unixepoch') AS created FROM s0) s
WHERE c.id = :category
""",
    "postgresql": f"""
INSERT INTO image ({_COLUMNS})
SELECT {_VALUES} FROM category c, LATERAL (
    SELECT i, md5(random()::text) || md5(random()::text) AS sha,
           (random() * 9.2e18)::bigint AS point, '{"a" * 64}' AS digest,
           to_timestamp(1.7e9 + i) AS created
    FROM generate_series(0, :each - 1) AS i) s
WHERE c.id = :category
""",
}


@dataclass
class Measured:
    """One index: what it takes, and how long picks took, in microseconds."""

    database: str
    rows: int
    bytes_table: int
    bytes_indexes: int
    filled_s: float
    recorded_per_s: float
    picks_us: list[float]

    @property
    def median_us(self) -> float:
        return statistics.median(self.picks_us)

    @property
    def p99_us(self) -> float:
        return statistics.quantiles(self.picks_us, n=100)[98]


def fill(engine: Engine, rows: int) -> None:
    """Make so many live rows; indexes that can be are built afterwards, as a restore does."""
    dialect = engine.dialect.name
    each = rows // CATEGORIES
    with engine.begin() as connection:
        for index in image.indexes:
            index.drop(connection)
    for number in range(CATEGORIES):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO category (id, slug, name, n, ord, off) VALUES "
                f"({number + 1}, 'category_{number}', 'category {number}', {each}, {number}, false)"
            )
            sql = _MAKE[dialect].replace(":each", str(each)).replace(":category", str(number + 1))
            connection.exec_driver_sql(sql.replace("%", "%%") if dialect != "sqlite" else sql)
    for index in image.indexes:
        with engine.begin() as connection:
            index.create(connection)
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def sizes(engine: Engine) -> tuple[int, int]:
    """Return bytes of the table of pictures, and of its indexes."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            row = connection.exec_driver_sql(
                "SELECT pg_table_size('image'), pg_indexes_size('image')"
            ).one()
            return int(row[0]), int(row[1])
        rows = connection.exec_driver_sql(
            "SELECT name, SUM(pgsize) FROM dbstat WHERE name LIKE '%image%' GROUP BY name"
        ).all()
        total = sum(row[1] for row in rows)
        table = next(row[1] for row in rows if row[0] == "image")
        return int(table), int(total - table)


def prepare(settings: Settings, rows: int, database: str) -> Measured:
    started = time.perf_counter()
    engine = open_engine(settings, write=True)
    upgrade(engine)
    engine.dispose()
    # without fsync and journal: a power cut would cost the benchmark, no more
    fast = create_engine(
        settings.database_url or f"sqlite:///{settings.sqlite_path}", isolation_level=None
    )
    if database == "sqlite":
        from sqlalchemy import event

        def hurry(connection: object, _: object) -> None:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
                connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

        event.listen(fast, "connect", hurry)
    fill(fast, rows)
    table, indexes = sizes(fast)
    fast.dispose()
    filled_s = time.perf_counter() - started
    engine = open_engine(settings, write=True)
    recorded = rows_recorded(engine)
    engine.dispose()
    return Measured(database, rows, table, indexes, filled_s, recorded, [])


def rows_recorded(engine: Engine, groups: int = 100) -> float:
    """Return rows a second as `flask pregen` records them: groups of 64, a commit each."""
    started = time.perf_counter()
    for group in range(groups):
        with writing(engine, adding=True) as connection:
            known = ensure_category(connection, f"category_{group % CATEGORIES}", "")
            names = (f"{group}-{i}" for i in range(64))
            add_images(
                connection,
                known,
                [
                    NewImage(f"{n}.webp", digest(n.encode()), 1389, 64, 64, "webp", "0" * 16)
                    for n in names
                ],
            )
    return groups * 64 / (time.perf_counter() - started)


def time_picks(reader: IndexReader, found: Measured) -> None:
    for _ in range(PICKS):
        began = time.perf_counter_ns()
        picture = reader.pick()
        found.picks_us.append((time.perf_counter_ns() - began) / 1000)
        assert picture is not None


def read_through(path: Path) -> None:
    """Bring a file into the page cache, if there is room."""
    with path.open("rb", buffering=0) as file:
        while file.read(2**24):
            pass


def report(measured: list[Measured]) -> str:
    lines = []
    for m in measured:
        least = min((o for o in measured if o.database == m.database), key=lambda o: o.rows)
        if m is not least:
            what = f"random pick, {m.database}, {m.rows:,} ÷ {least.rows:,} rows, time"
            note(what, m.median_us / least.median_us, "at most 1.5" if m.rows >= 10**7 else "")
        lines.append(
            [
                f"{m.database}, {m.rows:,}",
                f"{m.median_us:.1f}",
                f"{m.p99_us:.1f}",
                f"{m.median_us / least.median_us:.2f}",
                f"{statistics.mean(m.picks_us):.1f}",
                f"{m.bytes_table / m.rows:.0f}",
                f"{m.bytes_indexes / m.rows:.0f}",
                f"{m.filled_s:.0f}",
                f"{m.recorded_per_s:,.0f}",
            ]
        )
    header = [
        "index, rows", "median, µs", "p99, µs", "÷ smallest", "mean, µs", "bytes a row",
        "in indexes", "s to fill", "rows recorded/s",
    ]  # fmt: skip
    return markdown(header, lines)


@click.command()
@click.option(
    "--database", "databases", multiple=True, type=click.Choice(["sqlite", "postgresql"]),
    default=["sqlite", "postgresql"],
)  # fmt: skip
@click.option("--rows", "wanted", multiple=True, type=int, default=SIZES, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path), help="For bench.scaling.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where there is room.")
def main(
    databases: tuple[str, ...], wanted: tuple[int, ...], rounds: int, file: Path | None,
    folder: Path | None,
) -> None:  # fmt: skip
    """Print the table."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(dir=folder) as temporary, ExitStack() as stack:
        readers: list[tuple[IndexReader, Measured]] = []
        for database in databases:
            cluster = None
            if database == "postgresql":
                cluster = Cluster(
                    shared_buffers="512MB", maintenance_work_mem="256MB", max_wal_size="8GB",
                    wal_level="minimal", max_wal_senders="0", autovacuum="off",
                )  # fmt: skip
                stack.callback(cluster.remove)
                cluster.start()
            for rows in sorted(wanted):
                needed = rows * 1500
                if shutil.disk_usage(temporary).free < needed + 2**31:
                    raise click.ClickException(f"{rows:,} rows need {needed / 1e9:.0f} GB of disk")
                click.echo(f"{database}: {rows:,} rows …", err=True)
                variables = {"NONESUCH_INSTANCE_FOLDER": f"{temporary}/{rows}"}
                if cluster is not None:
                    variables["DATABASE_URL"] = cluster.create()
                settings = read_settings(variables)
                found = prepare(settings, rows, database)
                measured.append(found)
                readers.append((IndexReader(open_engine(settings)), found))
        click.echo("picking …", err=True)
        os.sync()  # else the disk is written to meanwhile
        for path in Path(temporary).glob("*/*.sqlite3"):
            read_through(path)
        for round_ in range(rounds + 1):
            random.shuffle(readers)
            for reader, found in readers:
                time_picks(reader, found)
                if round_ == 0:
                    found.picks_us.clear()
        for _, found in readers:
            assert len(found.picks_us) == rounds * PICKS
    measured.sort(key=lambda m: (m.database, m.rows))
    click.echo(f"{machine()}; {versions('sqlalchemy', 'psycopg')}")
    click.echo(f"{rounds} rounds of {PICKS:,} picks after one that does not count\n")
    click.echo(report(measured))
    for one, other in pairwise(measured):
        if one.database == other.database and other.median_us > 2 * one.median_us:
            click.echo(f"\n{other.rows:,} rows take more than twice as long as {one.rows:,}")
    if file is not None:
        kept = [{k: v for k, v in vars(m).items() if k != "picks_us"} for m in measured]
        for line, m in zip(kept, measured, strict=True):
            line["median_us"], line["p99_us"] = m.median_us, m.p99_us
        file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
