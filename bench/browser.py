"""The generator in a browser: how soon, how quick, how smooth, how large.

    python -m bench.browser [--model emoji] [--pictures 500]

Headless Chromium at 390 and 1440 px, without a graphics card, on a connection that carries what it
can; the site as `bin/serve` starts it. Bytes are counted on their way from the server.
"""

import os
import socket
import socketserver
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import psutil

from app.browser.fetching import fetch_runtime
from bench.servers import granian
from bench.site import fill
from bench.table import machine, markdown
from core.settings import read_settings

WIDTHS = (390, 1440)
LOAD_S = 180
WATCH = """Object.defineProperty(navigator, 'connection', { value: { saveData: true } });
window.longest = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) longest = Math.max(longest, each.duration);
}).observe({ type: 'longtask', buffered: true });"""
OFFERED = """return document.querySelector('[data-live]').dataset.state === 'offered'
  && [...document.images].every((each) => each.complete);"""
TAP = """window.began = performance.now();
document.querySelector('[data-start]').click();"""
FIRST = """return document.querySelector('[data-live]').dataset.shown
  && performance.now() - began;"""
STREAM = """const [count, done] = arguments;
const root = document.querySelector('[data-live]');
const began = performance.now();
let left = count;
new MutationObserver((_, observer) => {
  if (--left) return root.querySelector('[data-another]').click();
  observer.disconnect();
  done((performance.now() - began) / 1000);
}).observe(root, { attributeFilter: ['data-shown'] });
root.querySelector('[data-another]').click();"""

COLUMNS = {
    "cold_s": "first picture, cold, s",
    "warm_s": "warm, s",
    "cold_mb": "over the wire, cold, MB",
    "warm_mb": "warm, MB",
    "a_second": "pictures a second",
    "longest_ms": "longest blocked frame, ms",
    "memory_mb": "memory after all, MB",
}


@dataclass
class Found:
    """What one width gave; seconds, megabytes, milliseconds."""

    cold_s: float
    cold_mb: float
    warm_s: float
    warm_mb: float
    a_second: float
    longest_ms: float
    memory_mb: float


class _Counter(socketserver.ThreadingTCPServer):
    """Passes connections on, and counts what comes back."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, to: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.to, self.bytes = to, 0


class _Passing(socketserver.BaseRequestHandler):
    server: _Counter

    def handle(self) -> None:
        with socket.create_connection(self.server.to) as there:
            onward = threading.Thread(target=self._pass, args=(self.request, there), daemon=True)
            onward.start()
            self._pass(there, self.request, counts=True)

    def _pass(self, source: socket.socket, target: socket.socket, *, counts: bool = False) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
                self.server.bytes += len(data) if counts else 0
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@contextmanager
def counted(url: str) -> Iterator[tuple[str, _Counter]]:
    """Yield another address of a server, and what counts its bytes."""
    parts = urlsplit(url)
    counter = _Counter((str(parts.hostname), int(parts.port or 80)))
    threading.Thread(target=counter.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{counter.server_address[1]}", counter
    finally:
        counter.shutdown()


def memory_mb(browser: Any) -> float:
    """Return the memory of the renderers, resident and their own, in megabytes."""
    processes = psutil.Process(browser.service.process.pid).children(recursive=True)
    renderers = [each for each in processes if "--type=renderer" in each.cmdline()]
    return max(each.memory_full_info().uss for each in renderers) / 2**20


def measure(width: int, url: str, counter: _Counter, model: str, pictures: int) -> Found:
    from tests.app.browsing import chromium, show, wait_until

    with tempfile.TemporaryDirectory() as profile:
        browser = chromium(Path(profile))
        try:
            browser.set_script_timeout(3600)
            browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
            show(browser, width, "light")
            firsts, sizes = [], []
            for _ in ("cold", "warm"):
                browser.get(f"{url}/live?model={model}")
                wait_until(
                    browser,
                    OFFERED,
                    wait_s=LOAD_S,
                )
                before = counter.bytes
                browser.execute_script(TAP)
                took = wait_until(
                    browser,
                    FIRST,
                    wait_s=LOAD_S,
                )
                firsts.append(float(str(took)) / 1000)
                sizes.append((counter.bytes - before) / 10**6)
            took_s = float(browser.execute_async_script(STREAM, pictures))
            longest = float(browser.execute_script("return longest"))
            return Found(
                firsts[0],
                sizes[0],
                firsts[1],
                sizes[1],
                pictures / took_s,
                longest,
                memory_mb(browser),
            )
        finally:
            browser.quit()


@click.command()
@click.option("--model", default="emoji", show_default=True, help="Whose pictures.")
@click.option("--pictures", default=500, show_default=True, help="Of the stream.")
@click.option("--rounds", default=3, show_default=True, help="The median of so many is shown.")
def main(model: str, pictures: int, rounds: int) -> None:
    """Measure and print a table."""
    settings = read_settings(os.environ)
    fetch_runtime(settings.home)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = {
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
        }
        fill(environ, 60, 6)
        here = {**os.environ, **environ}
        with (
            granian("app.wsgi:app", here, "/healthz", 1, 24) as site,
            counted(site.url) as (url, counter),
        ):
            for width in WIDTHS:
                found = [measure(width, url, counter, model, pictures) for _ in range(rounds)]
                rows.append([f"{width} px", *(_median(each, found) for each in COLUMNS)])
                click.echo(f"{time.strftime('%X')} {rows[-1]}")
    click.echo(machine())
    click.echo(markdown(["window", *COLUMNS.values()], rows))


def _median(field: str, found: list[Found]) -> str:
    return f"{statistics.median(getattr(each, field) for each in found):.2f}"


if __name__ == "__main__":
    main()
