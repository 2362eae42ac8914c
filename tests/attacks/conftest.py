"""The site as it is served, for those who mean it no good."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.index.database import open_engine
from store.index.migrating import upgrade
from tests.attacks.lines import LINES, ServedByLine
from tests.conftest import Filled, fill, settings_in
from tests.scaled import drop
from tests.servers.ports import free_port
from tests.servers.site import SiteServer
from tests.tiny_translator import build_tiny_translator


@dataclass
class Target:
    """A running site, and what speaks to it without any manners."""

    store: Filled
    server: SiteServer | ServedByLine

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), 30)

    def send(self, data: bytes) -> bytes:
        """Send bytes as they are; return all that comes until the connection is closed."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def get(self, path: str, *headers: str) -> bytes:
        """Ask for a path that nobody has made decent."""
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        return self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def read_answer(connection: socket.socket) -> bytes:
    """Return one answer of a known length; the connection may stay open."""
    data = b""
    while not (head := data.partition(b"\r\n\r\n"))[1] or len(head[2]) < length_of(data):
        part = connection.recv(2**16)
        if not part:
            break
        data += part
    return data


def length_of(answer: bytes) -> int:
    found = re.search(rb"(?i)\ncontent-length: (\d+)", answer.partition(b"\r\n\r\n")[0])
    return int(found[1]) if found else 0


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while True:
        try:
            part = connection.recv(2**16)
        except (ConnectionResetError, BrokenPipeError):
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    """Return an answer's status, 0 where the connection was closed without a word."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


@contextmanager
def filled_store(folder: Path) -> Iterator[Filled]:
    """A store with a few pictures for servers that outlive a test."""
    settings = settings_in(folder)
    engine = open_engine(settings, write=True)
    upgrade(engine)
    yield fill(settings, engine)
    engine.dispose()
    drop(settings)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with filled_store(tmp_path_factory.mktemp("site")) as store:
        server = SiteServer(store.settings, free_port(), workers=2, threads=24)
        server.start()
        yield Target(store, server)
        server.stop()


@pytest.fixture(scope="module", params=LINES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The site as each of the lines serves it that start it where it is deployed."""
    models = tmp_path_factory.mktemp("models")
    build_tiny_translator(models)
    with filled_store(tmp_path_factory.mktemp("line")) as store:
        server = ServedByLine(request.param, store.settings, NONESUCH_MODELS_FOLDER=str(models))
        server.start()
        yield Target(store, server)
        server.stop()


@pytest.fixture
def still_well(target: Target) -> Iterator[Callable[[], None]]:
    """After the test, and when called, the site shows pictures as before."""

    def check() -> None:
        for path in ("/", "/healthz/ready"):
            assert status_of(target.get(path)) == 200

    yield check
    check()
