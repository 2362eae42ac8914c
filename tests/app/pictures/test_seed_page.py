"""`/seed`: the picture of any words on a page."""

import html
import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("text", ["Ada", "a b&c", '"><script>', "名前", "x" * 1000])
@pytest.mark.parametrize("category", ["", "hat"])
def test_words_have_the_picture_that_their_address_gives(
    client: FlaskClient, text: str, category: str
) -> None:
    folder = f"/c/{category}" if category else ""
    address = client.get(f"{folder}/seed/{quote(text)}.webp").headers["Location"]
    page = client.get("/seed", query_string={"text": text, "category": category})
    assert page.status_code == 200
    assert f'<img src="{address}"' in page.text
    assert f'value="{html.escape(text)}"'.replace("&quot;", "&#34;") in page.text
    assert "<script>" not in page.text
    share = html.unescape(re.search(r'data-share="([^"]+)"', page.text)[1])  # type: ignore[index]
    assert f'<img src="{address}"' in client.get(share).text


def test_the_page_before_any_words(client: FlaskClient, bare: FlaskClient) -> None:
    for site in (client, bare):
        page = site.get("/seed")
        assert page.status_code == 200
        assert 'name="text"' in page.text and "<img" not in page.text
        assert re.search(r'<p class="tools"[^>]* hidden', page.text)
    assert '<a href="/seed">' in client.get("/").text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("text=", 400, "There is no text"),
        (f"text={'x' * 1001}", 414, "longer than 1000 bytes"),
        ("text=%EF%BF%BD", 400, "not UTF-8"),
        ("text=x&category=nothing", 404, "There is no category nothing"),
    ],
)
def test_what_gives_no_picture(client: FlaskClient, query: str, status: int, said: str) -> None:
    page = client.get(f"/seed?{query}", headers={"Accept": "text/html"})
    assert page.status_code == status
    assert said in page.text


def test_without_pictures(bare: FlaskClient) -> None:
    assert bare.get("/seed?text=Ada").status_code == 503
