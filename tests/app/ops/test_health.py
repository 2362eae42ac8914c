"""What watches a site: is it alive, is it ready, its figures, its access log."""

import gc
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.ops.access_log import CONFIG, FORMAT
from app.ops.request_counts import KIND_OF, KINDS, SLOTS, RequestCounts, kind_of
from core.settings import PROJECT, Settings
from tests.app.browsing import serving
from tests.conftest import Filled

TOKEN = "a token for tests"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
Sample = tuple[str, tuple[tuple[str, str], ...]]


def test_alive_whatever_there_is(bare: FlaskClient) -> None:
    for address in ("/healthz", "/healthz/live"):
        answer = bare.get(address)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert bare.get("/healthz").get_json() == {"status": "ok", "index": "missing"}


def test_ready_once_there_is_an_index(bare: FlaskClient, request: pytest.FixtureRequest) -> None:
    answer = bare.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "not ready", "index": "missing"}
    request.getfixturevalue("index")
    assert bare.get("/healthz/ready").get_json() == {"status": "ready", "index": "empty"}
    request.getfixturevalue("filled")
    answer = bare.get("/healthz/ready")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "index": "ready"}


def samples(text: str) -> dict[Sample, float]:
    """Read figures as Prometheus does."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def requests_of(figures: dict[Sample, float], kind: str, status: str = "2xx") -> float:
    return figures.get(("nonesuch_requests_total", (("kind", kind), ("status", status))), 0)


def test_there_are_no_figures_without_a_token(client: FlaskClient, filled: Filled) -> None:
    assert client.get("/metrics").status_code == 404
    site = create_app(replace(filled.settings, metrics_token=TOKEN)).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer é"}):
        answer = site.get("/metrics", headers={**headers, "Accept": "application/json"})
        assert answer.status_code == 403 and TOKEN not in answer.text
    assert site.get("/metrics", headers=AUTHORIZATION).status_code == 200


def test_figures(filled: Filled) -> None:
    site = create_app(replace(filled.settings, metrics_token=TOKEN)).test_client()
    before = samples(site.get("/metrics", headers=AUTHORIZATION).text)
    category, file, _ = filled.some()
    for address in ("/", "/", f"/images/{category}/{file}", "/random.webp", "/nothing"):
        site.get(address)
    answer = site.get("/metrics", headers=AUTHORIZATION)
    assert answer.headers["Content-Type"].startswith("text/plain")
    after = samples(answer.text)
    grown = {
        (kind, status): requests_of(after, kind, status) - requests_of(before, kind, status)
        for kind, status in (
            ("page", "2xx"), ("picture", "2xx"), ("random", "3xx"), ("other", "4xx")
        )
    }  # fmt: skip
    assert list(grown.values()) == [2, 1, 1, 1], grown
    seconds = [("nonesuch_request_seconds_bucket", (("kind", "page"), ("le", le)))
               for le in ("0.0005", "10.0", "+Inf")]  # fmt: skip
    assert after[seconds[0]] <= after[seconds[1]] <= after[seconds[2]]
    total = ("nonesuch_request_seconds_count", (("kind", "page"),))
    assert after[seconds[2]] == after[total] == requests_of(after, "page")
    assert after[("nonesuch_request_seconds_sum", (("kind", "page"),))] > 0
    assert after[("nonesuch_pictures", ())] == len(filled.files)
    assert after[("nonesuch_categories", ())] == 4 and after[("nonesuch_index_up", ())] == 1


def test_figures_of_a_site_without_an_index(settings: Settings) -> None:
    site = create_app(replace(settings, metrics_token=TOKEN)).test_client()
    assert samples(site.get("/metrics", headers=AUTHORIZATION).text)[("nonesuch_index_up", ())] == 0


def test_all_workers_are_counted_together(filled: Filled) -> None:
    """Whichever of them is asked for the figures."""
    for address in serving(
        filled.settings, NONESUCH_METRICS_TOKEN=TOKEN, GRANIAN_WORKERS="3", SECRET_KEY="x"
    ):

        def get(path: str, address: str = address) -> str:
            request = urllib.request.Request(address + path, headers=AUTHORIZATION)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return str(answer.read().decode())

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(get, ["/"] * 120))
        for _ in range(6):
            assert requests_of(samples(get("/metrics")), "page") == 120


def test_counting_from_many_threads_loses_nothing() -> None:
    counts = RequestCounts()
    before = {c.kind: sum(c.classes) for c in counts.read()}

    def count() -> None:
        for _ in range(2000):
            counts.add("page", "200 OK", 0.001)

    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=count) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(0.005)
    assert {c.kind: sum(c.classes) for c in counts.read()}["page"] - before["page"] == 12_000


WORKER = """
import os, sys
from app.ops.request_counts import RequestCounts
counts = RequestCounts()
for _ in range(int(sys.argv[1])):
    counts.add("live", "503 Busy", 0.2)
print(next(c.classes[4] for c in counts.read() if c.kind == "live"), flush=True)
input()
"""


def worker(number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(number)],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_who_follows_a_worker_goes_on_where_it_stopped() -> None:
    first, second = worker(5), None
    assert first.stdout is not None
    start = int(first.stdout.readline()) - 5
    try:
        second = worker(7)
        assert second.stdout is not None
        assert int(second.stdout.readline()) == start + 12
        first.kill()
        first.wait()
        third = worker(1)
        assert third.stdout is not None
        assert int(third.stdout.readline()) == start + 13  # what the killed one counted is there
        third.kill()
        third.wait()
    finally:
        first.kill()
        if second is not None:
            second.kill()
            second.wait()


def test_more_workers_than_slots_are_served_all_the_same() -> None:
    counts = RequestCounts()
    counts._open()
    counts._cells = None  # as where all slots are taken
    counts.add("page", "200 OK", 0.1)
    assert SLOTS == 64 and len(list(counts.read())) == len(KINDS)
    del counts
    gc.collect()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "page"), ("/i/0f1e2d3c4b5a", "page"), ("/images/a/b.webp", "picture"),
        ("/random.webp", "random"), ("/seed/x.webp", "seed"), ("/live/emoji.png", "live"),
        ("/healthz/ready", "check"), ("/wp-login.php", "other"), ("", "other"), ("/é", "other"),
    ],
)  # fmt: skip
def test_kinds(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_every_address_of_the_site_has_a_kind(client: FlaskClient) -> None:
    rules = {f"/{rule.rule.split('/')[1].partition('.')[0].partition('<')[0]}"
             for rule in client.application.url_map.iter_rules()}  # fmt: skip
    assert rules - {*KIND_OF, "/robots", "/favicon", "/translate", "/about"} == set()


def lines_of(request_id: str, log: Path) -> list[dict[str, Any]]:
    """Return the whole lines that an access log has for a request's id."""
    whole, _, _ = log.read_text().rpartition("\n")
    found = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [line for line in found if line["request_id"] == request_id]


def test_the_access_log_is_lines_of_json(filled: Filled, tmp_path: Path) -> None:
    out = tmp_path / "log"
    with out.open("wb") as log:
        for address in serving(
            filled.settings, stdout=log, SECRET_KEY="x", GRANIAN_LOG_LEVEL="info",
            GRANIAN_LOG_ACCESS_ENABLED="true", GRANIAN_LOG_CONFIG=CONFIG,
            GRANIAN_LOG_ACCESS_FMT=FORMAT,
        ):  # fmt: skip
            headers = {"X-Request-ID": "abc123", "User-Agent": 'one "quoted" agent\\'}
            for path in ("/healthz/live", "/c/%22%0a%7b?x=%22y", "/"):
                request = urllib.request.Request(address + path, headers=headers)
                try:
                    urllib.request.urlopen(request, timeout=30).close()
                except urllib.error.HTTPError as error:
                    assert error.code == 404
            until = time.monotonic() + 20  # lines are written after the answer is out
            while len(lines := lines_of("abc123", out)) < 3 and time.monotonic() < until:
                time.sleep(0.05)
    assert [line["status"] for line in lines] == [200, 404, 200]
    odd = lines[1]
    assert odd["path"] == '/c/"\n{' and odd["query"] == "x=%22y"
    assert odd["agent"] == 'one "quoted" agent\\' and odd["forwarded_for"] is None
    assert odd["method"] == "GET" and odd["ms"] > 0
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00", odd["time"])
    assert odd["client"].startswith("127.0.0.1")


def test_the_documented_variables_are_those_of_the_script() -> None:
    script = (PROJECT / "bin" / "serve").read_text()
    assert CONFIG in script and "from app.ops.access_log import FORMAT" in script
    assert os.access(PROJECT / CONFIG, os.R_OK)
