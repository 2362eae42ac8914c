"""What every answer carries, and what none does; hosts; the site's own files."""

import re
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from core.settings import Settings
from tests.app.conftest import app_with, one, shown
from tests.conftest import Filled

PAGES = ["/", "/c/hat", "/categories", "/nothing", "/i/999999999", "/images/x/y"]
EVERY = [*PAGES, "/categories.json", "/healthz", "/robots.txt", "/favicon.ico"]


@pytest.mark.parametrize("address", EVERY)
def test_every_answer_is_guarded(client: FlaskClient, address: str) -> None:
    for headers in ({}, {"Accept": "application/json"}):
        response = client.get(address, headers=headers)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "geolocation=()" in response.headers["Permissions-Policy"]
        assert "Cache-Control" in response.headers
        assert "Set-Cookie" not in response.headers
        assert len(response.headers.getlist("Content-Security-Policy")) == 1


@pytest.mark.parametrize("address", ["/", "/i/999999999", "/nothing"])
def test_only_what_carries_the_nonce_of_this_answer_runs(client: FlaskClient, address: str) -> None:
    nonces = set()
    for _ in range(5):
        response = client.get(address)
        nonce = one(r"script-src 'nonce-([^']+)'", response.headers["Content-Security-Policy"])
        assert f"style-src 'nonce-{nonce}'" in response.headers["Content-Security-Policy"]
        tags = re.findall(
            r"<(?:script|style)\b[^>]*>|<link rel=\"stylesheet\"[^>]*>", response.text
        )
        assert len(tags) >= 2 and all(f'nonce="{nonce}"' in tag for tag in tags)
        assert not re.search(r"\sstyle=|\son[a-z]+=", response.text)
        nonces.add(nonce)
    assert len(nonces) == 5


def test_nothing_comes_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/")
    permalink = shown(page)["permalink"]
    for text in (page.text, client.get(permalink).text, client.get("/nothing").text):
        for address in re.findall(r'(?:src|href)="([^"]*)"', text):
            assert urlsplit(address).netloc in ("", "localhost"), address


def test_own_files_are_for_good_under_the_hash_of_their_content(client: FlaskClient) -> None:
    text = client.get("/").text
    addresses = re.findall(r'"(/static/[^"]+)"', text)
    assert len(addresses) == 7
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert int(response.headers["Content-Length"]) == len(response.data)
        again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304 and again.data == b""
        assert client.head(address).data == b""
        wrong = re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", address)
        assert client.get(wrong).status_code == 404
        assert client.post(address).status_code == 405


def test_robots_and_icon_have_fixed_names(client: FlaskClient) -> None:
    assert client.get("/robots.txt").headers["Content-Type"] == "text/plain; charset=utf-8"
    icon = client.get("/favicon.ico")
    assert icon.headers["Content-Type"] == "image/svg+xml"
    assert "immutable" not in icon.headers["Cache-Control"]


def test_the_health_check_says_what_it_has(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok", "index": "ready"}
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"


def test_the_health_check_without_an_index(bare: FlaskClient) -> None:
    assert bare.get("/healthz").get_json() == {"status": "ok", "index": "missing"}


@pytest.mark.parametrize("path", ["/", "/robots.txt", "picture", "style"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.org", 200),
        ("example.org:8000", 200),
        ("www.example.net", 200),
        ("evil.org", 400),
        ("example.org.evil.org", 400),
        ("notexample.net", 400),
        ("", 400),
    ],
)
def test_only_trusted_hosts_are_answered(filled: Filled, path: str, host: str, status: int) -> None:
    app = app_with(filled.settings, trusted_hosts=("example.org", ".example.net"))
    client = app.test_client()
    if path == "picture":
        path = "/images/{}/{}".format(*filled.some())
    if path == "style":
        page = client.get("/", headers={"Host": "example.org"}).text
        path = one(r'href="(/static/style[^"]+)"', page)
    response = client.get(path, headers={"Host": host})
    assert response.status_code == status
    if status == 400:
        assert "<h1>This request makes no sense</h1>" in response.text


def test_the_sites_name_is_a_setting_and_never_markup(settings: Settings) -> None:
    text = app_with(settings, site_name="A & <b> {{ 7 * 7 }} 50%").test_client().get("/").text
    assert "A &amp; &lt;b&gt; {{ 7 * 7 }} 50%</a>" in text


@pytest.mark.usefixtures("filled")
def test_the_sites_name_is_whole_on_the_quick_page_too(settings: Settings) -> None:
    text = app_with(settings, site_name="50% %(name)s {{x}}").test_client().get("/").text
    assert "50% %(name)s {{x}}</a>" in text


def test_a_trusted_proxy_says_how_the_visitor_came(settings: Settings, filled: Filled) -> None:
    told = {"X-Forwarded-Proto": "https", "Host": "nonesuch.example"}
    for count, scheme in ((0, "http"), (1, "https")):
        client = app_with(settings, proxy_count=count).test_client()
        kept = shown(client.get("/"))["permalink"]
        image = one(r'property="og:image" content="([^"]+)"', client.get(kept, headers=told).text)
        assert image.startswith(f"{scheme}://nonesuch.example/sized/512/")
    assert filled.files
