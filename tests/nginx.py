"""A real nginx for tests, with docs/nginx.conf as it is but for ports and paths."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from store.settings import PROJECT
from tests.programs import absent

MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    include {folder}/nonesuch.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Nginx:
    """nginx in front of some servers, over a folder of pictures."""

    def __init__(self, folder: Path, images: Path, ports: list[int]) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            absent("needs nginx (Debian: apt-get install nginx)")
        self.folder = folder
        self.port = free_port()
        text = (PROJECT / "docs" / "nginx.conf").read_text(encoding="utf-8")
        for was, now in (
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("root /srv/nonesuch;", f"root {images.parent};"),
            ("/var/log/nginx/nonesuch.log", f"{folder}/access.log"),
            ("127.0.0.1:8001", f"127.0.0.1:{ports[0]}"),
            ("127.0.0.1:8002", f"127.0.0.1:{ports[1]}"),
        ):
            assert text.count(was) == 1, was
            text = text.replace(was, now)
        (folder / "nonesuch.conf").write_text(text)
        import os

        user = "user root;" if os.getuid() == 0 else ""  # a test's folder is its owner's alone
        (folder / "main.conf").write_text(MAIN.format(folder=folder, user=user))
        self._words = [str(program), "-p", str(folder), "-c", str(folder / "main.conf"), "-g"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen([*self._words, "daemon off;"])
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
