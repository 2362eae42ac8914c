"""The site on Granian as it is served, one process that a test can end and start again."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import IO

from bench.servers import granian_command
from core.settings import PROJECT, Settings
from tests.scaled import in_environment

ENDS_WITHIN_S = 20


class SiteServer:
    """One server over a store and an index that others may share."""

    def __init__(
        self,
        settings: Settings,
        port: int,
        workers: int = 1,
        threads: int = 4,
        log: IO[bytes] | None = None,
        **variables: str,
    ) -> None:
        """``log``: a file for its standard error; ``variables``: more of its environment."""
        self.port = port
        self._log = log
        self._workers, self._threads = workers, threads
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NONESUCH_", "GRANIAN_"))}
        self._environ = {**kept, **in_environment(settings), **variables}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready_path: str = "/healthz/ready") -> None:
        """Start it; return when it answers 200 at an address."""
        command = granian_command(
            "app.wsgi:app", self.port, self._workers, self._threads, ENDS_WITHIN_S, "warning"
        )
        self.process = subprocess.Popen(command, cwd=PROJECT, env=self._environ, stderr=self._log)
        until = time.monotonic() + 90
        while not answers(self.url + ready_path):
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        return answers(f"{self.url}/healthz/ready")

    def stop(self) -> float:
        """End it as systemd does; return how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(ENDS_WITHIN_S * 2)
        assert status == 0, status
        self.process = None
        return time.monotonic() - began


def answers(url: str) -> bool:
    """Say whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
