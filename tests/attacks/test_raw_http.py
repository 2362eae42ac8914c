"""Requests that no browser makes: paths, heads and bodies of all kinds, and slow ones."""

import re
import select
import socket
import time
from collections.abc import Callable

import pytest

from app.http.bodies import AT_ONCE
from tests.attacks.conftest import Target, read_answer, status_of

FORM = (
    b"POST /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)

UPWARDS = [
    f"{start}{up}{file}"
    for start in ("/images/", "/images/mammal/", "/sized/64/mammal/", "/static/", "/morphs/", "/",
                  "/c/", "/translate/", "/live/")
    for up in ("../", "..%2f", "%2e%2e/", "..%5c", "....//", "..%252f", "%c0%ae%c0%ae/", "..;/",
               "../../../../../../")
    for file in ("instance/key", "etc/passwd", "app/__init__.py")
]  # fmt: skip


@pytest.mark.usefixtures("still_well")
def test_no_path_leads_out_of_the_store(target: Target) -> None:
    key = (target.store.settings.instance_folder / "key").read_bytes()
    assert len(key) > 10
    for path in [*UPWARDS, "/images//etc/passwd", "/images/%2fetc%2fpasswd", "//etc/passwd"]:
        answer = target.get(path)
        assert status_of(answer) in (400, 404), (path, answer[:200])
        assert key not in answer and b"root:" not in answer and b"create_app" not in answer, path


END = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
ODD_HEADS = {
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /" + END + b"Host: b\r\n\r\n",
    "host with markup": b'GET /i/x HTTP/1.1\r\nHost: a"><script>\r\nConnection: close\r\n\r\n',
    "nul in the path": b"GET /\0" + END + b"\r\n",
    "nul in a header": b"GET /" + END + b"X: \0\r\n\r\n",
    "folded header": b"GET /" + END + b"X: 1\r\n 2\r\n\r\n",
    "absolute address": b"GET http://evil.example/" + END + b"\r\n",
    "connect": b"CONNECT evil.example:443" + END + b"\r\n",
    "trace": b"TRACE /" + END + b"Cookie: s=1\r\n\r\n",
    "no method of any kind": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "negative length": FORM + b"Content-Length: -1\r\n\r\n",
    "two lengths": FORM + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc",
    "length and chunks": FORM + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks without end": FORM + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na=b",
    "path of 100 kB": b"GET /" + b"a" * 100_000 + END + b"\r\n",
    "query of 100 kB": b"GET /?a=" + b"a" * 100_000 + END + b"\r\n",
    "header of 1 MB": b"GET /" + END + b"X: " + b"a" * 2**20 + b"\r\n\r\n",
    "10,000 headers": b"GET /" + END + b"X: 1\r\n" * 10_000 + b"\r\n",
    "cookie of 100 kB": b"GET /curate" + END + b"Cookie: " + b"a=b; " * 20_000 + b"\r\n\r\n",
    "language of 100 kB": b"GET /" + END + b"Accept-Language: " + b"de," * 33_000 + b"\r\n\r\n",
}  # fmt: skip


@pytest.mark.usefixtures("still_well")
@pytest.mark.parametrize("kind", ODD_HEADS)
def test_odd_heads_are_refused_or_harmless(kind: str, target: Target) -> None:
    with target.connect() as connection:
        connection.settimeout(40)
        try:
            connection.sendall(ODD_HEADS[kind])
            if kind == "chunks without end":  # else the server would wait, as it should
                connection.shutdown(socket.SHUT_WR)
            answer = read_answer(connection)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    # 403 and 410: a form that was read, of a game that nobody plays
    assert status_of(answer) in (0, 200, 400, 403, 404, 405, 408, 410, 414, 431), answer[:300]
    for never in (b"<script>\r\n", b"Traceback", b"evil.example/", b"s=1", b'a"><script'):
        assert never not in answer
    if kind in ("two lengths", "negative length", "nul in a header", "nul in the path"):
        assert status_of(answer) in (0, 400)


@pytest.mark.usefixtures("still_well")
def test_a_body_of_a_gigabyte_is_not_taken(target: Target) -> None:
    for path in (b"/play", b"/curate/enter", b"/"):
        with target.connect() as connection:
            connection.settimeout(40)
            head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            head += b"Content-Type: application/x-www-form-urlencoded\r\n"
            connection.sendall(head + b"Content-Length: 1000000000\r\n\r\na=")
            sent = 0
            try:
                while sent < 10**9:
                    sent += connection.send(b"a" * 2**16)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert sent < 80 * 10**6


def test_senders_that_never_end_do_not_stop_the_pages(
    target: Target, still_well: Callable[[], None]
) -> None:
    """More of them than the server has threads: each sends a part and then nothing."""
    held = []
    try:
        begun = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
        for data in (begun, FORM + b"Content-Length: 99\r\n\r\na="):
            for _ in range(60):
                connection = target.connect()
                connection.sendall(data)
                held.append(connection)
        time.sleep(0.5)
        for _ in range(10):
            began = time.monotonic()
            still_well()
            assert time.monotonic() - began < 5
        waiting, told = held[60:], 0
        until = time.monotonic() + 30
        while told < 60 - 2 * AT_ONCE and time.monotonic() < until:
            for connection in select.select(waiting, [], [], 1)[0]:
                assert status_of(read_answer(connection)) == 503
                waiting.remove(connection)
                told += 1
        # the others are waited for, of one of the two workers or of both
        assert 60 - 2 * AT_ONCE <= told <= 60 - AT_ONCE
    finally:
        for connection in held:
            connection.close()
    until = time.monotonic() + 20
    while status_of(answer := target.send(FORM + b"Content-Length: 2\r\n\r\na=")) == 503:
        assert time.monotonic() < until, answer
        time.sleep(0.1)
    assert status_of(answer) == 410  # it was read: of a game that nobody plays


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher", "X-Forwarded-For: 1.2.3.4",
        "Forwarded: host=evil.example", "X-Original-URL: /curate", "X-Rewrite-URL: /curate",
        "X-HTTP-Method-Override: DELETE", "X-Forwarded-Prefix: /evil", "X-Host: evil.example",
        "Accept-Encoding: evil", "Range: bytes=0-0,1-1,2-2", "X-Forwarded-Scheme: nothttps",
    ],
)  # fmt: skip
def test_nothing_that_may_be_kept_depends_on_strange_headers(header: str, target: Target) -> None:
    """A cache between would hand one visitor's poison to all others."""
    category, file, _ = target.store.some()
    short_hash = file.rpartition("-")[2][:12]
    for path in (
        f"/images/{category}/{file}",
        f"/i/{short_hash}",
        "/categories.json",
        "/robots.txt",
    ):
        plain, odd = target.get(path), target.get(path, header)
        assert status_of(plain) == status_of(odd) == 200
        assert b"evil" not in odd and b"gopher" not in odd

        def body(answer: bytes) -> bytes:
            return re.sub(rb'nonce="[^"]+"', b"", answer.partition(b"\r\n\r\n")[2])

        assert body(plain) == body(odd), path
        kept = re.search(rb"(?i)cache-control: ([^\r]+)", odd)
        assert kept is not None


def test_parameters_that_mean_nothing_change_nothing_that_is_kept(target: Target) -> None:
    category, file, data = target.store.some()
    for query in ("?a=1", "?category=x", "?v=0123456789ab", "?%00", "?a" + "b" * 3000):
        answer = target.get(f"/images/{category}/{file}{query}")
        assert answer.partition(b"\r\n\r\n")[2] == data


@pytest.mark.parametrize("path", ["/%0d%0aSet-Cookie:%20a=b", "/c/%0d%0aX:%201/random", "/i/%0a"])
def test_no_header_can_be_put_into_an_answer(path: str, target: Target) -> None:
    head = target.get(path).partition(b"\r\n\r\n")[0]
    assert status_of(head) in (400, 404)
    assert not re.search(rb"(?im)^(set-cookie|x):", head)


def test_addresses_of_models_lead_nowhere(target: Target) -> None:
    """No visitor's word becomes an address that the server asks."""
    for name in (
        "http:%2f%2f127.0.0.1:1%2fx", "tfserving:%2f%2f169.254.169.254%2fx", "file:%2f%2fetc",
        "..%2f..%2fmodels", "%2fetc%2fpasswd", "grpc:%2f%2fx:1%2fy",
    ):  # fmt: skip
        for path in (f"/live/{name}", f"/live/{name}.webp", f"/translate/{name}"):
            began = time.monotonic()
            assert status_of(target.get(path)) == 404
            assert time.monotonic() - began < 5
