"""The site on Granian as it is served, one process that a test can end and start again."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

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
        words = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws"]
        self.process = subprocess.Popen(
            [sys.executable, *words, "--port", str(self.port), "--workers", str(self._workers),
             "--blocking-threads", str(self._threads), "--log-level", "warning",
             "--workers-kill-timeout", str(ENDS_WITHIN_S), "app.wsgi:app"],
            cwd=PROJECT, env=self._environ,
        )  # fmt: skip
        until = time.monotonic() + 90
        while not self.is_ready():
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> float:
        """End it as systemd does; return how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(ENDS_WITHIN_S * 2)
        assert status == 0, status
        self.process = None
        return time.monotonic() - began
