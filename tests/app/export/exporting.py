"""Exporting a site, and serving what was written as any host would."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
