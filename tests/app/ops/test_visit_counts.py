"""Visits, pages and hearts: counted where the owner wants it, and nothing of who."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.curate.token import OwnerToken
from app.ops.visit_counts import FILE, Day, VisitCounts
from core.settings import Settings
from store.files.protocol import digest
from tests.app.conftest import app_with
from tests.app.curate.forms import enter
from tests.conftest import Filled

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(filled: Filled) -> Flask:
    return app_with(filled.settings, count_visits=1)


def opened(client: FlaskClient, address: str, site: str = "none", **headers: str) -> int:
    """Open an address as a browser does; return the status."""
    told = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": site, "Accept": "text/html"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(address, headers=told).status_code


def counted(app: Flask) -> Day:
    return app.extensions["site"].visits.last_days(2)[0]  # type: ignore[no-any-return]


def test_pages_and_visits_are_told_apart(app: Flask) -> None:
    client = app.test_client()
    for address in ("/", "/gallery", "/c/hat"):
        assert opened(client, address) == 200
    assert opened(client, "/about", site="cross-site") == 200
    assert opened(client, "/play", site="same-origin") == 200
    assert opened(client, "/", Cache_Control="max-age=0") == 200  # once more
    today = datetime.now(UTC).date().isoformat()
    assert counted(app) == Day(today, visits=4, pages=6, likes=0)


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/", {"Sec_Fetch_Dest": "", "Sec_Fetch_Site": ""}),  # no browser, or no TLS
        ("/nothing", {}),
        ("/curate", {}),
        ("/random.webp", {}),
        ("/", {"Sec_Purpose": "prefetch;prerender"}),
        ("/gallery", {"Sec_Fetch_Dest": "empty", "Sec_Fetch_Site": "same-origin"}),
    ],
)
def test_what_is_no_look_at_a_page_is_not_counted(
    app: Flask, address: str, headers: dict[str, str]
) -> None:
    opened(app.test_client(), address, **headers)
    assert counted(app)[1:] == (0, 0, 0)


def press(client: FlaskClient, picture: str, act: str = "like", **headers: str) -> int:
    data = {"picture": picture, "act": act}
    return client.post("/likes", data=data, headers={**HERE, **headers}).status_code


def test_hearts_are_counted_by_picture(app: Flask, filled: Filled) -> None:
    client = app.test_client()
    hats = [digest(data)[:12] for (category, _), data in filled.files.items() if category == "hat"]
    for picture in (hats[0], hats[1], hats[1], hats[2]):
        assert press(client, picture) == 204
    assert press(client, hats[2], "unlike") == 204
    visits: VisitCounts = app.extensions["site"].visits
    assert visits.most_liked(9) == [(hats[1], 2), (hats[0], 1)]
    assert counted(app).likes == 4
    assert press(client, hats[0], "love") == 400
    assert press(client, "0" * 12) == 404 and press(client, "x") == 404
    for site in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        assert press(client, hats[0], **site) == 403
    for _ in range(400):
        visits.like(hats[0], 1)
    assert 280 < visits.most_liked(1)[0][1] < 320  # of a flood


def test_the_owner_sees_them(app: Flask, filled: Filled) -> None:
    token = OwnerToken(filled.settings).make()
    owner = app.test_client()
    refused = owner.get("/curate/counts", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["Location"]) == (303, "/curate")
    assert enter(owner, token).status_code == 303
    _, _, data = filled.some("hat")
    opened(owner, "/")
    press(owner, digest(data)[:12])
    text = owner.get("/curate/counts").text
    assert "1 visit in 28 days, 1 page, 1 heart." in text
    assert f'href="/i/{digest(data)[:12]}"' in text
    assert 'href="/curate/counts"' in owner.get("/curate").text


def test_what_is_kept_is_numbers_alone(app: Flask, filled: Filled) -> None:
    client = app.test_client()
    opened(client, "/", User_Agent="Firefox", X_Forwarded_For="192.0.2.7")
    press(client, digest(filled.some()[2])[:12])
    counted(app)
    path = filled.settings.instance_folder / FILE
    with closing(sqlite3.connect(path)) as database:
        tables = {
            name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    assert tables == {"day_count": ["day", "what", "n"], "like_count": ["short_hash", "n"]}
    assert b"Firefox" not in path.read_bytes() and b"192.0.2" not in path.read_bytes()


def test_workers_and_later_ones_add_up(filled: Filled) -> None:
    settings = replace(filled.settings, count_visits=1)
    for _ in range(2):
        app = create_app(settings)
        opened(app.test_client(), "/")
        app.extensions["site"].visits.keep()
    assert counted(create_app(settings)).visits == 2


def test_what_cannot_be_written_is_let_go(filled: Filled) -> None:
    settings = replace(filled.settings, count_visits=1)
    (settings.instance_folder / FILE).mkdir()
    app = create_app(settings)
    assert opened(app.test_client(), "/") == 200
    assert counted(app)[1:] == (0, 0, 0)


def test_nothing_is_counted_unless_it_is_wanted(settings: Settings, filled: Filled) -> None:
    client = create_app(settings).test_client()
    page = client.get("/").text
    assert opened(client, "/") == 200 and press(client, "0" * 12) in (404, 405)
    assert "data-likes" not in page and "What is counted" not in client.get("/about").text
    assert not (Path(settings.instance_folder) / FILE).exists()
    on = app_with(settings, count_visits=1).test_client()
    assert 'data-likes="/likes"' in on.get("/").text
    assert "What is counted" in on.get("/about").text
    assert filled.files
