"""The site ÷ the shortest Flask apps on the same server, side by side in one run.

    python -m bench.site [--seconds 2] [--rounds 4] [--pictures 3600]

One Granian worker with one blocking thread each, or one worker of nginx, wrk with 16 connections on
loopback; rounds alternate between the two sides, the one first and then the other, figures are
medians. nginx sends the same files
with the headers that the site sends. Lists are of all pictures, in memory. `/?walk=…` is what
"Another" leads to: 500 visitors take 20 steps each, in turn. Cold start is from starting the
interpreter to the first answer of the application, without a server.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
import numpy as np

from bench.nginx import nginx_before, plain_nginx
from bench.servers import Load, Server, granian, load, wrk_script
from bench.table import machine, markdown, note, versions
from core.settings import read_settings
from store.files.folder import PictureFolder
from store.files.protocol import digest, file_name
from store.formats.encoding import encode, find_format
from store.formats.metadata import Provenance
from store.index.database import open_engine, writing
from store.index.migrating import upgrade
from store.index.writes import NewImage, add_images, ensure_category
from store.queries.reader import IndexReader
from store.queries.shuffle import Walk

WANTED = {
    "`/` ÷ hello world": "at least 0.5",
    "`/` ÷ the same page, no index asked": "at least 0.6",
}
WALK = "`/?walk=…` ÷ `/`"
WANTED_CPU = {WALK: "at most 2"}
VISITORS, STEPS = 500, 20
FORBIDDEN = ("tensorflow", "ai_edge_litert", "numpy", "PIL", "scipy")

Side = tuple[Server, str, str | None, list[Load]]


def fill(environ: dict[str, str], pictures: int, categories: int = 60) -> None:
    """Make a store of noise pictures of 64 px, all different."""
    settings = read_settings(environ)
    engine = open_engine(settings, write=True)
    upgrade(engine)
    folder = PictureFolder(settings.images_folder)
    random = np.random.RandomState(0)
    chosen = find_format("webp")
    for c in range(categories):
        slug = f"category_{c}"
        folder.prepare([slug], 0)
        files, rows = {}, []
        for i in range(pictures // categories):
            small = random.randint(0, 256, (8, 8, 3), np.uint8)
            picture = np.kron(small, np.ones((8, 8, 1), np.uint8))
            data = encode(picture, chosen, Provenance("bench/1", "0" * 64, slug, i, 0.5, "0" * 16))
            sha256 = digest(data)
            name = file_name(c * 1_000_000 + i, sha256, "webp")
            files[name] = data
            rows.append(NewImage(name, sha256, len(data), 64, 64, "webp"))
        folder.put_all(slug, files)
        with writing(engine) as connection:
            add_images(connection, ensure_category(connection, slug, slug), rows)


def cold_start(target: str, path: str, environ: dict[str, str]) -> float:
    """Return seconds from starting Python to the application's first answer."""
    module, _, name = target.partition(":")
    script = (
        f"from {module} import {name} as app; "
        f"answer = app.test_client().get({path!r}); assert answer.status_code == 200"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], env=environ, check=True)
    return time.perf_counter() - started


def forbidden_imports(environ: dict[str, str]) -> list[str]:
    """Return which of the heavy packages the site imported to answer `/`."""
    script = (
        "import sys; from app.wsgi import app; app.test_client().get('/'); "
        f"print(*[m for m in {FORBIDDEN!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def walk_steps(reader: IndexReader) -> list[str]:
    """Return addresses: each visitor began with another picture, and all take a step in turn."""
    walks = []
    for _ in range(VISITORS):
        picture = reader.pick()
        assert picture is not None
        walks.append(Walk(picture.short_hash, random.getrandbits(32), 0))
    return [f"/?walk={walk.at(step)}" for step in range(1, STEPS + 1) for walk in walks]


def ratio_row(name: str, ours: list[Load], theirs: list[Load]) -> list[str]:
    rate = statistics.median(
        a.requests_per_s / b.requests_per_s for a, b in zip(ours, theirs, strict=True)
    )
    note(f"{name}, req/s", rate, WANTED.get(name, ""))
    if name in WANTED_CPU:
        found = (
            a.cpu_us_per_request / b.cpu_us_per_request for a, b in zip(ours, theirs, strict=True)
        )
        note(f"{name}, CPU", statistics.median(found), WANTED_CPU[name])
    cpu = statistics.median(a.cpu_us_per_request for a in ours)
    other = statistics.median(b.cpu_us_per_request for b in theirs)
    return [
        name,
        f"{statistics.median(a.requests_per_s for a in ours):,.0f}",
        f"{statistics.median(b.requests_per_s for b in theirs):,.0f}",
        f"{rate:.2f}",
        f"{cpu:.0f}",
        f"{other:.0f}",
        str(sum(a.errors for a in (*ours, *theirs))),
    ]


def connections_row(name: str, server: Server, path: str, seconds: float) -> list[str]:
    """Return what 16 and 256 connections saw: requests a second, p50 and p99."""
    found = [load(server, path, seconds, connections) for connections in (16, 256)]
    return [
        name,
        *(text for each in found for text in (
            f"{each.requests_per_s:,.0f}", f"{each.p50_ms:.1f}", f"{each.p99_ms:.1f}",
            str(each.errors),
        )),
    ]  # fmt: skip


@click.command()
@click.option("--seconds", default=2.0, show_default=True)
@click.option("--rounds", default=4, show_default=True)
@click.option("--pictures", default=3600, show_default=True)
def main(seconds: float, rounds: int, pictures: int) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")},
            "NONESUCH_IMAGES_FOLDER": str(Path(temporary) / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(Path(temporary) / "instance"),
            "NONESUCH_API_CALLS_PER_MINUTE": "0",
            "SECRET_KEY": "bench",
        }
        ours = {k: v for k, v in environ.items() if k.startswith("NONESUCH_") or k == "SECRET_KEY"}
        fill(ours, pictures)
        folder = read_settings(ours).images_folder
        reader = IndexReader(open_engine(read_settings(ours)))
        picture = reader.pick()
        assert picture is not None
        address = f"/images/{picture.category}/{picture.file}"
        site = running.enter_context(granian("app.wsgi:app", environ))
        hello = running.enter_context(granian("bench.plain_apps:hello", environ))
        same = running.enter_context(granian("bench.same_page:app", environ))
        sender = running.enter_context(granian("bench.plain_apps:sender", environ, address))
        nginx = running.enter_context(plain_nginx(Path(temporary) / "plain", folder))
        logging = running.enter_context(plain_nginx(Path(temporary) / "logging", folder, True))
        before = running.enter_context(nginx_before(Path(temporary) / "before", folder, site))
        walks = str(wrk_script(Path(temporary), "walks", walk_steps(reader)))
        rows = []
        for name, server, path, other, other_path in (
            ("`/` ÷ hello world", site, "/", hello, "/"),
            ("`/` ÷ the same page, no index asked", site, "/", same, "/"),
            (WALK, site, "/", site, "/"),
            ("`/categories.json` ÷ hello world", site, "/categories.json", hello, "/"),
            ("`/images/…` ÷ `send_file`", site, address, sender, address),
            ("`/images/…` ÷ nginx", site, address, nginx, address),
            ("`/images/…` by docs/nginx.conf ÷ nginx, same log", before, address, logging, address),
            ("`/random.webp` ÷ `send_file`, of a list", site, "/random.webp", sender,
             "/random.webp"),
            ("`/random.webp` ÷ redirect, of a list", site, "/random.webp", sender, "/redirect"),
            ("`/api/v1/random` ÷ `jsonify` of a list", site, "/api/v1/random", sender,
             "/api/v1/random"),
        ):  # fmt: skip
            load(server, path, 1), load(other, other_path, 1)
            script = walks if name == WALK else None  # of addresses, in the path's place
            sides: tuple[Side, Side] = (
                (server, path, script, []),
                (other, other_path, None, []),
            )
            for number in range(rounds):
                for each, address_there, asked, found in sides if number % 2 else reversed(sides):
                    found.append(load(each, address_there, seconds, script=asked))
            rows.append(ratio_row(name, sides[0][-1], sides[1][-1]))
        many = [
            connections_row(name, server, path, seconds)
            for name, server, path in (
                ("`/`", site, "/"), ("hello world", hello, "/"), ("`/images/…`", site, address),
                ("nginx", nginx, address),
            )
        ]  # fmt: skip
        memory = (site.worker_megabytes(), hello.worker_megabytes())
        starts = [
            (
                cold_start("app.wsgi:app", "/", environ),
                cold_start("bench.plain_apps:hello", "/", environ),
            )
            for _ in range(max(rounds, 5))
        ]
        heavy = forbidden_imports(environ)
    click.echo(f"{machine()}; {versions('granian', 'flask', 'sqlalchemy', 'faker')}")
    click.echo(f"{pictures} pictures, {rounds} rounds of {seconds:g} s, medians\n")
    header = ["", "site req/s", "other req/s", "ratio", "site µs CPU", "other µs CPU", "errors"]
    click.echo(markdown(header, rows))
    header = ["", *(f"{what}, {n} connections" for n in (16, 256) for what in (
        "req/s", "p50 ms", "p99 ms", "errors"))]  # fmt: skip
    click.echo("\n" + markdown(header, many))
    first = statistics.median(a for a, _ in starts)
    second = statistics.median(b for _, b in starts)
    ratio = statistics.median(a / b for a, b in starts)
    note("memory of a worker, MiB", memory[0], "at most 90")
    note("cold start ÷ hello world's", ratio)
    click.echo(
        "\n"
        + markdown(
            ["", "site", "hello world", "ratio"],
            [
                ["memory of a worker, MiB", f"{memory[0]:.0f}", f"{memory[1]:.0f}",
                 f"{memory[0] / memory[1]:.2f}"],
                ["cold start, s", f"{first:.2f}", f"{second:.2f}", f"{ratio:.2f}"],
            ],
        )
    )  # fmt: skip
    click.echo(f"\nheavy packages imported by the site: {', '.join(heavy) or 'none'}")


if __name__ == "__main__":
    main()
