"""Two processes of the site over one PostgreSQL behind nginx, and their restart under load."""

import gzip
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from core.settings import Settings
from store.index.database import open_engine
from store.index.migrating import upgrade
from tests import scaled
from tests.conftest import Filled, fill
from tests.programs import absent
from tests.servers.nginx import Nginx
from tests.servers.ports import free_port
from tests.servers.site import ENDS_WITHIN_S, SiteServer

OF_THE_SERVER = {"date", "server", "connection", "content-length", "keep-alive"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("tier")
    settings = scaled.scaled(
        Settings(
            images_folder=folder / "images",
            instance_folder=folder / "instance",
            secret_key="one for all",
        ),
        "postgresql",
    )
    engine = open_engine(settings, write=True)
    upgrade(engine)
    yield fill(settings, engine)
    engine.dispose()
    scaled.drop(settings)


@pytest.fixture(scope="module")
def sites(store: Filled) -> Iterator[list[SiteServer]]:
    variables: dict[str, Any] = {
        "SECRET_KEY": store.settings.secret_key,
        "NONESUCH_PROXY_COUNT": "1",
        "NONESUCH_API_CALLS_PER_MINUTE": "0",
        "NONESUCH_METRICS_TOKEN": "m",
    }
    servers = [SiteServer(store.settings, free_port(), **variables) for _ in range(2)]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        if server.process is not None:
            server.stop()


@pytest.fixture(scope="module")
def tier(
    store: Filled, sites: list[SiteServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    nginx = Nginx(
        tmp_path_factory.mktemp("nginx"), store.settings.images_folder, [s.port for s in sites]
    )
    nginx.start()
    yield nginx
    nginx.stop()


def get(url: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(
        url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def own_headers(headers: Message) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in found.items() if name not in OF_THE_SERVER}


def logged(tier: Nginx) -> list[dict[str, Any]]:
    text = (tier.folder / "access.log").read_text()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def line_of(tier: Nginx, field: str, value: str) -> dict[str, str]:
    """Return the last request's line with a value, which nginx writes after it has answered."""
    until = time.monotonic() + 10
    while True:
        found = [line for line in logged(tier) if line[field] == value]
        if found or time.monotonic() > until:
            return found[-1]
        time.sleep(0.02)


def test_pictures_come_from_nginx_as_the_site_would_send_them(
    store: Filled, sites: list[SiteServer], tier: Nginx
) -> None:
    category, file, data = store.some()
    path = f"/images/{category}/{file}"
    status, headers, body = get(tier.url + path)
    assert (status, body) == (200, data)
    assert line_of(tier, "path", path)["upstream"] == ""
    by_site = get(sites[0].url + path)
    assert by_site[2] == data
    assert own_headers(headers) == own_headers(by_site[1])
    etag = headers["ETag"]
    for url in (tier.url, sites[1].url):
        status, known, body = get(url + path, If_None_Match=etag)
        assert (status, body) == (304, b"") and known["ETag"] == etag
        assert known["Cache-Control"] == headers["Cache-Control"]
        status, part, body = get(url + path, Range="bytes=2-5", If_Range=etag)
        assert (status, body) == (206, data[2:6])
        assert part["Content-Range"] == f"bytes 2-5/{len(data)}"
        assert get(url + path, Range="bytes=2-5", If_Range='"another"')[0] == 200


def test_what_nginx_has_not_the_site_answers(
    store: Filled, sites: list[SiteServer], tier: Nginx
) -> None:
    category, file, _ = store.some("hat")
    gone = f"/images/{category}/{file[:-6]}0.webp"
    for path, expected in (
        (gone, 404),
        ("/images/../instance/key", 404),
        ("/images/%2e%2e/instance/key", 404),
        ("/images//x", 404),
        ("/metrics", 404),
        ("/categories.json", 200),
        ("/robots.txt", 200),
    ):
        status, headers, _ = get(tier.url + path, Accept="application/json")
        assert status == expected, path
        assert status != 200 or headers["X-Content-Type-Options"] == "nosniff"
    status, headers, body = get(tier.url + gone, Accept="application/json")
    assert line_of(tier, "request_id", headers["X-Request-ID"])["upstream"]
    assert headers["Content-Type"].startswith("application/json"), body
    by_site = get(sites[0].url + gone, Accept="application/json")
    assert (status, body) == (by_site[0], by_site[2])


def test_links_out_of_the_folder_are_not_followed(
    store: Filled, tier: Nginx, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = store.settings.images_folder / "hat" / "1-0123456789ab.webp"
    link.symlink_to(secret)
    try:
        status, headers, body = get(f"{tier.url}/images/hat/{link.name}")
        assert status in (403, 404) and b"secret" not in body
        assert line_of(tier, "request_id", headers["X-Request-ID"])["upstream"]
    finally:
        link.unlink()


def test_pages_are_compressed_but_the_owners(tier: Nginx) -> None:
    status, headers, body = get(f"{tier.url}/gallery", Accept_Encoding="gzip")
    assert status == 200 and headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in headers["Vary"]
    assert "nonce-" in headers["Content-Security-Policy"]
    assert b"</html>" in gzip.decompress(body)
    _, headers, _ = get(f"{tier.url}/curate", Accept_Encoding="gzip")
    assert "Content-Encoding" not in headers


def test_the_site_knows_the_visitor_and_both_logs_the_request(tier: Nginx) -> None:
    page = get(f"{tier.url}/", X_Forwarded_For="198.51.100.7", Accept_Language="de")
    assert page[0] == 200
    line = line_of(tier, "request_id", page[1]["X-Request-ID"])
    assert len(line["request_id"]) == 32
    assert line["client"] == "127.0.0.1" and line["upstream_status"] == "200"
    # cards need the address that the visitor used
    kept = re.search(rb'href="(/i/[^"]+)"', page[2])
    assert kept is not None
    address = kept[1].decode().replace("&amp;", "&")
    assert f"{tier.url}/sized/".encode() in get(tier.url + address)[2]


def test_a_link_made_by_one_process_is_good_at_the_other(
    store: Filled, sites: list[SiteServer]
) -> None:
    text = get(f"{sites[0].url}/")[2].decode()
    link = re.search(r'href="(/i/[^"]+)"', text)
    name = re.search(r"<bdi[^>]*>([^<]+)</bdi>", text)
    assert link and name
    assert name[1] in get(sites[1].url + link[1].replace("&amp;", "&"))[2].decode()
    assert create_app(replace(store.settings)).test_client().get(link[1]).status_code == 200


MIX = """
local paths = { %s }
local i = 0
function request()
  i = i %% #paths + 1
  return wrk.format("GET", paths[i])
end
"""


@pytest.mark.parametrize("rounds", [2])
def test_a_rolling_restart_under_load_fails_no_request(
    store: Filled, sites: list[SiteServer], tier: Nginx, tmp_path: Path, rounds: int
) -> None:
    wrk = shutil.which("wrk")
    if wrk is None:
        absent("needs wrk (Debian: apt-get install wrk)")
    category, file, _ = store.some()
    paths = ["/", "/categories.json", "/gallery", "/c/hat/random", "/api/v1/images?limit=5",
             "/random.webp", f"/images/{category}/{file}"]  # fmt: skip
    script = tmp_path / "mix.lua"
    script.write_text(MIX % ", ".join(f'"{path}"' for path in paths))
    before = len(logged(tier))
    seen: list[str] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            words = [str(wrk), "-t1", "-c8", "-d4s", "--timeout", "20s", "-s", str(script)]
            done = subprocess.run([*words, tier.url], capture_output=True, text=True, check=True)
            seen.append(done.stdout)

    loading = threading.Thread(target=load)
    loading.start()
    took = []
    try:
        for _ in range(rounds):
            for site in sites:
                took.append(site.stop())
                site.start()  # waits until it is ready: only then it is the next one's turn
    finally:
        stop.set()
        loading.join()
    lines = logged(tier)[before:]
    statuses = Counter(line["status"] for line in lines)
    failed = [line for line in lines if line["status"] not in (200, 302, 499)]
    assert failed == []
    for output in seen:
        assert "Socket errors" not in output, output
        assert "Non-2xx" not in output, output
    # 499: a connection that wrk closes at the end of its time
    assert statuses[200] > 100 and statuses[499] <= 8 * len(seen), statuses
    # there was something to mend: requests that one process refused and the other answered
    assert any("," in line["upstream_status"] for line in lines)
    assert max(took) < ENDS_WITHIN_S  # each ended by itself, having answered all
    print(f"\n{sum(statuses.values()):,} requests, {len(took)} restarts, {statuses}, "
          f"{sum(',' in line['upstream_status'] for line in lines)} asked again")  # fmt: skip
