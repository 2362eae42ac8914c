"""A clock that jumps by ten years and back, under a site that serves and commands that write."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.settings import PROJECT
from tests.faults.filler import settings_in
from tests.scaled import in_environment
from tests.servers.ports import free_port
from tests.servers.site import SiteServer

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
FOLDERS = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime",
           "/usr/lib/faketime")  # fmt: skip
PREGEN = ["pregen", "--model", "tiny", "--categories", "5", "--samples"]


@pytest.fixture(scope="module")
def library() -> str:
    """What the dynamic loader puts between a program and the system's clock."""
    found = [path for folder in FOLDERS for path in Path(folder).glob("libfaketimeMT.so.1")]
    if not found:
        assert os.environ.get("CI") != "true", "libfaketime is missing"
        pytest.skip("libfaketime is missing; on Debian: apt-get install libfaketime")
    return str(found[0])


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """A file that says by how much the clock is wrong, asked at every look at it."""
    path = tmp_path / "clock"
    path.write_text("+0d")
    return path


@pytest.fixture
def wrong(library: str, clock: Path) -> dict[str, str]:
    """The environment of a process whose clock that is; intervals stay true, as on a machine."""
    return {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip


def get(url: str, data: bytes | None = None) -> tuple[int, Message, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.long
def test_commands_do_not_mind_in_which_year_they_run(
    models: Path, tmp_path: Path, clock: Path, wrong: dict[str, Any]
) -> None:
    settings = settings_in(tmp_path / "site", models)
    environ = {**os.environ, **in_environment(settings), "NONESUCH_MODELS_FOLDER": str(models)}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words], cwd=PROJECT,
            env={**environ, **wrong}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    clock.write_text("+3650d")
    run(*PREGEN, "6")
    clock.write_text("-3650d")
    run(*PREGEN, "9")  # what is there was made in the future
    run("curate", "category", "off", "hat")
    clock.write_text("+0d")
    run("curate", "category", "on", "hat")
    assert "15 pictures" not in run("top-up")
    found = run("verify", "--rebuild", "5")
    assert "45 pictures checked" in found and "store and index agree" in found


def end(server: SiteServer) -> None:
    """End a server hard: how it ends by itself is another test's matter."""
    assert server.process is not None
    for child in psutil.Process(server.process.pid).children(recursive=True):
        child.kill()
    server.process.kill()
    server.process.wait(20)


def test_a_site_goes_on_when_the_clock_jumps(
    models: Path, tmp_path: Path, clock: Path, wrong: dict[str, Any]
) -> None:
    """Pages, pictures, permalinks, and rounds of the game that were begun in another year."""
    settings = settings_in(tmp_path / "site", models)
    environ = {**in_environment(settings), "NONESUCH_MODELS_FOLDER": str(models)}
    words = [sys.executable, "-m", "flask", "--app", "app", *PREGEN, "6"]
    subprocess.run(words, cwd=PROJECT, env={**os.environ, **environ}, check=True,
                   capture_output=True)  # fmt: skip
    server = SiteServer(settings, free_port(), NONESUCH_API_CALLS_PER_MINUTE="60",
                        SECRET_KEY="clock", **wrong)  # fmt: skip
    server.start()
    try:
        years = []
        for offset in ("+0d", "+3650d", "-3650d", "+0d"):
            clock.write_text(offset)
            status, headers, page = get(server.url + "/")
            assert status == 200
            years.append(parsedate_to_datetime(headers["Date"]).year)
            for address in ("/gallery", "/categories", "/random.webp", "/api/v1/random"):
                assert get(server.url + address)[0] == 200, (offset, address)
            short = re.search(rb"/i/([0-9a-f]{12})", page)
            assert short is not None
            assert get(f"{server.url}/i/{short[1].decode()}")[0] == 200
            _, _, game = get(server.url + "/play")
            token = re.search(rb'name="token" value="([^"]+)"', game)
            choice = re.search(rb'name="guess" value="([^"]+)"', game)
            assert token is not None and choice is not None
            form = urllib.parse.urlencode({"token": token[1].decode(), "guess": choice[1].decode()})
            assert get(server.url + "/play", form.encode())[0] == 200
        # the jump is real; the server's own Date goes only forward
        assert years[1] - years[0] in (9, 10), years
    finally:
        end(server)
