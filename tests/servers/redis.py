"""A real Redis for tests, on a free port, in memory alone."""

import shutil
import socket
import subprocess
import time

from tests.programs import absent
from tests.servers.ports import free_port


class RedisServer:
    """One server that can be ended and started again on its port."""

    def __init__(self) -> None:
        self._program = shutil.which("redis-server")
        if self._program is None:
            absent("needs Redis (Debian: apt-get install redis-server)")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(
            [str(self._program), *words, "--loglevel", "warning"], cwd="/tmp"
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("Redis does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
