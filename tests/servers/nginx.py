"""A real nginx for tests, with docs/nginx.conf as it is but for ports and paths."""

import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench.nginx import configuration, find_nginx, start_nginx
from tests.programs import absent
from tests.servers.ports import free_port


class Nginx:
    """nginx in front of some servers, over a folder of pictures."""

    def __init__(
        self, folder: Path, images: Path, ports: list[int], changes: Mapping[str, str] | None = None
    ) -> None:
        """``changes``: what an owner writes in place of lines of docs/nginx.conf."""
        if find_nginx() is None:
            absent("needs nginx (Debian: apt-get install nginx)")
        self.folder = folder
        self.port = free_port()
        self._site = configuration(folder, self.port, images, ports)
        for was, now in (changes or {}).items():
            assert self._site.count(was) == 1, f"docs/nginx.conf has not just one {was}"
            self._site = self._site.replace(was, now)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = start_nginx(self.folder, self._site)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert self._process.poll() is None, (self.folder / "error.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("nginx does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None
