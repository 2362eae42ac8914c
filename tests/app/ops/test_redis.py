"""Limits that all processes of a site share in Redis, and what is left of them without it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app.ops.redis
from app import create_app
from app.curate.left_sessions import LeftSessions
from app.curate.session import WRONG_TOKENS
from app.curate.token import OwnerToken
from app.http.errors import Busy
from app.live.shared_slots import SharedSlots
from app.live.slots import Slots
from app.ops.limits import SharedLimit
from app.ops.redis import Away, Shared
from core.settings import BadSetting, read_settings
from tests.app.curate.forms import csrf_token_of
from tests.conftest import Filled
from tests.servers.redis import RedisServer

PATIENCE_S = app.ops.redis._PATIENCE_S


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test machine that stands still for a moment is no Redis that is away."""
    monkeypatch.setattr(app.ops.redis, "_PATIENCE_S", 5.0)


def workers(
    filled: Filled, redis: RedisServer, number: int, **changes: object
) -> list[FlaskClient]:
    """Return sites that share nothing but Redis and the store."""
    settings = replace(filled.settings, redis_url=redis.url, secret_key="one", **changes)  # type: ignore[arg-type]
    return [create_app(settings).test_client() for _ in range(number)]


def test_calls_are_counted_over_all_workers(filled: Filled, redis: RedisServer) -> None:
    sites = workers(filled, redis, 3, api_calls_per_minute=10)
    answers = [sites[i % 3].get("/api/v1/categories") for i in range(12)]
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 2
    assert [a.headers["RateLimit"].split(";")[1] for a in answers[:3]] == ["r=9", "r=8", "r=7"]
    assert int(answers[-1].headers["Retry-After"]) in range(1, 8)
    elsewhere = sites[0].get("/api/v1/categories", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 200


def test_a_bucket_fills_as_time_passes(redis: RedisServer) -> None:
    limit = SharedLimit(Shared(redis.url), 600, b"key")  # ten a second
    while limit.take("203.0.113.9").allowed:
        pass
    time.sleep(0.25)
    assert [limit.take("203.0.113.9").allowed for _ in range(4)][:2] == [True, True]


def test_what_is_counted_is_not_who_it_was(redis: RedisServer) -> None:
    shared = Shared(redis.url)
    SharedLimit(shared, 600, b"key").take("203.0.113.9")
    keys = shared._client.keys("*")
    assert len(keys) == 1 and b"203" not in keys[0]
    assert 0 < shared._client.ttl(keys[0]) <= 61


def test_without_redis_every_worker_counts_for_itself_and_the_site_goes_on(
    filled: Filled, redis: RedisServer, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(app.ops.redis, "_LEAVE_ALONE_S", 0.3)
    site = workers(filled, redis, 1, api_calls_per_minute=5)[0]
    assert [site.get("/api/v1/categories").status_code for _ in range(5)] == [200] * 5
    redis.stop()
    began = time.monotonic()
    answers = [site.get("/api/v1/categories").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]  # by its own count, which is new
    assert site.get("/").status_code == 200 and site.get("/live/nothing").status_code == 404
    assert time.monotonic() - began < 5
    assert caplog.text.count("Redis is away") == 1
    redis.start()
    time.sleep(0.35)
    assert site.get("/api/v1/categories").status_code == 200  # Redis remembers nothing
    assert "Redis is back" in caplog.text


def test_a_redis_that_says_nothing_is_not_waited_for(
    filled: Filled, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.ops.redis, "_PATIENCE_S", PATIENCE_S)
    site = workers(filled, redis, 1)[0]
    assert site.get("/api/v1/categories").status_code == 200
    assert redis._process is not None
    os.kill(redis._process.pid, signal.SIGSTOP)
    began = time.monotonic()
    assert [site.get("/api/v1/categories").status_code for _ in range(20)] == [200] * 20
    assert time.monotonic() - began < 3
    os.kill(redis._process.pid, signal.SIGCONT)


def test_wrong_tokens_are_counted_over_all_workers(filled: Filled, redis: RedisServer) -> None:
    token = OwnerToken(filled.settings).make()
    sites = workers(filled, redis, 2)
    words = [csrf_token_of(site) for site in sites]

    def try_token(number: int, tried: str) -> int:
        form = {"token": tried, "word": words[number % 2]}
        return sites[number % 2].post("/curate/enter", data=form).status_code

    tries = [try_token(i, "wrong") for i in range(WRONG_TOKENS + 2)]
    assert tries == [403] * WRONG_TOKENS + [429] * 2
    assert try_token(0, token) == 303  # the owner is never locked out


def slots(redis: RedisServer, folder: Path, **changes: float) -> SharedSlots:
    """As a machine of its own: files are in a folder of its own."""
    caps = {"at_once": 1, "waiting": 2, "threads": 8, "wait_s": 5.0, **changes}
    return SharedSlots(Shared(redis.url), Slots(folder, **caps), **caps)  # type: ignore[arg-type]


def test_one_picture_at_a_time_over_all_machines(redis: RedisServer, tmp_path: Path) -> None:
    machines = [slots(redis, tmp_path / str(i), waiting=20) for i in range(3)]
    now, most, done = 0, 0, 0
    counting = threading.Lock()

    def make(number: int) -> None:
        nonlocal now, most, done
        with machines[number % 3].slot():
            with counting:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            with counting:
                now -= 1
                done += 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(make, range(18)))
    assert (most, done) == (1, 18)


def wait_in_vain(machine: SharedSlots) -> None:
    with pytest.raises(Busy), machine.slot():
        pass


def test_the_queue_is_bounded_over_all_machines(redis: RedisServer, tmp_path: Path) -> None:
    machines = [slots(redis, tmp_path / str(i), waiting=1, wait_s=1.0) for i in range(2)]
    places = Shared(redis.url)._client
    with machines[0].slot():
        waiting = threading.Thread(target=wait_in_vain, args=(machines[1],))
        waiting.start()
        while places.zcard("nonesuch:places") < 2:
            assert waiting.is_alive()
        began = time.monotonic()
        with pytest.raises(Busy), machines[0].slot():
            pass
        assert time.monotonic() - began < 0.1  # at once: the place is taken elsewhere
        waiting.join()
    with machines[1].slot():
        pass


def test_a_machine_that_died_with_a_turn_is_forgotten(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.live.shared_slots.LEASE_S", 0.5)
    dead = slots(redis, tmp_path / "dead").slot()
    began = time.monotonic()
    dead.__enter__()  # and never more is heard of it
    with slots(redis, tmp_path / "alive").slot():
        assert 0.3 < time.monotonic() - began < 3


def test_turns_without_redis_are_this_machines(redis: RedisServer, tmp_path: Path) -> None:
    first, second = slots(redis, tmp_path, wait_s=0.2), slots(redis, tmp_path, wait_s=0.2)
    redis.stop()
    with first.slot(), pytest.raises(Busy), second.slot():
        pass
    with second.slot():
        pass


@pytest.mark.parametrize("url", ["localhost:6379", "http://a:secret@b", "redis://a:secret@b:port"])
def test_a_wrong_address_is_one_line(filled: Filled, url: str) -> None:
    with pytest.raises(BadSetting, match="REDIS_URL is no address of a Redis") as raised:
        create_app(replace(filled.settings, redis_url=read_settings({"REDIS_URL": url}).redis_url))
    assert "secret" not in str(raised.value)


def test_away_is_no_error_of_a_visitors(redis: RedisServer) -> None:
    shared = Shared(redis.url)
    with pytest.raises(Away):
        shared.run("return redis.error_reply('out of memory')", "x")


def test_a_session_that_was_left_is_known_on_all_machines(
    redis: RedisServer, tmp_path: Path
) -> None:
    one, other = (LeftSessions(tmp_path / name, 60, Shared(redis.url)) for name in ("one", "other"))
    one.add("number")
    assert other.has("number") and not other.has("another")
    redis.stop()
    assert one.has("number") and not one.has("another")  # what is known here holds without it
