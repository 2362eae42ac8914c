"""The lines that start the site: what protocols they speak, and what a dead worker means."""

import re
import signal
import struct
import time

import psutil

from core.settings import PROJECT
from tests.attacks.conftest import Target, read_answer, status_of
from tests.attacks.lines import ServedByLine

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS = 4, 1
END_OF_HEADERS = 4


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame of HTTP/2 (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(
        ">I", stream
    ) + payload  # fmt: skip


def post_that_goes_on(stream: int) -> bytes:
    """Return the head of a POST to /play, of a body without a length that never ends."""

    def literal(index: int, value: bytes) -> bytes:  # never indexed, of an indexed name (HPACK)
        return bytes((index, len(value))) + value

    head = b"\x83\x86" + literal(4, b"/play") + literal(1, b"localhost")
    return frame(HEADERS, END_OF_HEADERS, stream, head)


def test_http_1_alone_is_spoken(served: Target) -> None:
    """Over HTTP/2 a form needs no length, and a connection holds any number of them."""
    held = []
    try:
        for _ in range(4):
            connection = served.connect()
            held.append(connection)
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b""))
            connection.sendall(b"".join(post_that_goes_on(2 * n + 1) for n in range(30)))
        answer = read_answer(held[0])
        assert status_of(answer) in (0, 400, 505), answer[:100]
        assert answer[3:4] != bytes((SETTINGS,)), "the server speaks HTTP/2"
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        began = time.monotonic()
        try:
            assert status_of(served.get("/")) == 200
        finally:
            for connection in held:
                connection.close()
    assert time.monotonic() - began < 5


def test_a_killed_worker_is_started_again(served: Target) -> None:
    server = served.server
    assert isinstance(server, ServedByLine)
    before = {worker.pid for worker in server.workers()}
    assert len(before) == 2
    killed = server.workers()[0]
    killed.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while len({worker.pid for worker in server.workers()} - {killed.pid}) < 2:
        assert server.process and server.process.poll() is None, "the whole site ended"
        assert time.monotonic() < until, "no worker took its place"
        time.sleep(0.1)
    for _ in range(20):
        until = time.monotonic() + 60
        while True:  # what the killed worker had accepted is lost
            try:
                assert status_of(served.get("/")) == 200
                break
            except (OSError, AssertionError):
                assert time.monotonic() < until
                time.sleep(0.1)


def test_the_end_of_a_site_is_quick(served: Target) -> None:
    """Workers that are started again must not be when the site is told to end."""
    server = served.server
    assert isinstance(server, ServedByLine)
    workers = server.workers()
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    assert took < 15
    assert not any(psutil.pid_exists(worker.pid) for worker in workers)
    server.start()


def test_every_line_that_starts_granian_has_what_it_needs() -> None:
    """In commands, documents and benchmarks: HTTP/1, workers started again, a time to end."""
    begun = re.compile(r"granian\b[^\n]*--interface wsgi(?:[^\n]*\\\n)*[^\n]*")
    found = 0
    for name in ("bin/serve", "Procfile", "README.md", *(
        str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md")
    )):  # fmt: skip
        for line in begun.findall((PROJECT / name).read_text(encoding="utf-8")):
            found += 1
            for option in ("--http 1", "--respawn-failed-workers", "--no-ws",
                           "--workers-kill-timeout"):  # fmt: skip
                assert option in line, f"{name}: {line} has no {option}"
    assert found == 4
