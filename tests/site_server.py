"""The site on Granian as it is served, one process that a test can end and start again."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

from bench.servers import granian_command
from store.settings import PROJECT, Settings
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
        **variables: str,
    ) -> None:
        self.port = port
        self._workers, self._threads = workers, threads
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NONESUCH_", "GRANIAN_"))}
        self._environ = {**kept, **in_environment(settings), **variables}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = granian_command(
            "app.wsgi:app", self.port, self._workers, self._threads, ENDS_WITHIN_S, "warning"
        )
        self.process = subprocess.Popen(command, cwd=PROJECT, env=self._environ)
        until = time.monotonic() + 90
        while not self.is_ready():
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        return answers_ready(self.url)

    def stop(self) -> float:
        """End it as systemd does; return how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(ENDS_WITHIN_S * 2)
        assert status == 0, status
        self.process = None
        return time.monotonic() - began


def answers_ready(url: str) -> bool:
    """Say whether a site answers that its index can be read."""
    try:
        with urllib.request.urlopen(f"{url}/healthz/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
