"""The site behind nginx as docs/web-tier.md has it: attackers, all kinds at once, and a visitor."""

import http.client
import time
from collections.abc import Iterator

import pytest

from app.http.headers import PLAIN_HEADERS
from app.http.picture_files import picture_headers
from bench.attacks import KINDS, Attacker, unread
from bench.siege import LARGE, allow_connections, large_picture, seconds_of_a_page
from store.files.protocol import digest
from tests.attacks.conftest import filled_store
from tests.attacks.lines import LINES, ServedByLine
from tests.servers.nginx import Nginx

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]
ANSWERS_WITHIN_S = 5
HELD = {
    "silent connections": 1060,
    "half-sent heads": 1060,
    "half-sent forms": 90,
    "bodies without end": 60,
    "long plain forms": 12,
    "streams of HTTP/2": 8,
    "calls of the owner's door": 60,
    "unread pictures": 60,
}


@pytest.fixture(scope="module", params=[line for line in LINES if line.startswith("bin/serve")])
def tier(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    with filled_store(tmp_path_factory.mktemp("behind")) as store:
        store.add("hat", {LARGE: large_picture()})
        more = {
            "NONESUCH_PROXY_COUNT": "1",
            "NONESUCH_CURATE_TOKEN_HASH": "0" * 64,
            "NONESUCH_NGINX_FILES": "/picture-files",
        }
        server = ServedByLine(request.param, store.settings, **more)
        server.start()
        ports = [server.port, server.port]
        nginx = Nginx(tmp_path_factory.mktemp("nginx"), store.settings.images_folder, ports)
        nginx.start()
        yield nginx
        nginx.stop()
        server.stop()


@pytest.mark.parametrize("kind", [*HELD, "all at once"])
def test_a_page_goes_on_beside_an_attacker(kind: str, tier: Nginx) -> None:
    attacks = {**KINDS, "unread pictures": unread(f"/images/hat/{LARGE}")}
    chosen = list(HELD) if kind == "all at once" else [kind]
    attacker = Attacker(tier.port)
    allow_connections(2 * sum(HELD.values()) + 200)
    try:
        took = [seconds_of_a_page(tier.port)]
        for name in chosen:
            for number in range(HELD[name]):
                attacks[name](attacker)
                if number % 100 == 99:
                    took.append(seconds_of_a_page(tier.port))
        assert len(attacker.held) == sum(HELD[name] for name in chosen)
        until = time.monotonic() + 4
        while time.monotonic() < until:
            took.append(seconds_of_a_page(tier.port))
            time.sleep(0.2)
    finally:
        attacker.let_go()
    assert max(took) < ANSWERS_WITHIN_S, took


def test_one_address_is_told_to_wait(tier: Nginx) -> None:
    """A hundred requests of one address are passed on at a time: the next gets 429."""
    attacker = Attacker(tier.port)
    try:
        for _ in range(100):
            KINDS["half-sent forms"](attacker)
        time.sleep(0.5)
        connection = attacker.connect()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 429")
    finally:
        attacker.let_go()
    time.sleep(0.5)
    assert seconds_of_a_page(tier.port) < ANSWERS_WITHIN_S


def test_a_large_picture_is_sent_by_nginx_as_the_site_would(tier: Nginx) -> None:
    """Under an adopted name: the site answers for its hash, nginx for its bytes."""
    data = large_picture()
    address = f"/images/hat/{LARGE}"
    whole = ask(tier, address)
    assert (whole.status, whole.read()) == (200, data)
    etag = whole.headers["ETag"]
    assert etag == f'"{digest(data)[:12]}"' and whole.headers["Content-Type"] == "image/png"
    known = {name.lower(): value for name, value in whole.headers.items()}
    for name, value in (*PLAIN_HEADERS, *picture_headers(31_536_000)):
        assert known[name.lower()] == value, name
    assert not {"last-modified", "x-accel-redirect"} & known.keys()
    assert ask(tier, address, If_None_Match=etag).status == 304
    part = ask(tier, address, Range="bytes=2-5", If_Range=etag)
    assert (part.status, part.read()) == (206, data[2:6])
    assert ask(tier, address, Range="bytes=2-5", If_Range='"another"').status == 200
    assert ask(tier, f"/picture-files/hat/{LARGE}").status == 404


def ask(tier: Nginx, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", tier.port, timeout=30)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return connection.getresponse()
