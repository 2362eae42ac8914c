"""nginx in front of the site, or instead of it: docs/nginx.conf as it is, or the plainest one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import psutil

from app.http.headers import FOR_OTHERS, PLAIN_HEADERS
from bench.servers import Server, free_port, wait_until_it_answers
from core.settings import PROJECT

_MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
{main}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    include {folder}/site.conf;
}}
"""
# the files with the headers that a picture has; what belongs to one file alone is nginx's own
_PLAIN = """
{log_format}
types {{ image/webp webp; }}
server {{
    listen 127.0.0.1:{port};
    root {root};
    access_log {access_log};
    server_tokens off;
    open_file_cache max=10000 inactive=60s;
    {headers}
}}
"""


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def configuration(folder: Path, port: int, images: Path, behind: Sequence[int]) -> str:
    """Return docs/nginx.conf for these ports and paths; ``behind``: the ports of two sites."""
    text = _documented()
    for was, now in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("root /srv/nonesuch;", f"root {images.parent};"),
        ("/var/log/nginx/nonesuch.log", f"{folder}/access.log"),
        ("127.0.0.1:8001", f"127.0.0.1:{behind[0]}"),
        ("127.0.0.1:8002", f"127.0.0.1:{behind[1]}"),
    ):
        if text.count(was) != 1:
            raise click.ClickException(f"docs/nginx.conf has not just one {was}")
        text = text.replace(was, now)
    return text


def _documented() -> str:
    return (PROJECT / "docs" / "nginx.conf").read_text(encoding="utf-8")


def _documented_main_lines() -> str:
    """Return the lines that docs/web-tier.md gives for outside of the http block."""
    text = (PROJECT / "docs" / "web-tier.md").read_text(encoding="utf-8")
    found = re.findall(r"^```nginx\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if len(found) != 1:
        raise click.ClickException("docs/web-tier.md has not just one block of nginx's lines")
    return str(found[0])


def plain_configuration(port: int, images: Path, log: Path | None = None) -> str:
    """Return what serves a folder of pictures and does no more, with the same headers.

    ``log``: a file for the log that docs/nginx.conf keeps; None: no log.
    """
    log_format, access_log = "", "off"
    if log is not None:
        found = re.search(r"^log_format nonesuch .*?;$", _documented(), re.DOTALL | re.MULTILINE)
        options = re.search(r"access_log \S+ (nonesuch.*?);", _documented())
        if found is None or options is None:
            raise click.ClickException("docs/nginx.conf keeps no log named nonesuch")
        log_format, access_log = found[0], f"{log} {options[1]}"
    headers = [
        *PLAIN_HEADERS,
        ("Cache-Control", "public, max-age=31536000, immutable"),
        *FOR_OTHERS,
    ]
    lines = "\n    ".join(f'add_header {name} "{value}";' for name, value in headers)
    return _PLAIN.format(
        port=port, root=images.parent, headers=lines, log_format=log_format, access_log=access_log
    )


def start_nginx(folder: Path, site: str) -> subprocess.Popen[bytes]:
    """Start nginx, one worker, with a configuration for its http block."""
    program = find_nginx()
    if program is None:
        raise click.ClickException("nginx is missing; on Debian: apt-get install nginx")
    user = "user root;" if os.getuid() == 0 else ""  # the folder may be its owner's alone
    (folder / "site.conf").write_text(site)
    main = _documented_main_lines()
    (folder / "main.conf").write_text(_MAIN.format(folder=folder, user=user, main=main))
    return subprocess.Popen(
        [program, "-p", str(folder), "-c", str(folder / "main.conf"), "-g", "daemon off;"]
    )


@contextmanager
def plain_nginx(folder: Path, images: Path, logged: bool = False) -> Iterator[Server]:
    """Serve a store's pictures with nginx alone until the block ends."""
    port = free_port()
    folder.mkdir()
    log = folder / "access.log" if logged else None
    with _running(folder, plain_configuration(port, images, log), port) as server:
        yield server


@contextmanager
def nginx_before(folder: Path, images: Path, site: Server) -> Iterator[Server]:
    """Serve docs/nginx.conf before a site until the block ends."""
    port, behind = free_port(), int(site.url.rpartition(":")[2])
    folder.mkdir()
    with _running(folder, configuration(folder, port, images, (behind, behind)), port) as server:
        yield server


@contextmanager
def _running(folder: Path, site: str, port: int) -> Iterator[Server]:
    process = start_nginx(folder, site)
    server = Server(psutil.Process(process.pid), f"http://127.0.0.1:{port}")
    try:
        wait_until_it_answers(server.url + "/")
        yield server
    finally:
        process.terminate()
        process.wait(20)
