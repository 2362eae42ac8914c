"""The site under full load for minutes: does its memory grow, does anything fail?

    python -m bench.soak [--minutes 10] [--server granian|gunicorn] [--behind-nginx]

As `bin/serve` starts it: two workers of 24 threads, with a store of 3,600 pictures. wrk goes
through addresses of every kind without a pause, while one visitor after the other plays, goes
astray and asks for live and larger pictures. Each half minute the memory of the larger worker is
read; what counts is whether the last third is above the second. Another visitor asks for `/` once a
second, which takes 5 seconds at most.

With ``--behind-nginx`` all of them come through docs/nginx.conf, and beside them attackers of every
kind (`bench.siege.HELD`), each from an address of its own, hold on to their connections, let go and
begin anew.
"""

import os
import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.pictures.addresses import sized_address
from bench.nginx import nginx_before
from bench.servers import COMMANDS, Load, Server, load, serve, wrk_script
from bench.siege import LARGE, Siege, large_picture
from bench.site import fill
from bench.table import DOCUMENT, machine, markdown, note, put_between_marks, versions
from core.settings import read_settings
from store.files.folder import PictureFolder
from store.files.protocol import digest
from store.index.database import open_engine, writing
from store.index.writes import NewImage, add_images, ensure_category
from store.queries.reader import IndexReader

WORKERS, THREADS = 2, 24
EVERY_S = 30.0
LONGEST_WAIT_S = 5.0  # for `/`
GROWTH_MB = 5.0  # of a worker, that a last third may be above the second


def addresses(reader: IndexReader) -> list[str]:
    """Return addresses of all kinds, as a day of visitors brings them."""
    found = ["/"] * 40
    for number in range(400):
        picture = reader.pick()
        assert picture is not None
        found += [
            f"/images/{picture.category}/{picture.file}",
            f"/i/{picture.short_hash}",
            f"/?walk={picture.short_hash}{number:08x}.{number}",
            f"/c/{picture.category}",
            f"/seed/text-{number}.webp",
            "/random.webp",
            f"/gallery?page={number % 60 + 1}",
            "/categories",
            "/api/v1/random?n=12",
            f"/api/v1/images/{picture.short_hash}",
        ]
    return found


def other_visitors(site: Server, reader: IndexReader, until: float, seen: Counter[str]) -> None:
    """Ask for live and larger pictures, play, and go astray, one after the other."""
    number = 0
    while time.monotonic() < until:
        number += 1
        form = urllib.parse.urlencode({"token": f"x{number}", "guess": "hat"}).encode()
        picture = reader.pick()
        assert picture is not None
        for name, path, data in (
            ("live", "/live/emoji", None),
            ("a round of the game that is over", "/play", form),
            ("larger", sized_address(picture, 256), None),
            ("astray", f"/nothing/{number}", None),
        ):
            try:
                with urllib.request.urlopen(site.url + path, data=data, timeout=30) as answer:
                    answer.read()
                    seen[f"{name} {answer.status}"] += 1
            except urllib.error.HTTPError as error:
                seen[f"{name} {error.code}"] += 1
            except OSError as error:
                seen[f"{name}: {error}"] += 1


def third(readings: list[float], number: int) -> float:
    """Return the median of the first, second or last third."""
    size = max(1, len(readings) // 3)
    return statistics.median(readings[(number - 1) * size : number * size])


def put_large_picture(environ: dict[str, str]) -> str:
    """Put a picture of 9.7 MB into a store; return its address."""
    settings = read_settings(environ)
    slug, data = "category_0", large_picture()
    PictureFolder(settings.images_folder).put_all(slug, {LARGE: data})
    with writing(open_engine(settings, write=True)) as connection:
        row = NewImage(LARGE, digest(data), len(data), 1800, 1800, "png")
        add_images(connection, ensure_category(connection, slug, slug), [row])
    return f"/images/{slug}/{LARGE}"


@contextmanager
def tier(
    server: str, environ: dict[str, str], folder: Path, behind_nginx: bool
) -> Iterator[tuple[Server, Server]]:
    """Serve the site; yield it, and what visitors ask: itself or nginx in front of it."""
    with serve(server, "app.wsgi:app", environ, "/", WORKERS, THREADS) as site:
        if not behind_nginx:
            yield site, site
            return
        with nginx_before(folder / "nginx", folder / "images", site) as front:
            yield site, front


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--connections", default=64, show_default=True)
@click.option("--server", default="granian", show_default=True, type=click.Choice(list(COMMANDS)))
@click.option(
    "--behind-nginx", is_flag=True, help="Behind docs/nginx.conf, beside attacks of all kinds."
)
@click.option("--write", is_flag=True, help="Into docs/benchmarks.md, if all went well.")
def main(minutes: float, connections: int, server: str, behind_nginx: bool, write: bool) -> None:
    """Print the table; ends with 1 where memory grows or anything fails."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")},
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
            "NONESUCH_API_CALLS_PER_MINUTE": "0",
            "NONESUCH_PROXY_COUNT": "1" if behind_nginx else "0",
            "NONESUCH_NGINX_FILES": "/picture-files" if behind_nginx else "",
            "NONESUCH_CURATE_TOKEN_HASH": "0" * 64,  # of no token: nobody is the owner
            "SECRET_KEY": "bench",
        }
        ours = {k: v for k, v in environ.items() if k.startswith("NONESUCH_")}
        fill(ours, 3600)
        reader = IndexReader(open_engine(read_settings(ours)))
        script = wrk_script(folder, "soak", addresses(reader))
        large_address = put_large_picture(ours)
        every_s = min(EVERY_S, max(2.0, minutes * 60 // 6))  # wrk knows whole seconds only
        loads: list[Load] = []
        memory: list[float] = []
        seen: Counter[str] = Counter()
        with tier(server, environ, folder, behind_nginx) as (site, front):
            siege = Siege(int(front.url.rpartition(":")[2]), large_address)
            siege.begin(attacked=behind_nginx)
            until = time.monotonic() + minutes * 60
            others = threading.Thread(target=other_visitors, args=(front, reader, until, seen))
            others.start()
            try:
                while time.monotonic() < until:
                    loads.append(load(front, "/", every_s, connections, str(script)))
                    memory.append(site.worker_megabytes())
            finally:
                others.join()
                siege.end()
    growth = third(memory, 3) - third(memory, 2)
    slowest = max(siege.waits_s)
    rates = [each.requests_per_s for each in loads]
    rows = [
        ["minutes", f"{minutes:g}"],
        ["requests", f"{sum(rates) * every_s:,.0f}"],
        ["requests/s, at first and last", f"{rates[0]:,.0f}, {rates[-1]:,.0f}"],
        ["answers that were refused or lost", f"{sum(each.errors for each in loads):,}"],
        ["p99, ms", f"{statistics.median(a.p99_ms for a in loads):.0f}"],
        ["`/`, asked once a second: times", f"{len(siege.waits_s):,}"],
        ["`/`, asked once a second: the longest wait, s", f"{slowest:.1f}"],
        *(
            [f"larger worker, MiB, {name} third", f"{third(memory, number):.0f}"]
            for number, name in enumerate(("first", "second", "last"), 1)
        ),
        *([name, f"{count:,}"] for name, count in sorted(seen.items())),
        *([f"attack: {name}", f"{count:,}"] for name, count in siege.opened.items()),
    ]  # fmt: skip
    name = f"soak, {server}{' behind nginx, attacked' if behind_nginx else ''}"
    note(f"{name}: last third of a worker's memory - second, MiB", growth, f"at most {GROWTH_MB:g}")
    note(f"{name}: longest wait for `/`, s", slowest, f"at most {LONGEST_WAIT_S:g}")
    where = f"{server}{' behind nginx' if behind_nginx else ''}"
    head = f"{machine()}; {versions(server, 'flask', 'ai-edge-litert')}"
    printed = f"{head}\n{where}, {connections} connections\n\n{markdown(['', ''], rows)}"
    click.echo(printed)
    failed = [name for name in seen if name.split()[-1] not in ("200", "404", "410", "503")]
    failed += [f"{each.errors} answers" for each in loads if each.errors]
    failed += siege.failed
    if slowest > LONGEST_WAIT_S:
        failed.append(f"/ took {slowest:.1f} s")
    if growth > GROWTH_MB or failed:
        raise click.ClickException(f"memory grew by {growth:.1f} MiB; failures: {failed or 'none'}")
    if write:
        text = DOCUMENT.read_text(encoding="utf-8")
        begin, end = f"<!-- soak {where} -->", f"<!-- end of soak {where} -->"
        DOCUMENT.write_text(put_between_marks(text, begin, end, printed), encoding="utf-8")


if __name__ == "__main__":
    main()
