"""Live pictures: how many a second, how long the slowest takes, what that does to the pages.

    python -m bench.live [--model emoji] [--seconds 10] [--rounds 3] [--pictures 3600]

As `bin/serve` starts it: two Granian workers of 24 threads, one picture at a time for all of the
site. Callers on kept connections, in this process; one that gets 503 waits as it is told to. Then
it asks for so many pictures in a row over 16 connections, and reads the workers' memory before
and after.
"""

import http.client
import os
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from bench.servers import Load, Server, granian, load
from bench.site import fill
from bench.table import machine, markdown, note, versions

THREADS, WORKERS = 24, 2
CONNECTIONS = 16


@dataclass
class Crowd:
    """What many callers got, in seconds from call to whole answer."""

    made_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    took_s: float = 0.0


def ask(site: Server, path: str, connections: int, seconds: float, pictures: int) -> Crowd:
    """Call until the time is over or so many pictures have come."""
    crowd, lock = Crowd(), threading.Lock()
    started = time.perf_counter()

    def work() -> None:
        connection = http.client.HTTPConnection(str(urlsplit(site.url).netloc), timeout=60)
        while time.perf_counter() - started < seconds and len(crowd.made_s) < pictures:
            called = time.perf_counter()
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                crowd.failures.append(repr(error))
                continue
            took, pause = time.perf_counter() - called, 0.0
            with lock:
                if answer.status == 200:
                    crowd.made_s.append(took)
                elif answer.status == 503:
                    crowd.refused_s.append(took)
                    pause = float(answer.headers["Retry-After"])
                else:
                    crowd.failures.append(str(answer.status))
            time.sleep(pause)
        connection.close()

    callers = [threading.Thread(target=work) for _ in range(connections)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    crowd.took_s = time.perf_counter() - started
    return crowd


def shown_ms(seconds: list[float], share: float) -> str:
    if not seconds:
        return ""
    return f"{sorted(seconds)[int(share * (len(seconds) - 1))] * 1000:,.0f}"


def live_row(connections: int, crowds: list[Crowd]) -> list[str]:
    made = [took for crowd in crowds for took in crowd.made_s]
    refused = [took for crowd in crowds for took in crowd.refused_s]
    return [
        f"{connections} connections",
        f"{statistics.median(len(crowd.made_s) / crowd.took_s for crowd in crowds):,.1f}",
        shown_ms(made, 0.5),
        shown_ms(made, 0.99),
        str(len(refused)),
        shown_ms(refused, 0.99),
        str(sum(len(crowd.failures) for crowd in crowds)),
    ]


def page_beside(site: Server, live: str, seconds: float) -> tuple[Load, Load]:
    """Return how `/` is answered alone, and while live pictures are asked for."""
    alone = load(site, "/", seconds)
    crowd = threading.Thread(target=ask, args=(site, live, CONNECTIONS, seconds + 2, 10**9))
    crowd.start()
    beside = load(site, "/", seconds)
    crowd.join()
    return alone, beside


@click.command()
@click.option("--model", default="emoji", show_default=True)
@click.option("--seconds", default=10.0, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--pictures", default=3600, show_default=True, help="In a row, for the memory.")
def main(model: str, seconds: float, rounds: int, pictures: int) -> None:
    """Print the tables."""
    live = f"/live/{model}"
    with tempfile.TemporaryDirectory() as temporary:
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NONESUCH_")},
            "NONESUCH_IMAGES_FOLDER": str(Path(temporary) / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(Path(temporary) / "instance"),
            "SECRET_KEY": "bench",
        }
        fill({k: v for k, v in environ.items() if k.startswith("NONESUCH_")}, 600)
        with granian("app.wsgi:app", environ, "/", WORKERS, THREADS) as site:
            asleep = site.worker_megabytes()
            ask(site, live, CONNECTIONS, 3, 10**9)
            rows = []
            for connections in (1, CONNECTIONS, 4 * CONNECTIONS):
                crowds = [ask(site, live, connections, seconds, 10**9) for _ in range(rounds)]
                rows.append(live_row(connections, crowds))
            pages = [page_beside(site, live, seconds) for _ in range(rounds)]
            before = site.worker_megabytes()
            row = ask(site, live, CONNECTIONS, 600, pictures)
            after = site.worker_megabytes()
    click.echo(f"{machine()}; {versions('granian', 'ai-edge-litert', 'pillow')}")
    click.echo(f"model {model}, {rounds} rounds of {seconds:g} s\n")
    header = ["", "pictures/s", "median, ms", "p99, ms", "503", "their p99, ms", "failures"]
    click.echo(markdown(header, rows))
    rate = statistics.median(b.requests_per_s / a.requests_per_s for a, b in pages)
    note("`/` beside live pictures ÷ alone", rate)
    click.echo(
        f"\n`/` over 16 connections while 16 more ask for live pictures: {rate:.2f} of its rate "
        f"alone; p99 {statistics.median(b.p99_ms for _, b in pages):.0f} ms, alone "
        f"{statistics.median(a.p99_ms for a, _ in pages):.0f}"
    )
    click.echo(
        f"\n{len(row.made_s):,} pictures in a row over 16 connections: {len(row.refused_s)} times "
        f"503, {len(row.failures)} other failures; largest worker {asleep:.0f} MiB before the "
        f"first live picture, {before:.0f} before and {after:.0f} after those"
    )


if __name__ == "__main__":
    main()
