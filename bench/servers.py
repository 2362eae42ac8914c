"""Starting servers for benchmarks, loading them with wrk, reading their memory and CPU."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil


@dataclass(frozen=True)
class Server:
    """A running server: its parent process and address."""

    process: psutil.Process
    url: str

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer: the children, or the parent where there are none."""
        return self.process.children(recursive=True) or [self.process]

    def cpu_seconds(self) -> float:
        times = [p.cpu_times() for p in [self.process, *self.process.children(recursive=True)]]
        return float(sum(t.user + t.system for t in times))

    def worker_megabytes(self) -> float:
        """Resident memory of the largest worker."""
        return float(max(worker.memory_info().rss for worker in self.workers()) / 2**20)


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests_per_s: float
    cpu_us_per_request: float
    errors: int
    p99_ms: float
    p50_ms: float = 0.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def granian_command(
    target: str,
    port: int,
    workers: int = 1,
    threads: int = 1,
    ends_within_s: int = 15,
    log_level: str = "error",
) -> list[str]:
    """Return what starts Granian on a port of this machine, with the options of `bin/serve`.

    A worker that has not ended after ``ends_within_s`` is killed.
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1",
        "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
        "--respawn-failed-workers", "--blocking-threads", str(threads),
        "--workers-kill-timeout", str(ends_within_s), "--no-ws", "--log-level", log_level, target,
    ]  # fmt: skip


def gunicorn_command(target: str, port: int, workers: int = 1, threads: int = 1) -> list[str]:
    """Return what starts gunicorn on a port of this machine, with the options of `bin/serve`."""
    return [
        sys.executable, "-m", "gunicorn", "--worker-class", "gthread",
        "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads),
        "--log-level", "critical", target,
    ]  # fmt: skip


COMMANDS: dict[str, Callable[[str, int, int, int], list[str]]] = {
    "granian": granian_command,
    "gunicorn": gunicorn_command,
}


@contextmanager
def granian(
    target: str, environ: Mapping[str, str], path: str = "/", workers: int = 1, threads: int = 1
) -> Iterator[Server]:
    """Serve a WSGI target on Granian until the block ends."""
    with serve("granian", target, environ, path, workers, threads) as server:
        yield server


@contextmanager
def serve(
    name: str,
    target: str,
    environ: Mapping[str, str],
    path: str = "/",
    workers: int = 1,
    threads: int = 1,
) -> Iterator[Server]:
    """Serve a WSGI target on one of the servers of `COMMANDS` until the block ends."""
    port = free_port()
    command = COMMANDS[name](target, port, workers, threads)
    process = subprocess.Popen(command, env=dict(environ))
    server = Server(psutil.Process(process.pid), f"http://127.0.0.1:{port}")
    try:
        wait_until_it_answers(server.url + path)
        yield server
    finally:
        process.terminate()
        process.wait(20)


def wait_until_it_answers(url: str, seconds: float = 60) -> float:
    """Return how long it took until the address gave any answer."""
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
        except urllib.error.HTTPError:
            pass
        except OSError:
            time.sleep(0.005)
            continue
        return time.perf_counter() - started
    raise click.ClickException(f"{url} gave no answer in {seconds:.0f} s")


def load(
    server: Server, path: str, seconds: float, connections: int = 16, script: str | None = None
) -> Load:
    """Load one address with wrk, one thread; ``script``: a Lua file that chooses addresses."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise click.ClickException("wrk is missing; on Debian: apt-get install wrk")
    before = server.cpu_seconds()
    done = subprocess.run(
        [
            wrk,
            "-t1",
            "--latency",
            f"-c{connections}",
            f"-d{seconds:g}s",
            *(["-s", script] if script else []),
            server.url + path,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    spent = server.cpu_seconds() - before
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])  # type: ignore[index]
    total = int(re.search(r"(\d+) requests in", done.stdout)[1])  # type: ignore[index]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", done.stdout)
    errors = sum(int(number) for found in (failed, lost) if found for number in found.groups())
    each = spent / max(total, 1) * 1e6
    return Load(rate, each, errors, _slower_than(done.stdout, 99), _slower_than(done.stdout, 50))


def wrk_script(folder: Path, name: str, addresses: list[str]) -> Path:
    """Write a script for wrk that asks these addresses in turn."""
    path = folder / f"{name}.lua"
    listed = ",\n".join(json.dumps(address) for address in addresses)
    path.write_text(
        f"local a = {{{listed}}}\nlocal i = 0\n"
        "function request() i = i % #a + 1; return wrk.format('GET', a[i]) end\n",
        encoding="utf-8",
    )
    return path


def _slower_than(said: str, percent: int) -> float:
    """Return the milliseconds that so many percent of the requests took at most."""
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)", said)
    assert found is not None, said
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]]
