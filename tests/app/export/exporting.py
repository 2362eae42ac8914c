"""Exporting a site, and serving what was written as any host would."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from click.testing import Result

from app import create_app
from core.settings import Settings


def export(settings: Settings, *words: object) -> Result:
    """Run `flask export-site` over a store."""
    runner = create_app(settings).test_cli_runner()
    return runner.invoke(args=["export-site", *map(str, words)])


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """Python's own file server over a folder; yield its address, without a slash at the end."""
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1",
         "--directory", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())[1]  # type: ignore[index]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def pages_host(folder: Path, not_found: Path) -> Iterator[str]:
    """Serve a folder as GitHub Pages does: what is not there is answered with a site's 404.html."""

    class Handler(SimpleHTTPRequestHandler):
        def send_error(self, code: int, *_: object) -> None:
            body = not_found.read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
