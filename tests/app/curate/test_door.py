"""Who gets in to the owner's pages: tokens, cookies, sessions, and who guesses."""

import logging
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.curate.left_sessions import LeftSessions
from app.curate.session import WRONG_TOKENS, Patience
from app.curate.token import TOKEN_FILE, OwnerToken, hash_of
from store.index.states import LIVE
from tests.app.curate.forms import act, csrf_token_of, enter, labels, states
from tests.conftest import Filled


def test_without_a_token_it_is_off_and_says_how_to_begin(client: FlaskClient) -> None:
    for path in ("/curate", "/curate/c/hat", "/curate/duplicates"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "flask curate token --new" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    answer = client.post("/curate/reject", data={}, headers={"Accept": "application/json"})
    assert answer.status_code == 403 and "token" in answer.get_json()["error"]["message"]


@pytest.mark.usefixtures("token")
def test_outside_there_is_the_door_and_nothing_else(filled: Filled, client: FlaskClient) -> None:
    page = client.get("/curate")
    assert page.status_code == 200 and 'type="password"' in page.text
    assert "noindex" in page.headers["X-Robots-Tag"]
    for path in ("/curate/c/hat", "/curate/duplicates", f"/curate/aside/rejected/hat/{'a' * 8}"):
        assert client.get(path).headers["Location"] == "/curate", path
    for path in ("reject", "restore", "undo", "category", "leave"):
        answer = act(client, f"/curate/{path}", picture=labels(filled, "hat")[0])
        assert answer.status_code == 403, path
        assert answer.get_json()["error"]["hint"] == "enter the token at /curate"
    assert states(filled, "hat") == [LIVE] * 5


def test_the_cookie_is_for_these_pages_and_for_nobody_else(
    filled: Filled, token: str, client: FlaskClient
) -> None:
    cookie = enter(client, token).headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/curate", "Max-Age=604800"):
        assert part in cookie, cookie
    assert "Secure" not in cookie
    client = create_app(filled.settings).test_client()
    cookie = client.get("/curate", base_url="https://site.example").headers["Set-Cookie"]
    assert "; Secure;" in cookie
    assert "Set-Cookie" not in client.get("/").headers
    assert token not in cookie and hash_of(token) not in cookie


def test_a_new_token_ends_every_session(filled: Filled, owner: FlaskClient) -> None:
    assert owner.get("/curate/c/hat").status_code == 200
    second = OwnerToken(filled.settings).make()
    assert owner.get("/curate/c/hat").status_code == 303
    assert enter(owner, second).status_code == 303
    assert owner.get("/curate/c/hat").status_code == 200
    assert act(owner, "/curate/leave").status_code == 303
    assert owner.get("/curate/c/hat").status_code == 303
    OwnerToken(filled.settings).remove()
    assert owner.get("/curate").status_code == 403


def test_a_copied_cookie_does_not_outlive_leaving(filled: Filled, owner: FlaskClient) -> None:
    value = owner.get_cookie("curate", path="/curate").value  # type: ignore[union-attr]
    others = [create_app(filled.settings).test_client() for _ in range(2)]
    for client in others:
        client.set_cookie("curate", value, path="/curate")
    assert others[0].get("/curate/c/hat").status_code == 200
    assert act(owner, "/curate/leave").status_code == 303
    assert others[0].get("/curate/c/hat").status_code == 303
    assert others[1].get("/curate/c/hat").status_code == 303  # of another worker, which asks first
    assert act(others[1], "/curate/reject", picture=labels(filled, "hat")[0]).status_code == 403
    assert states(filled, "hat") == [LIVE] * 5
    assert value not in str(sorted(filled.settings.instance_folder.rglob("*")))


def test_sessions_that_were_left_are_kept_as_long_as_a_cookie_lasts(tmp_path: Path) -> None:
    left = LeftSessions(tmp_path, lasts_s=60)
    left.add("first")
    (marked,) = (tmp_path / "curate-left").iterdir()
    os.utime(marked, (time.time() - 61,) * 2)
    left.add("second")
    assert (left.has("first"), left.has("second"), left.has("third")) == (False, True, False)


@pytest.mark.parametrize("change", ["flip", "cut", "made up", "of another site"])
def test_a_forged_cookie_is_no_session(filled: Filled, owner: FlaskClient, change: str) -> None:
    value = owner.get_cookie("curate", path="/curate").value  # type: ignore[union-attr]
    flipped = value[:4] + ("A" if value[4] != "A" else "B") + value[5:]
    forged = {"flip": flipped, "cut": value[:-5], "made up": "WyJhIix0cnVlXQ.aa.bb"}.get(change)
    if forged is None:
        other = create_app(replace(filled.settings, secret_key="another")).test_client()
        other.get("/curate")
        forged = other.get_cookie("curate", path="/curate").value  # type: ignore[union-attr]
    owner.set_cookie("curate", forged, path="/curate")
    assert owner.get("/curate/c/hat").status_code == 303


def test_a_number_planted_before_is_not_the_owners(filled: Filled, token: str) -> None:
    client = create_app(filled.settings).test_client()
    client.get("/curate")
    planted = client.get_cookie("curate", path="/curate").value  # type: ignore[union-attr]
    word = csrf_token_of(client)
    enter(client, token)
    assert csrf_token_of(client) != word
    thief = create_app(filled.settings).test_client()
    thief.set_cookie("curate", planted, path="/curate")
    assert thief.get("/curate/c/hat").status_code == 303


def test_a_hundred_wrong_tokens(
    token: str, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    word = csrf_token_of(client)
    tries = ["", " ", "x" * 60_000, "ü\x00\udcff".encode("utf-8", "replace").decode(), token[:-1],
             token + "x", hash_of(token)]  # fmt: skip
    tries += [f"wrong-{number}" for number in range(93)]
    answers = [client.post("/curate/enter", data={"word": word, "token": t}) for t in tries]
    found = [answer.status_code for answer in answers]
    assert found == [403] * WRONG_TOKENS + [429] * (100 - WRONG_TOKENS)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert "That is not the token" in answers[0].text
    # the owner is not locked out, not even now
    assert enter(client, token).status_code == 303
    assert client.get("/curate/c/hat").status_code == 200
    assert caplog.text.count("a wrong token at /curate") == WRONG_TOKENS
    for secret in (token, token[:-1], hash_of(token), "wrong-1", "x" * 200):
        assert secret not in caplog.text
    assert all(token[:-1] not in answer.text for answer in answers)


def test_patience_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.curate.session.time.monotonic", lambda: now)
    patience = Patience()
    assert [patience.wait_s() for _ in range(12)] == [0] * 10 + [60, 60]
    now += 59.4
    assert patience.wait_s() == 1
    now += 0.7
    assert patience.wait_s() == 0


def test_only_the_hash_of_the_token_is_kept(filled: Filled, token: str) -> None:
    kept = filled.settings.instance_folder / TOKEN_FILE
    assert kept.read_text().strip() == hash_of(token) and len(token) >= 43
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    owner = OwnerToken(filled.settings)
    assert owner.is_right(token)
    assert not owner.is_right("") and not owner.is_right(hash_of(token))
    kept.write_text("")
    assert not OwnerToken(filled.settings).is_right("")
    given = OwnerToken(replace(filled.settings, curate_token_hash=hash_of("ours")))
    assert given.is_right("ours") and not given.is_right(token)
    broken = OwnerToken(replace(filled.settings, curate_token_hash="ünsinn"))
    assert not broken.is_right("ünsinn")


def test_a_token_that_cannot_be_read_is_not_said_to_be_absent(
    filled: Filled, client: FlaskClient
) -> None:
    path = filled.settings.instance_folder / TOKEN_FILE
    path.mkdir()  # in its place: whoever runs the tests may read every file
    answer = client.get("/curate", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "cannot be read" in answer.text and "there is no token" not in answer.text
    assert str(path) not in answer.text
    done = create_app(filled.settings).test_cli_runner().invoke(args=["curate", "token"])
    assert done.exit_code == 1 and done.output.startswith("Error: the token's hash cannot be read")
