"""What the owner's pages show: every picture once, groups that look alike, what was rejected."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from store.index.states import LIVE, REJECTED
from store.index.tables import category, image
from tests.app.curate.forms import act, enter, labels, states
from tests.conftest import COUNTS, Filled


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
    monkeypatch.setattr("app.curate.views.GROUPS", 1)
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


def test_rejected_pictures_can_be_looked_through_and_come_back(
    filled: Filled, owner: FlaskClient
) -> None:
    some = labels(filled, "hat")[:2]
    act(owner, "/curate/reject", picture=some)
    page = owner.get("/curate/c/hat?state=rejected").text
    assert re.findall(r'name="picture" value="([^"]+)"', page) == some
    assert act(owner, "/curate/restore", picture=some).get_json()["pictures"] == some
    assert states(filled, "hat") == [LIVE] * 5
    with filled.engine.connect() as connection:
        found = connection.execute(select(image.c.state).where(image.c.state == REJECTED)).all()
    assert found == []


@pytest.mark.slow
def test_thousands_of_categories(filled: Filled, owner: FlaskClient) -> None:
    with filled.engine.begin() as connection:
        rows = [{"slug": f"c{n}", "name": f"kind {n}", "n": 0} for n in range(3000)]
        connection.execute(category.insert(), rows)
    page = owner.get("/curate")
    assert page.status_code == 200 and page.text.count('<th scope="row">') == 3000 + len(COUNTS)
    assert "3003 of 3004" in owner.get("/curate/c/c999").text
