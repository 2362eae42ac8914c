"""What the owner's forms do, and what is refused."""

import json

import pytest
from flask.testing import FlaskClient

from app import create_app
from store.index.states import LIVE, OFF
from tests.app.curate.forms import act, csrf_token_of, labels, states
from tests.conftest import Filled


@pytest.mark.parametrize("path", ["enter", "reject", "restore", "undo", "category", "leave"])
def test_every_form_needs_its_word(
    filled: Filled, owner: FlaskClient, token: str, path: str
) -> None:
    data = {"picture": labels(filled, "hat"), "category": "hat", "switch": "off", "token": token}
    other = create_app(filled.settings).test_client()
    for word in ("", "0" * 64, csrf_token_of(other), "ü"):
        answer = owner.post(f"/curate/{path}", data={**data, "word": word})
        assert answer.status_code == 403 and "not from here" in answer.text
    assert owner.get(f"/curate/{path}").status_code == 405
    right = {**data, "word": csrf_token_of(owner)}
    answer = owner.post(f"/curate/{path}", data=right, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert states(filled, "hat") == [LIVE] * 5
    answer = owner.post(f"/curate/{path}", data=right, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303


def test_rejected_while_somebody_looks_at_it(filled: Filled, owner: FlaskClient) -> None:
    label = labels(filled, "hat")[0]
    number = label.partition("-")[2][:12]
    visitor = create_app(filled.settings).test_client()
    assert visitor.get(f"/i/{number}").status_code == 200
    assert visitor.get(f"/images/{label}").status_code == 200
    done = act(owner, "/curate/reject", picture=label)
    assert done.json == {"done": "rejected", "pictures": [label], "count": 1}
    for path in (f"/i/{number}", f"/images/{label}"):
        gone = visitor.get(path)
        assert gone.status_code == 410, path
        assert "does not exist any more" in gone.text and "<h1>" in gone.text
    again = act(owner, "/curate/reject", picture=label)
    assert again.get_json()["pictures"] == []
    seen = owner.get(f"/curate/aside/rejected/{label}")
    assert seen.data == filled.files[tuple(label.split("/"))]  # type: ignore[index]
    assert "private" in seen.headers["Cache-Control"]
    undone = act(owner, "/curate/undo")
    assert undone.get_json()["act"] == "reject" and undone.get_json()["pictures"] == [label]
    assert visitor.get(f"/i/{number}").status_code == 200
    assert act(owner, "/curate/undo").get_json()["act"] is None


def test_a_category_off_and_on_by_form(filled: Filled, owner: FlaskClient) -> None:
    data = {"word": csrf_token_of(owner), "category": ["hat", "mammal"], "switch": "off"}
    answer = owner.post("/curate/category", data={**data, "back": "/curate"})
    assert answer.headers["Location"] == "/curate?done=off-12"
    assert "12 pictures left the site" in owner.get("/curate?done=off-12").text
    assert states(filled, "hat") == [OFF] * 5
    assert "hat" not in [c["slug"] for c in owner.get("/categories.json").get_json()["categories"]]
    assert owner.get("/c/hat").status_code == 404
    label = labels(filled, "hat")[0]
    assert owner.get(f"/images/{label}").status_code == 410
    wall = owner.get("/curate/c/hat")
    assert f"/curate/aside/off/{label}" in wall.text and "Switch this category on" in wall.text
    assert owner.get(f"/curate/aside/off/{label}").status_code == 200
    assert act(owner, "/curate/undo").get_json()["categories"] == ["hat", "mammal"]
    assert states(filled, "hat") == [LIVE] * 5


def test_forms_lead_back_to_these_pages_alone(owner: FlaskClient) -> None:
    for back, to in {
        "/curate/c/hat?state=live&after=0": "/curate/c/hat?state=live&after=0&done=undone-0",
        "https://evil.example/": "/curate?done=undone-0",
        "//evil.example/curate": "/curate?done=undone-0",
        "/curate\r\nSet-Cookie: a=b": "/curate?done=undone-0",
        "/curate/../../x": "/curate?done=undone-0",
    }.items():
        answer = owner.post("/curate/undo", data={"word": csrf_token_of(owner), "back": back})
        assert answer.headers["Location"] == to


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("reject", {"picture": "hat/none.webp"}, 404),
        ("reject", {"picture": "../../etc/passwd"}, 404),
        ("reject", {"picture": "hat/' OR 1=1 --"}, 404),
        ("reject", {"picture": "\x00" * 50}, 404),
        ("reject", {}, 200),
        ("restore", {"picture": "nonsense"}, 404),
        ("category", {"category": "hut", "switch": "off"}, 404),
        ("category", {"category": "<script>" * 50, "switch": "off"}, 404),
        ("reject", {"picture": "x" * 100_000}, 413),
    ],
)
def test_bad_input_is_one_line_of_json(
    filled: Filled, owner: FlaskClient, path: str, data: dict[str, str], status: int
) -> None:
    answer = act(owner, f"/curate/{path}", **data)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert set(json.loads(answer.text)["error"]) == {"status", "message", "hint"}
        assert len(answer.text) < 600
    assert states(filled, "hat") == [LIVE] * 5
