"""The lines that start the site where it is deployed, run as they stand."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from core.settings import PROJECT, Settings
from tests.scaled import in_environment
from tests.servers.ports import free_port
from tests.servers.site import answers


def procfile() -> str:
    """Return the Procfile's own line for the web process."""
    found = re.search(r"^web: (.+)$", (PROJECT / "Procfile").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


LINES: dict[str, Callable[[], str]] = {
    "bin/serve granian": lambda: "exec bin/serve granian",
    "bin/serve gunicorn": lambda: "exec bin/serve gunicorn",
    "Procfile": lambda: f"exec {procfile()}",
}


class ServedByLine:
    """The site, started by one of `LINES` with two workers; what is in `Target.server`."""

    def __init__(self, name: str, settings: Settings, **variables: str) -> None:
        self.port = free_port()
        self._line = LINES[name]()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NONESUCH_", "GRANIAN_"))}
        self._environ = {
            **kept,
            **in_environment(settings),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "VENV": sys.prefix,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            **variables,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", self._line], cwd=PROJECT, env=self._environ, start_new_session=True
        )
        until = time.monotonic() + 90
        while not answers(f"{self.url}/healthz/ready"):
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        running = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        # multiprocessing keeps a tracker of resources beside Granian's workers
        return [child for child in running if "resource_tracker" not in " ".join(child.cmdline())]

    def memory_mb(self) -> float:
        """Return the resident memory of the largest worker, in MB of 10^6 bytes."""
        return float(max(worker.memory_info().rss for worker in self.workers()) / 1e6)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
