"""The picture of the day, its address as text, and the feed of the last days."""

import io
import re
from datetime import UTC, date, datetime, timedelta, timezone
from xml.etree import ElementTree as Xml

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from app.embeds.days import Days
from store.files.protocol import digest
from store.index.states import REJECTED
from tests.conftest import Filled

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def app(filled: Filled) -> Flask:
    return create_app(filled.settings)


def days_at(app: Flask, moment: datetime) -> Days:
    return Days(app.extensions["site"], lambda: moment)


def test_a_day_begins_at_midnight_of_utc_wherever_the_clock_is(app: Flask) -> None:
    auckland, honolulu = timezone(timedelta(hours=13)), timezone(timedelta(hours=-10))
    for moment in (
        datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 1, 12, 59, 59, tzinfo=auckland),
        datetime(2026, 11, 30, 13, 59, 59, tzinfo=honolulu),
    ):
        assert days_at(app, moment).today() == date(2026, 11, 30)
        assert days_at(app, moment + timedelta(seconds=1)).today() == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("clock", "age"),
    [((0, 0, 0), 3600), ((23, 0, 0), 3600), ((23, 59, 0), 60), ((23, 59, 59), 1)],
)
def test_nobody_keeps_yesterdays_picture(app: Flask, clock: tuple[int, int, int], age: int) -> None:
    days = days_at(app, datetime(2026, 11, 30, *clock, tzinfo=UTC))
    assert days.cache_control == f"public, max-age={age}"


def test_days_have_pictures_of_their_own_and_keep_them(app: Flask) -> None:
    days = days_at(app, datetime(2026, 11, 30, tzinfo=UTC))
    listed = days.last(14)
    assert listed[0] == date(2026, 11, 30) and listed[13] == date(2026, 11, 17)
    found = [days.picture(day).short_hash for day in listed]
    assert found == [days.picture(day).short_hash for day in listed]
    assert len(set(found)) > 5


def test_today_is_the_picture_of_its_date(client: FlaskClient) -> None:
    day = datetime.now(UTC).date()
    page = client.get("/today")
    assert page.status_code == 302
    of_date = client.get(f"/seed/{day}.webp").headers["Location"]
    if datetime.now(UTC).date() != day:
        pytest.skip("midnight")
    assert page.headers["Location"][3:] in of_date
    image = client.get("/today.png")
    assert image.headers["Link"][4:16] == page.headers["Location"][3:]
    assert image.headers["Cache-Control"].startswith("public, max-age=")
    assert Image.open(io.BytesIO(image.data)).size == (512, 512)
    exact = client.get("/today/40/30.webp?category=hat&fit=crop")
    assert Image.open(io.BytesIO(exact.data)).size == (40, 30)
    assert client.get("/today.gif").status_code == 404
    assert client.get("/today/0/30").status_code == 400


@pytest.mark.parametrize("path", ["/random.txt", "/today.txt", "/random.txt?size=128&category=hat"])
def test_an_address_as_plain_text(client: FlaskClient, path: str) -> None:
    answer = client.get(path, base_url="https://things.example")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    address = answer.text.removesuffix("\n")
    assert re.fullmatch(r"https://things\.example/(images|sized)/\S+", address)
    assert client.get(address).status_code == 200
    if path.startswith("/random"):
        assert answer.headers["Cache-Control"] == "no-store"


def test_text_refuses_what_pictures_refuse(client: FlaskClient) -> None:
    assert client.get("/random.txt?size=100").status_code == 400
    assert client.get("/random.txt?category=ht").status_code == 404


def test_the_feed_has_an_entry_a_day(client: FlaskClient) -> None:
    answer = client.get("/feed.xml", base_url="https://things.example")
    assert answer.headers["Content-Type"] == "application/atom+xml"
    root = Xml.fromstring(answer.data)
    assert root.tag == f"{ATOM}feed"
    for tag in ("title", "id", "updated"):  # what Atom asks for
        assert root.findtext(f"{ATOM}{tag}")
    entries = root.findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(entries) == len(set(ids)) == 14
    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None and client.get(link.attrib["href"]).status_code == 200
        content = entry.findtext(f"{ATOM}content")
        assert content is not None
        source = re.search(r'src="https://things\.example([^"]+)"', content)
        assert source is not None and source[1].startswith("/sized/512/")
        assert str(entry.findtext(f"{ATOM}author/{ATOM}name")) in content
        assert re.search(r"This .+ does not exist", str(entry.findtext(f"{ATOM}title")))
    known = client.get(
        "/feed.xml",
        base_url="https://things.example",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert known.status_code == 304


def test_what_names_hold_is_text_in_the_feed(filled: Filled) -> None:
    from dataclasses import replace

    client = create_app(replace(filled.settings, site_name='<b>&"things"')).test_client()
    root = Xml.fromstring(client.get("/feed.xml").data)
    assert str(root.findtext(f"{ATOM}title")).startswith('<b>&"things"')


def test_a_rejected_picture_leaves_its_day_to_another(client: FlaskClient, filled: Filled) -> None:
    before = client.get("/today").headers["Location"][3:]
    file = next(f for (_, f), data in filled.files.items() if digest(data)[:12] == before)
    filled.retire(file, REJECTED)
    assert client.get("/today").headers["Location"][3:] != before
    assert f"/i/{before}" not in client.get("/feed.xml").text


def test_pages_name_the_feed(client: FlaskClient) -> None:
    assert 'type="application/atom+xml" href="/feed.xml"' in client.get("/about").text
