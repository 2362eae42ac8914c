"""The game: nothing on the page tells the answer, the server knows it, and little is counted."""

import re
import time
from collections import Counter
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

import app.game.tokens
from app import create_app
from app.game.counters import FILE, Counters, Tally
from app.game.rounds import draw_round
from app.game.tokens import PlayTokens, Round
from core.settings import Settings
from store.files.protocol import digest
from store.index.database import open_engine
from store.index.states import REJECTED
from store.queries.reader import IndexReader
from tests.app.conftest import one
from tests.conftest import NAMES, Filled

JSON = {"Accept": "application/json"}
ROUND = Round("0f1e2d3c4b5a", "hat", ("bird", "hat", "fish_2", "mammal"))


def question(client: FlaskClient, level: str = "usual") -> tuple[str, list[str], str]:
    """Return a round's token, its choices and the page."""
    response = client.get("/play", query_string={"level": level})
    assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store"
    text = response.text
    return (
        one(r'name="token" value="([^"]+)"', text),
        re.findall(r'<button name="guess" value="([^"]+)"', text),
        text,
    )


def test_a_round_asks_for_one_of_four(client: FlaskClient, filled: Filled) -> None:
    token, choices, text = question(client)
    assert sorted(choices) == sorted(NAMES)
    picture = client.get(one(r'<img src="([^"]+)"', text))
    assert picture.status_code == 200
    (truth,) = {category for (category, _), data in filled.files.items() if data == picture.data}
    answers = {}
    for guess in choices:
        result = client.post("/play", data={"token": token, "guess": guess}, headers=JSON)
        answers[guess] = result.get_json()
    assert [guess for guess, result in answers.items() if result["right"]] == [truth]
    assert {result["truth"] for result in answers.values()} == {truth}
    assert client.get(answers[truth]["picture"]).status_code == 200


def test_the_page_does_not_tell_the_answer(client: FlaskClient, filled: Filled) -> None:
    places: Counter[int] = Counter()
    for _ in range(60):
        token, choices, text = question(client)
        for data in filled.files.values():
            assert digest(data)[:12] not in text and digest(data)[:12] not in token
        assert "/images/" not in text and "/i/" not in text
        picture = client.get(f"/play/picture/{token}")
        assert not {"ETag", "Last-Modified", "Content-Disposition"} & set(picture.headers.keys())
        truth = next(c for (c, _), data in filled.files.items() if data == picture.data)
        places[choices.index(truth)] += 1
    assert len(places) == 4  # the right one is at every place


def test_without_a_script_the_answer_is_a_page(client: FlaskClient) -> None:
    token, choices, _ = question(client, "hard")
    response = client.post("/play", data={"token": token, "guess": choices[0], "level": "hard"})
    assert response.status_code == 200
    assert re.search(r"<h1>(Right|Wrong)", response.text)
    assert response.text.count("disabled") == 4
    assert one(r'class="button" href="([^"]+)"', response.text) == "/play?level=hard"


def test_a_seal_holds() -> None:
    tokens = PlayTokens(b"key")
    token = tokens.seal(ROUND)
    assert tokens.open(token) == ROUND
    assert token != tokens.seal(ROUND) and "hat" not in token
    assert PlayTokens(b"other").open(token) is None
    for i in range(0, len(token), 3):
        other = "A" if token[i] != "A" else "B"
        assert tokens.open(token[:i] + other + token[i + 1 :]) in (None, ROUND)
    changed = [tokens.open(token[:i] + "_" + token[i + 1 :]) for i in range(len(token) - 1)]
    assert sum(found == ROUND for found in changed) == token[:-1].count("_")


@pytest.mark.parametrize("token", ["", "A", "AAAA", "é", "=" * 50, "A" * 100_000, "A" * 60, "%00"])
def test_what_was_not_sealed_here_is_over(client: FlaskClient, token: str) -> None:
    response = client.post("/play", data={"token": token, "guess": "hat"})
    assert response.status_code in (410, 413)
    assert client.get(f"/play/picture/{token or 'x'}").status_code in (410, 404)


def test_a_round_is_over_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = PlayTokens(b"key")
    token = tokens.seal(ROUND)
    later = time.time() + app.game.tokens.KEPT_S + 1
    monkeypatch.setattr("app.game.tokens.time.time", lambda: later)
    assert tokens.open(token) is None


def test_bad_answers_are_one_clear_line(client: FlaskClient) -> None:
    token, choices, _ = question(client)
    for guess in ("", "nothing", "<b>", "x" * 4000):
        response = client.post("/play", data={"token": token, "guess": guess}, headers=JSON)
        assert response.status_code == 400
        assert response.get_json()["error"]["hint"].startswith("choose ")
    assert client.get("/play?level=x").status_code == 400
    large = client.post("/play", data={"token": token, "guess": "x" * 100_000})
    assert large.status_code == 413
    assert client.put("/play").status_code == 405
    assert choices


def test_a_picture_rejected_meanwhile_ends_the_round(client: FlaskClient, filled: Filled) -> None:
    token, choices, _ = question(client)
    for category, file in list(filled.files):
        if category in choices:
            filled.retire(file, REJECTED)
    assert client.get(f"/play/picture/{token}").status_code == 410
    response = client.post("/play", data={"token": token, "guess": choices[0]})
    assert response.status_code == 410 and 'href="/play"' in response.text
    assert client.get("/play").status_code == 503


def test_fewer_than_four_categories(filled: Filled) -> None:
    for category, file in list(filled.files):
        if category in ("fish_2", "mammal"):
            filled.retire(file, REJECTED)
    _, choices, _ = question(create_app(filled.settings).test_client())
    assert sorted(choices) == ["asian_dish", "hat"]


def test_an_answer_counts_once(client: FlaskClient, settings: Settings) -> None:
    for _ in range(3):
        token, choices, _ = question(client)
        for _ in range(4):
            client.post("/play", data={"token": token, "guess": choices[0]}, headers=JSON)
    counters = Counters(settings)
    assert sum(counters.category(slug).guesses for slug in NAMES) == 3


def test_others_are_told_of_once_there_are_some(client: FlaskClient, settings: Settings) -> None:
    token, choices, _ = question(client)
    result = client.post("/play", data={"token": token, "guess": choices[0]}, headers=JSON)
    assert result.get_json()["others"] == ""
    short_hash, truth = result.get_json()["picture"][3:], result.get_json()["truth"]
    for guess in (truth, "x", "x"):
        Counters(settings).count(short_hash, truth, guess)
    again = client.post("/play", data={"token": token, "guess": choices[0]}, headers=JSON)
    assert re.fullmatch(r"(25|50) % of 4 were right\.", again.get_json()["others"])


def test_levels_go_by_how_often_others_err(filled: Filled) -> None:
    """Hats are always guessed wrongly, for mammals; all else rightly."""
    reader = IndexReader(open_engine(filled.settings))
    counters = Counters(filled.settings, at_once=1000)
    for (category, _), data in filled.files.items():
        for _ in range(8):
            guess = "mammal" if category == "hat" else category
            assert counters.count(digest(data)[:12], category, guess)
    drawn = {}
    for level in ("easy", "usual", "hard"):
        rounds = [draw_round(reader, counters, level) for _ in range(120)]
        drawn[level] = Counter(found.truth for found in rounds if found)["hat"]
        assert all(found and found.truth in found.choices for found in rounds)
    assert drawn["easy"] < 8 < drawn["usual"] < 70 < drawn["hard"]
    assert counters.mistaken_for("hat", 3) == ["mammal"]
    assert counters.pictures(["0" * 12]).get("0" * 12, Tally()) == Tally()


@pytest.mark.sqlite
def test_where_it_cannot_count_it_says_so_and_goes_on(filled: Filled) -> None:
    (filled.settings.instance_folder / FILE).mkdir()
    client = create_app(filled.settings).test_client()
    token, choices, _ = question(client)
    response = client.post("/play", data={"token": token, "guess": choices[0]}, headers=JSON)
    assert response.status_code == 200
    assert "is not counted here: its counts cannot be written" in question(client)[2]


def test_another_key_seals_otherwise(filled: Filled) -> None:
    token, _, _ = question(create_app(filled.settings).test_client())
    other = create_app(replace(filled.settings, secret_key="another")).test_client()
    assert other.get(f"/play/picture/{token}").status_code == 410
