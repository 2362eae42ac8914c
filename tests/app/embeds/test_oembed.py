"""`/oembed`: what a page of one picture shows, as oEmbed 1.0 has it."""

import html
import io
import re
from urllib.parse import quote
from xml.etree import ElementTree as Xml

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.app.conftest import shown

BASE = "https://things.example"


def asked(client: FlaskClient, query: str):  # type: ignore[no-untyped-def]
    return client.get(f"/oembed?{query}", base_url=BASE)


def test_a_page_leads_to_what_embeds_it_with_its_own_developer(client: FlaskClient) -> None:
    page = shown(client.get("/"))
    text = client.get(page["permalink"], base_url=BASE).text
    link = re.search(r'type="application/json\+oembed" href="([^"]+)"', text)
    assert link is not None
    told = client.get(html.unescape(link[1]), base_url=BASE).get_json()
    assert told["version"] == "1.0" and told["type"] == "photo"
    assert told["title"] == page["heading"]
    assert told["author_name"] == page["name"]
    assert told["provider_url"] == f"{BASE}/"
    image = client.get(told["url"])
    assert Image.open(io.BytesIO(image.data)).size == (told["width"], told["height"])


@pytest.mark.parametrize(
    ("bounds", "most"),
    [("", 1024), ("&maxwidth=200", 200), ("&maxheight=90&maxwidth=9999", 90), ("&maxwidth=1", 1)],
)
def test_it_stays_within_what_there_is_room_for(
    client: FlaskClient, bounds: str, most: int
) -> None:
    permalink = shown(client.get("/"))["permalink"]
    told = asked(client, f"url={quote(BASE + permalink, safe='')}{bounds}").get_json()
    assert max(told["width"], told["height"]) == most
    image = client.get(told["url"])
    assert Image.open(io.BytesIO(image.data)).size == (told["width"], told["height"])


def test_as_xml(client: FlaskClient) -> None:
    page = shown(client.get("/"))
    url = quote(BASE + page["permalink"], safe="")
    answer = asked(client, f"url={url}&format=xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    told = {element.tag: element.text for element in Xml.fromstring(answer.data)}
    as_json = asked(client, f"url={url}").get_json()
    assert told == {name: str(value) for name, value in as_json.items()}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=", 400),
        ("url=http://[", 400),
        (f"url={BASE}/i/000000000000", 404),
        (f"url={BASE}/gallery", 404),
        ("url=https://other.example/i/000000000000", 404),
        ("url=javascript:alert(1)", 404),
        (f"url={BASE}/i/%3Cscript%3E", 404),
        ("url=" + "x" * 10_000, 404),
        (f"url={BASE}/i/000000000000&format=yaml", 400),
        (f"url={BASE}/i/000000000000&maxwidth=0", 400),
        (f"url={BASE}/i/000000000000&maxwidth=12.5", 400),
    ],
)
def test_bad_calls_are_json(client: FlaskClient, query: str, status: int) -> None:
    answer = asked(client, query)
    assert answer.status_code == status
    assert 0 < len(answer.get_json()["error"]["message"]) < 200
