"""The site under full load for minutes: does its memory grow, does anything fail?

    python -m bench.soak [--minutes 10] [--connections 64]

As `bin/serve` starts it: two Granian workers of 24 threads, with a store of 3,600 pictures. wrk
goes through addresses of every kind without a pause, while one visitor after the other plays, goes
astray and asks for live and larger pictures. Each half minute the memory of the larger worker is
read; what counts is whether the last third is above the second.
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
from pathlib import Path

import click

from app.derivatives import sized_address
from bench.rows import wrk_script
from bench.servers import Load, Server, granian, load
from bench.site import fill
from bench.table import machine, markdown, note, versions
from store.database import open_engine
from store.picking import IndexReader
from store.settings import read_settings

WORKERS, THREADS = 2, 24
EVERY_S = 30.0
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


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--connections", default=64, show_default=True)
def main(minutes: float, connections: int) -> None:
    """Print the table; ends with 1 where memory grows or anything fails."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")},
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
            "NONESUCH_API_CALLS_PER_MINUTE": "0",
            "SECRET_KEY": "bench",
        }
        ours = {k: v for k, v in environ.items() if k.startswith("NONESUCH_")}
        fill(ours, 3600)
        reader = IndexReader(open_engine(read_settings(ours)))
        script = wrk_script(folder, "soak", addresses(reader))
        every_s = min(EVERY_S, max(2.0, minutes * 60 // 6))  # wrk knows whole seconds only
        loads: list[Load] = []
        memory: list[float] = []
        seen: Counter[str] = Counter()
        with granian("app.wsgi:app", environ, "/", WORKERS, THREADS) as site:
            until = time.monotonic() + minutes * 60
            others = threading.Thread(target=other_visitors, args=(site, reader, until, seen))
            others.start()
            while time.monotonic() < until:
                loads.append(load(site, "/", every_s, connections, str(script)))
                memory.append(site.worker_megabytes())
            others.join()
    growth = third(memory, 3) - third(memory, 2)
    rates = [each.requests_per_s for each in loads]
    rows = [
        ["minutes", f"{minutes:g}"],
        ["requests", f"{sum(rates) * every_s:,.0f}"],
        ["requests/s, at first and last", f"{rates[0]:,.0f}, {rates[-1]:,.0f}"],
        ["answers that were refused or lost", f"{sum(each.errors for each in loads):,}"],
        ["p99, ms", f"{statistics.median(a.p99_ms for a in loads):.0f}"],
        *(
            [f"larger worker, MiB, {name} third", f"{third(memory, number):.0f}"]
            for number, name in enumerate(("first", "second", "last"), 1)
        ),
        *([name, f"{count:,}"] for name, count in sorted(seen.items())),
    ]  # fmt: skip
    note("soak: last third of a worker's memory - second, MiB", growth, f"at most {GROWTH_MB:g}")
    click.echo(f"{machine()}; {versions('granian', 'flask', 'ai-edge-litert')}")
    click.echo(f"{connections} connections\n")
    click.echo(markdown(["", ""], rows))
    failed = [name for name in seen if name.split()[-1] not in ("200", "404", "410", "503")]
    failed += [f"{each.errors} answers" for each in loads if each.errors]
    if growth > GROWTH_MB or failed:
        raise click.ClickException(f"memory grew by {growth:.1f} MiB; failures: {failed or 'none'}")


if __name__ == "__main__":
    main()
