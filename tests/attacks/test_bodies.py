"""Bodies where none belongs, of any length, and forms that cost more to read than to send."""

import socket
import threading
import time

import pytest

from app.http.bodies import LONGEST
from tests.attacks.conftest import Target, read_all, read_answer, status_of
from tests.attacks.lines import ServedByLine

MEGABYTES = 60
TAKEN_MB = 25  # of a worker's memory that a refused body may take: what servers read ahead
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW")
PLAIN = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="level"; filename="f"\r\n\r\n'
FIELDS = b"".join(
    b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n' % i for i in range(900)
)


def send_body(
    target: Target, method: str, path: str, media_type: str, begin: bytes, repeated: bytes
) -> tuple[int, int, bytes]:
    """Send a body in chunks until it has `MEGABYTES` or is refused.

    Returns how much was sent, the status and the answer.
    """
    sent, status, answer = 0, 0, b""
    with target.connect() as connection:
        connection.settimeout(40)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        part = repeated * (2**16 // len(repeated))
        try:
            for data in (begin, *[part] * (MEGABYTES * 10**6 // len(part))):
                if data:
                    connection.sendall(b"%x\r\n" % len(data) + data + b"\r\n")
                    sent += len(data)
            connection.sendall(b"0\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass
        try:
            answer = read_answer(connection)
            status = status_of(answer)
        except (ConnectionResetError, TimeoutError):
            pass
    return sent, status, answer


def memory_mb(target: Target) -> float:
    assert isinstance(target.server, ServedByLine)
    return target.server.memory_mb()


def written_mb(target: Target) -> float:
    """Return how much the workers have written to files, deleted ones among them."""
    assert isinstance(target.server, ServedByLine)
    return float(sum(worker.io_counters().write_chars for worker in target.server.workers()) / 1e6)


@pytest.mark.parametrize("path", ["/play", "/curate", "/", "/healthz", "/translate"])
def test_no_method_takes_a_body_without_end(path: str, served: Target) -> None:
    """A file part would go into a temporary file, many fields into memory."""
    for _ in range(3):
        served.get("/play")
    memory, written = memory_mb(served), written_mb(served)
    for method in METHODS:
        for media_type, begin, repeated in (
            (PARTS, FILE, b"x" * 1024),
            (PARTS, b"", FIELDS),
            (PLAIN, b"", b"a=&"),
        ):
            if path == "/translate" and method == "POST":
                continue  # takes 10 MB of picture: see below
            sent, status, answer = send_body(served, method, path, media_type, begin, repeated)
            what = (method, path, media_type, sent, answer[:80])
            assert status < 500 or status == 503, what
            if status == 200:  # it was not asked for, so not read: a HEAD of the page, for example
                assert method in ("GET", "HEAD", "OPTIONS"), what
    assert written_mb(served) - written < 5
    assert memory_mb(served) - memory < TAKEN_MB
    assert status_of(served.get("/")) == 200


@pytest.mark.parametrize("length", [LONGEST + 1, 10**9])
def test_what_is_too_long_is_told_so(length: int, served: Target) -> None:
    head = (
        f"POST /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: {PLAIN}\r\nContent-Length: {length}\r\nAccept: application/json\r\n\r\n"
    )
    with served.connect() as connection:
        connection.sendall(head.encode() + b"a" * min(length, 2**20))
        answer = read_answer(connection)
    assert status_of(answer) == 413, answer
    assert b"longer than this address takes" in answer


@pytest.mark.parametrize("repeated", [b"a&", b"%41&", b"=&", b"%"])
def test_a_plain_form_costs_the_translator_nothing(repeated: bytes, served: Target) -> None:
    """7 to 45 s of CPU and 500 MB for 10 MB that were sent."""
    memory = memory_mb(served)
    cpu = cpu_seconds(served)
    body = repeated * (10**7 // len(repeated))
    head = (
        f"POST /translate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: {PLAIN}\r\nContent-Length: {len(body)}\r\nAccept: application/json\r\n\r\n"
    )
    with served.connect() as connection:
        connection.sendall(head.encode() + body)
        answer = read_answer(connection)
    assert status_of(answer) == 413, answer
    assert b"multipart/form-data" in answer
    assert cpu_seconds(served) - cpu < 1
    assert memory_mb(served) - memory < TAKEN_MB


def cpu_seconds(target: Target) -> float:
    assert isinstance(target.server, ServedByLine)
    times = [worker.cpu_times() for worker in target.server.workers()]
    return float(sum(each.user + each.system for each in times))


def test_a_body_that_breaks_off_costs_nothing(served: Target) -> None:
    """A thread must not go on asking for what will not come."""
    connections = [served.connect() for _ in range(30)]
    for number, connection in enumerate(connections):
        kind = "Content-Length: 4000" if number % 2 else "Transfer-Encoding: chunked"
        path = ("/play", "/translate", "/")[number % 3]
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {PLAIN}\r\n{kind}\r\n\r\n"
        connection.sendall(head.encode() + b"fa0\r\na=b")
    time.sleep(0.5)
    threads = [threading.Thread(target=connection.close) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(1)
    cpu = cpu_seconds(served)
    time.sleep(2)
    assert cpu_seconds(served) - cpu < 0.5
    assert status_of(served.get("/")) == 200


@pytest.mark.parametrize(
    "path", [b"/robots.txt", b"/", b"/gallery", b"/images/a/b.webp", b"/sized/x"]
)
@pytest.mark.parametrize("method", [b"get", b"Get", b"head", b"post", b"PRI", b"G%20T", b"X" * 60])
def test_no_spelling_of_a_method_is_an_error_of_the_server(
    served: Target, method: bytes, path: bytes
) -> None:
    head = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = served.send(method + b" " + path + head)
    assert status_of(answer) in (0, 200, 400, 404, 405, 501), answer[:300]


BAD_CHUNKS = {
    "no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "negative": b"-3\r\nabc\r\n0\r\n\r\n",
    "longer than it says": b"2\r\nabcdef\r\n0\r\n\r\n",
    "without an end": b"3\r\nabc\r\n",
    "cut short": b"ff\r\nabc",
}


@pytest.mark.parametrize("path", [b"/play", b"/curate/enter", b"/translate"])
@pytest.mark.parametrize("kind", BAD_CHUNKS)
def test_a_bad_chunk_is_the_senders_fault(served: Target, kind: str, path: bytes) -> None:
    head = (
        b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    with served.connect() as connection:
        connection.sendall(head + BAD_CHUNKS[kind])
        connection.shutdown(socket.SHUT_WR)
        answer = read_all(connection)
    assert status_of(answer) in (0, 400, 403, 410, 415), answer[:300]
