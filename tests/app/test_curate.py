"""The owner's pages: who gets in, what forms may do, what is off where nothing can be written."""

import json
import logging
import re
import sqlite3
import stat
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from app.curate_session import WRONG_TOKENS, Patience
from app.curate_token import TOKEN_FILE, OwnerToken, hash_of
from store.states import LIVE, OFF, REJECTED
from store.tables import category, image
from tests.conftest import COUNTS, Filled


@pytest.fixture
def token(filled: Filled) -> str:
    return OwnerToken(filled.settings).make()


@pytest.fixture
def owner(filled: Filled, token: str) -> FlaskClient:
    client = create_app(filled.settings).test_client()
    assert enter(client, token).status_code == 303
    return client


def word_of(client: FlaskClient, path: str = "/curate") -> str:
    found = re.search(r'name="word" value="([0-9a-f]{64})"', client.get(path).text)
    assert found is not None
    return found[1]


def enter(client: FlaskClient, token: str, **more: object):
    data = {"word": word_of(client), "token": token}
    return client.post("/curate/enter", data=data, **more)  # type: ignore[arg-type]


def states(filled: Filled, slug: str) -> list[str]:
    with filled.engine.connect() as connection:
        statement = select(image.c.state).join(category).where(category.c.slug == slug)
        return list(connection.execute(statement.order_by(image.c.id)).scalars())


def labels(filled: Filled, slug: str) -> list[str]:
    return [f"{c}/{f}" for c, f in filled.files if c == slug]


def act(client: FlaskClient, path: str, **data: object):
    return client.post(
        path, data={"word": word_of(client), **data}, headers={"Accept": "application/json"}
    )


def test_without_a_token_it_is_off_and_says_how_to_begin(client: FlaskClient) -> None:
    for path in ("/curate", "/curate/c/hat", "/curate/duplicates"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "flask curate token --new" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    answer = client.post("/curate/reject", data={}, headers={"Accept": "application/json"})
    assert answer.status_code == 403 and "token" in answer.json["error"]["message"]


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
        assert answer.json["error"]["hint"] == "enter the token at /curate"
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
    word = word_of(client)
    enter(client, token)
    assert word_of(client) != word
    thief = create_app(filled.settings).test_client()
    thief.set_cookie("curate", planted, path="/curate")
    assert thief.get("/curate/c/hat").status_code == 303


def test_a_hundred_wrong_tokens(
    token: str, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    word = word_of(client)
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
    monkeypatch.setattr("app.curate_session.time.monotonic", lambda: now)
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


@pytest.mark.parametrize("path", ["enter", "reject", "restore", "undo", "category", "leave"])
def test_every_form_needs_its_word(
    filled: Filled, owner: FlaskClient, token: str, path: str
) -> None:
    data = {"picture": labels(filled, "hat"), "category": "hat", "switch": "off", "token": token}
    other = create_app(filled.settings).test_client()
    for word in ("", "0" * 64, word_of(other), "ü"):
        answer = owner.post(f"/curate/{path}", data={**data, "word": word})
        assert answer.status_code == 403 and "not from here" in answer.text
    assert owner.get(f"/curate/{path}").status_code == 405
    right = {**data, "word": word_of(owner)}
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
    assert again.json["pictures"] == []
    seen = owner.get(f"/curate/aside/rejected/{label}")
    assert seen.data == filled.files[tuple(label.split("/"))]  # type: ignore[index]
    assert "private" in seen.headers["Cache-Control"]
    undone = act(owner, "/curate/undo")
    assert undone.json["act"] == "reject" and undone.json["pictures"] == [label]
    assert visitor.get(f"/i/{number}").status_code == 200
    assert act(owner, "/curate/undo").json["act"] is None


def test_a_category_off_and_on_by_form(filled: Filled, owner: FlaskClient) -> None:
    data = {"word": word_of(owner), "category": ["hat", "mammal"], "switch": "off"}
    answer = owner.post("/curate/category", data={**data, "back": "/curate"})
    assert answer.headers["Location"] == "/curate?done=off-12"
    assert "12 pictures left the site" in owner.get("/curate?done=off-12").text
    assert states(filled, "hat") == [OFF] * 5
    assert "hat" not in [c["slug"] for c in owner.get("/categories.json").json["categories"]]
    assert owner.get("/c/hat").status_code == 404
    label = labels(filled, "hat")[0]
    assert owner.get(f"/images/{label}").status_code == 410
    wall = owner.get("/curate/c/hat")
    assert f"/curate/aside/off/{label}" in wall.text and "Switch this category on" in wall.text
    assert owner.get(f"/curate/aside/off/{label}").status_code == 200
    assert act(owner, "/curate/undo").json["categories"] == ["hat", "mammal"]
    assert states(filled, "hat") == [LIVE] * 5


def test_walls_show_each_picture_once(filled: Filled, owner: FlaskClient) -> None:
    overview = owner.get("/curate").text
    walls = re.findall(r'<th scope="row"><a href="(/curate/c/[a-z0-9_]+)"', overview)
    assert len(walls) == len(COUNTS)
    found = []
    path = "/curate/c/" + walls[0].rpartition("/")[2]
    while path != "/curate":
        page = owner.get(path).text
        found += re.findall(r'name="picture" value="([^"]+)"', page)
        path = re.search(r'class="onward" href="([^"]+)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert sorted(found) == sorted(f"{c}/{f}" for c, f in filled.files)


def test_forms_lead_back_to_these_pages_alone(owner: FlaskClient) -> None:
    for back, to in {
        "/curate/c/hat?state=live&after=0": "/curate/c/hat?state=live&after=0&done=undone-0",
        "https://evil.example/": "/curate?done=undone-0",
        "//evil.example/curate": "/curate?done=undone-0",
        "/curate\r\nSet-Cookie: a=b": "/curate?done=undone-0",
        "/curate/../../x": "/curate?done=undone-0",
    }.items():
        answer = owner.post("/curate/undo", data={"word": word_of(owner), "back": back})
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


@pytest.mark.parametrize(
    "path",
    ["c/hut", "c/hat?state=gone", "c/hat?after=x", "c/hat?after=-1", "duplicates?category=hut",
     "duplicates?from=x", "aside/rejected/hat/none.webp", "aside/live/hat/none.webp",
     "aside/rejected/..%2f/key", "aside/../hat/key"],
)  # fmt: skip
def test_addresses_that_show_nothing(owner: FlaskClient, path: str) -> None:
    assert owner.get(f"/curate/{path}").status_code == 404


def test_every_group_of_duplicates_is_shown_though_those_before_are_rejected(
    filled: Filled, owner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rejecting a group's pictures dissolves it, and its page is asked for no more."""
    monkeypatch.setattr("app.curate.GROUPS", 1)
    with filled.engine.begin() as connection:
        ids = list(connection.execute(select(image.c.id).order_by(image.c.category_id, image.c.id)))
        for place, (each,) in enumerate(ids):  # pairs of neighbours look alike
            phash = f"{(place // 2 + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}"
            connection.execute(image.update().where(image.c.id == each).values(phash=phash))
    path, rejected = "/curate/duplicates", []
    for _ in range(len(ids)):
        page = owner.get(path).text
        chosen = re.findall(r'name="picture" value="([^"]+)"[^>]* checked', page)
        assert len(chosen) == 1
        assert act(owner, "/curate/reject", picture=chosen).json == {
            "done": "rejected", "count": 1, "pictures": chosen,
        }  # fmt: skip
        rejected += chosen
        following = re.search(r'href="(/curate/duplicates\?[^"]+)" rel="next"', page)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    # 7, 3, 5 and 4 pictures
    assert len(rejected) == len(set(rejected)) == 7
    assert "No two pictures of a category look alike" in owner.get("/curate/duplicates").text


def test_names_with_quotes_and_markup_are_shown_as_they_are(filled: Filled, token: str) -> None:
    with filled.engine.begin() as connection:
        name = """<b>"x" & 'y'</b>"""
        connection.execute(category.update().where(category.c.slug == "hat").values(name=name))
    client = create_app(filled.settings).test_client()
    enter(client, token)
    for path in ("/curate", "/curate/c/hat"):
        text = client.get(path).text
        assert "<b>" not in text and "&lt;b&gt;" in text


@pytest.mark.sqlite
def test_read_only_says_so_and_is_off(
    filled: Filled, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root writes through any mode, so SQLite is asked to refuse: by its own file's mode."""
    client = create_app(filled.settings).test_client()
    enter(client, token)
    path = filled.settings.sqlite_path
    assert path is not None

    def refusing(*_: object) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False,
                               isolation_level=None)  # fmt: skip

    word = word_of(client)
    monkeypatch.setattr("store.database._connect_sqlite", refusing)
    for answer in (
        client.get("/curate"),
        client.get("/curate/c/hat"),
        client.post("/curate/reject", data={"word": word, "picture": labels(filled, "hat")[0]}),
    ):
        assert answer.status_code == 403
        assert "index cannot be written" in answer.text and "readonly" in answer.text
    assert client.get("/").status_code == 200
    result = (
        create_app(filled.settings)
        .test_cli_runner()
        .invoke(args=["curate", "reject", labels(filled, "hat")[0]])
    )
    assert result.exit_code == 1
    assert "nothing can be curated here: the index cannot be written" in result.output
    assert states(filled, "hat") == [LIVE] * 5


@pytest.mark.folder  # a bucket is not asked before it is written to
def test_a_store_that_cannot_be_written_is_off(filled: Filled, token: str) -> None:
    client = create_app(filled.settings).test_client()
    enter(client, token)
    kept = filled.settings.images_folder
    kept.rename(kept.with_name("elsewhere"))
    kept.write_text("no folder")
    answer = client.get("/curate")
    assert answer.status_code == 403 and "the store cannot be written" in answer.text


def test_rejected_pictures_can_be_looked_through_and_come_back(
    filled: Filled, owner: FlaskClient
) -> None:
    some = labels(filled, "hat")[:2]
    act(owner, "/curate/reject", picture=some)
    page = owner.get("/curate/c/hat?state=rejected").text
    assert re.findall(r'name="picture" value="([^"]+)"', page) == some
    assert act(owner, "/curate/restore", picture=some).json["pictures"] == some
    assert states(filled, "hat") == [LIVE] * 5
    with filled.engine.connect() as connection:
        found = connection.execute(select(image.c.state).where(image.c.state == REJECTED)).all()
    assert found == []


def test_thousands_of_categories(filled: Filled, owner: FlaskClient) -> None:
    with filled.engine.begin() as connection:
        rows = [{"slug": f"c{n}", "name": f"kind {n}", "n": 0} for n in range(3000)]
        connection.execute(category.insert(), rows)
    page = owner.get("/curate")
    assert page.status_code == 200 and page.text.count('<th scope="row">') == 3000 + len(COUNTS)
    assert "3003 of 3004" in owner.get("/curate/c/c999").text
