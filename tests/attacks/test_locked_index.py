"""An index that somebody holds, and what visitors can do to one that is free."""

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from app import create_app
from app.curate.token import hash_of
from tests.attacks.conftest import Target, filled_store, read_all, status_of
from tests.servers.ports import free_port
from tests.servers.site import SiteServer

pytestmark = pytest.mark.sqlite  # PostgreSQL's readers and writers do not wait for each other
PATIENCE_S = 3.0
AT_MOST_S = PATIENCE_S + 2.0  # one wait, and what a busy machine takes besides
ASKS_THE_INDEX = (
    "/", "/?walk=0123456789ab00000000.1", "/gallery", "/c/hat", "/c/hat/random", "/i/0123456789ab",
    "/categories", "/categories.json", "/random.webp", "/seed/x.webp", "/api/v1/random",
    "/api/v1/images", "/play", "/healthz/ready", "/sized/64/0123456789ab.webp", "/images/hat/x.png",
)  # fmt: skip


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with filled_store(tmp_path_factory.mktemp("locked")) as store:
        server = SiteServer(
            store.settings, free_port(), workers=2, threads=24,
            NONESUCH_BUSY_TIMEOUT_S=str(PATIENCE_S),
            NONESUCH_CURATE_TOKEN_HASH=hash_of("a token"),
            NONESUCH_API_CALLS_PER_MINUTE="0",
        )  # fmt: skip
        server.start()
        yield Target(store, server)
        server.stop()


@contextmanager
def held(target: Target, how: str) -> Iterator[sqlite3.Connection]:
    """Hold a lock on the index, and have a journal beside it, until the block ends."""
    path = target.store.settings.sqlite_path
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute(f"BEGIN {how}")
        holder.execute("UPDATE category SET name = name || ''")
        yield holder
        holder.execute("ROLLBACK")


def timed(target: Target, method: str, path: str) -> tuple[float, bytes]:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    if method in ("POST", "PUT"):
        lines.append("Content-Length: 0")
    with target.connect() as connection:
        connection.settimeout(60)
        began = time.monotonic()
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = read_all(connection)
        return time.monotonic() - began, answer


@pytest.mark.parametrize("state", ["open", "not yet opened"])
def test_a_locked_index_is_waited_for_once(state: str, target: Target) -> None:
    if state == "not yet opened":
        server = target.server
        assert isinstance(server, SiteServer)
        server.stop()
        with held(target, "EXCLUSIVE"):
            server.start("/healthz/live")
            check_each(target)
    else:
        with held(target, "EXCLUSIVE"):
            check_each(target)
    time.sleep(1.5)  # an index that could not be opened is left alone for a second
    assert status_of(target.get("/")) == 200


def check_each(target: Target) -> None:
    found = {}

    def ask(path: str) -> None:
        found[path] = timed(target, "GET", path)

    threads = [threading.Thread(target=ask, args=(path,)) for path in ASKS_THE_INDEX]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, (took, answer) in found.items():
        assert status_of(answer) == 503, (path, answer[:100])
        assert took < AT_MOST_S, (path, took)
        if path != "/healthz/ready":
            assert re.search(rb"(?i)\nretry-after: \d", answer), path


def test_nothing_that_a_visitor_sends_takes_the_write_lock(target: Target) -> None:
    """Whatever is asked while somebody writes, by any method, is answered without a wait."""
    rules = create_app(target.store.settings).url_map.iter_rules()
    paths = {re.sub(r"<[^>]+>", "hat", str(rule)) for rule in rules if "live" not in str(rule)}
    assert "/curate" in paths and "/play" in paths and len(paths) > 30
    for path in paths:  # what is made only once is made before
        timed(target, "GET", path)
    with held(target, "IMMEDIATE"):
        for path in sorted(paths):
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                took, answer = timed(target, method, path)
                assert took < PATIENCE_S / 2, (method, path, took, answer[:60])


def test_callers_of_the_owners_door_do_not_stop_the_pages(target: Target) -> None:
    took: list[float] = []
    with held(target, "IMMEDIATE"):
        callers = [
            threading.Thread(target=timed, args=(target, "GET", "/curate")) for _ in range(60)
        ]
        for caller in callers:
            caller.start()
        time.sleep(0.3)
        for _ in range(5):
            seconds, answer = timed(target, "GET", "/")
            assert status_of(answer) == 200
            took.append(seconds)
        for caller in callers:
            caller.join()
    assert max(took) < 2
