"""`make run` in a clean clone: the site at once, pictures beside it, one Ctrl-C for both."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import Run
from tests.servers.ports import free_port

pytestmark = pytest.mark.usefixtures("shipped_model")
FEW = "heart,clock"
MANY = "monster,heart,bird,clock,medal"  # 300 pictures; each takes 60 ms of a core
LATEST_S = 240
# what make starts is in the terminal's group of processes, and gets what is typed there
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


class MakeRun:
    """`make run`, its output as far as it came, and its site."""

    def __init__(
        self, clone: Path, environment: dict[str, str], categories: str, port: int = 0
    ) -> None:
        self.port = port or free_port()
        self.clone, self.output = clone, ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, "make", "run", f"CATEGORIES={categories}"],
            cwd=clone,
            env={**environment, "PORT": str(self.port)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while part := os.read(self.process.stdout.fileno(), 4096):
            self.output += part.decode(errors="replace").replace("\r\n", "\n")

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            assert answer.status == 200
            return str(answer.read().decode())

    def pictures(self) -> dict[str, int]:
        """Return what the site says that it has: category → pictures."""
        listed = json.loads(self.get("/categories.json"))["categories"]
        return {each["slug"]: each["pictures"] for each in listed}

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + LATEST_S
        while not holds():
            assert time.monotonic() < end, self.output
            time.sleep(0.05)

    def until_said(self, text: str) -> None:
        self.until(lambda: text in self.output)

    def until_served(self) -> None:
        def answers() -> bool:
            assert self.process.poll() is None, self.output
            try:
                return bool(self.get("/healthz/ready"))
            except urllib.error.HTTPError:
                raise
            except OSError:
                return False

        self.until(answers)

    def type(self, keys: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def wait(self) -> str:
        """Return the whole output, once make has ended."""
        self.process.wait(LATEST_S)
        self._reader.join(30)
        return self.output

    def running(self, *words: str) -> list[int]:
        """Return the processes in the clone, or those of them with all these words."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                said = (place / "cmdline").read_bytes().decode().split("\0")
                if (place / "cwd").resolve() == self.clone.resolve() and {*words} <= {*said}:
                    found.append(int(place.name))
            except OSError:
                continue
        return found


@pytest.fixture
def make_run(
    clone: Path, environment: dict[str, str], installed: None
) -> Iterator[Callable[..., MakeRun]]:
    """Start `make run` in the clone."""
    assert installed is None
    started: list[MakeRun] = []

    def start(categories: str, port: int = 0) -> MakeRun:
        started.append(MakeRun(clone, environment, categories, port))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.type(b"\x03")
            each.wait()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_site_is_there_while_pictures_are_made(
    make_run: Callable[..., MakeRun], run: Run
) -> None:
    site = make_run(FEW)
    site.until_served()
    seen = [site.pictures()]
    assert set(seen[0]) == set(FEW.split(","))
    assert all(8 <= n <= 60 for n in seen[0].values())
    while "made 104 pictures with emoji/" not in site.output:
        for path in ("/", "/gallery", "/c/heart", "/c/clock/random", "/about", "/play"):
            page = site.get(path)
            said = re.sub(r"<[^>]*>", " ", page)  # tokens and nonces may hold any letters
            assert "yet" not in said or path == "/about", path  # as an empty store says
        seen.append(site.pictures())
    assert site.pictures() == dict.fromkeys(FEW.split(","), 60)
    assert "120" in site.get("/gallery")
    assert f"Nonesuch: http://127.0.0.1:{site.port} (Ctrl-C ends it)\n" in site.output
    first, rest = site.output.split("Nonesuch: ")
    assert "made 16 pictures with emoji/" in first and "pictures with" in rest
    site.type(b"\x03")
    assert "Traceback" not in site.wait() and "error" not in site.output
    assert is_free(site.port) and site.running() == []

    again = make_run(FEW)
    again.until_served()
    again.until_said("nothing to do: 120 pictures are there")
    assert "nothing to do: every category has pictures" in again.output
    again.type(b"\x03")
    again.wait()
    assert run("make", "fill", f"CATEGORIES={FEW}").stdout.endswith("120 pictures are there\n")


def test_ctrl_c_ends_both_and_the_next_run_goes_on(
    make_run: Callable[..., MakeRun], run: Run, clone: Path
) -> None:
    site = make_run(MANY)
    site.until_served()
    site.until(lambda: sum(site.pictures().values()) > 60)
    site.type(b"\x03")
    output = site.wait()
    assert "stopped; what was made is stored: run the same command again to continue" in output
    assert "Traceback" not in output and "error:" not in output
    assert is_free(site.port) and site.running() == []
    assert list(clone.glob("images/*/.tmp*")) == []
    verified = run(str(clone / ".venv/bin/python"), "-m", "flask", "verify")
    assert "store and index agree" in verified.stdout, verified.stdout
    kept = len(list(clone.glob("images/*/*.webp")))
    assert 60 < kept < 300

    again = make_run(MANY)
    again.until_served()
    assert sum(again.pictures().values()) >= kept
    again.until(lambda: sum(again.pictures().values()) > kept + 16)
    (make,) = {*again.running("make")} - {again.process.pid}
    os.kill(make, signal.SIGTERM)
    again.until(lambda: is_free(again.port) and again.running() == [])


def test_pregen_that_fails_leaves_the_site(make_run: Callable[..., MakeRun], clone: Path) -> None:
    site = make_run(MANY)
    site.until_served()
    folder = clone / "images" / "medal"  # the last to be filled
    folder.rename(clone / "elsewhere")
    folder.write_text("not a folder")
    site.until_said("the site goes on with those that are there")
    said = [line for line in site.output.splitlines() if line.startswith(("Error", "error"))]
    assert len(said) == 2 and said[0].startswith("Error: "), said  # of flask pregen
    assert said[1] == (
        "error: flask pregen failed with status 1, so pictures are missing; the site goes on with "
        f"those that are there. Make the others: make fill CATEGORIES={MANY}"
    )
    assert "does not exist" in site.get("/")
    folder.unlink()
    (clone / "elsewhere").rename(folder)
    assert site.pictures()["medal"] == 8
    (supervisor,) = site.running("bin.run")
    os.kill(supervisor, signal.SIGHUP)  # as a shell does whose window is closed
    site.wait()
    assert is_free(site.port) and site.running() == []


def test_pregen_that_is_killed_leaves_the_site(make_run: Callable[..., MakeRun]) -> None:
    site = make_run(MANY)
    site.until_served()
    (beside,) = site.running("pregen")
    os.kill(beside, signal.SIGKILL)
    site.until_said("error: flask pregen was ended by SIGKILL, so pictures are missing")
    assert "does not exist" in site.get("/")
    site.type(b"\x03\x03")  # who is impatient
    site.wait()
    assert is_free(site.port) and site.running() == []


def test_a_server_that_is_gone_ends_the_rest(make_run: Callable[..., MakeRun]) -> None:
    site = make_run(MANY)
    site.until_served()
    for server in site.running("granian"):
        os.kill(server, signal.SIGKILL)
    assert "Error" in site.wait()  # make's
    assert is_free(site.port) and site.running() == []


def test_a_port_that_is_taken_is_said_before_anything_is_made(
    make_run: Callable[..., MakeRun], clone: Path
) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        output = make_run(FEW, port).wait()
    assert f"error: cannot serve on 127.0.0.1:{port} (Address already in use)" in output
    assert "choose another PORT or HOST" in output
    assert list(clone.glob("images/*/*")) == []


def test_first_pictures_that_cannot_be_made_serve_nothing(
    make_run: Callable[..., MakeRun],
) -> None:
    site = make_run("hearts")
    output = site.wait()
    assert "did you mean heart" in output
    assert "so nothing is served; what was there before can be, with: make serve" in output
    assert "Nonesuch: http" not in output and is_free(site.port)
