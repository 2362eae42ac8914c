"""How often `/api/v1` may be called: what is counted, whose calls, and what is said."""

import re
from dataclasses import replace

import pytest

from app import create_app
from app.ops.limits import MOST_ADDRESSES, WorkerLimit, subscriber
from tests.conftest import Filled


def test_calls_are_counted_and_said(filled: Filled) -> None:
    client = create_app(replace(filled.settings, api_calls_per_minute=5)).test_client()
    for left in (4, 3, 2, 1, 0):
        response = client.get("/api/v1/categories")
        assert response.status_code == 200
        assert response.headers["RateLimit-Policy"] == '"calls";q=5;w=60'
        assert re.fullmatch(rf'"calls";r={left};t=\d+', response.headers["RateLimit"])
    refused = client.get("/api/v1/random")
    assert refused.status_code == 429
    assert refused.get_json()["error"]["status"] == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert refused.headers["RateLimit"].startswith('"calls";r=0;')
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert refused.headers["Cache-Control"] == "no-store"
    # neither asking whether one may, nor pages, nor somebody else
    assert client.options("/api/v1/random").status_code == 204
    assert client.get("/api").status_code == 200
    assert client.get("/api/v1/openapi.json").status_code == 200
    other = client.get("/api/v1/categories", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert other.status_code == 200


def test_calls_need_not_be_counted(filled: Filled) -> None:
    client = create_app(replace(filled.settings, api_calls_per_minute=0)).test_client()
    for _ in range(50):
        response = client.get("/api/v1/categories")
        assert response.status_code == 200
        assert "RateLimit" not in response.headers
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    assert "429" not in document["paths"]["/api/v1/random"]["get"]["responses"]


def test_a_bucket_fills_as_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.ops.limits.time.monotonic", lambda: now)
    limit = WorkerLimit(60)
    assert [limit.take("a").allowed for _ in range(61)] == [True] * 60 + [False]
    standing = limit.take("a")
    assert standing == (False, 0, 60, 1)
    now += 1
    assert limit.take("a") == (True, 0, 60, 1)
    assert not limit.take("a").allowed
    now += 30
    assert limit.take("a").left == 29
    now += 3600
    assert limit.take("a") == (True, 59, 1, 1)


def test_few_addresses_are_remembered() -> None:
    limit = WorkerLimit(2)
    for number in range(MOST_ADDRESSES + 10):
        limit.take(f"2001:db8:{number:x}::1")
    assert len(limit._buckets) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_who_is_counted(address: str, who: str) -> None:
    assert subscriber(address) == who


@pytest.mark.parametrize(
    "address, who",
    [
        ("192.0.2.1:51000", "192.0.2.1"),
        ("[2001:db8:1:2:3:4:5:6]:51000", "2001:db8:1:2::"),
        ("[2001:db8:1:2::7]", "2001:db8:1:2::"),
        ("2001:db8:1:2::7", "2001:db8:1:2::"),
        ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("unknown:51000", "unknown"),
    ],
)
def test_a_port_makes_nobody_another(address: str, who: str) -> None:
    assert subscriber(address) == who


def test_a_proxy_that_adds_ports_lets_nobody_call_more_often(filled: Filled) -> None:
    settings = replace(filled.settings, api_calls_per_minute=5, proxy_count=1)
    client = create_app(settings).test_client()
    found = [
        client.get("/api/v1/categories", headers={"X-Forwarded-For": f"192.0.2.1:{port}"})
        for port in range(51000, 51008)
    ]
    assert [answer.status_code for answer in found] == [200] * 5 + [429] * 3
