"""Where the site is: an address of its own, a path below which it lies, proxies, host names."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import request
from flask.testing import FlaskClient

from app import create_app
from core.setting_checks import SiteUrl, read_url
from core.settings import BadSetting, read_settings
from tests.app.conftest import app_with, one, shown
from tests.app.crawling import Page, addresses_in, crawl
from tests.app.walls.test_morphs import add_walk
from tests.conftest import Filled

OWN = "https://faces.example.org/nonesuch"


def fetcher(client: FlaskClient, mounted: str = "", **headers: str) -> Callable[[str], Page]:
    """Return what asks a client for pages as a browser does."""

    def fetch(address: str) -> Page:
        found = client.get(
            address,
            headers={"Accept": "text/html,*/*;q=0.8", **headers},
            base_url=f"http://localhost{mounted}",
        )
        is_page = found.headers.get("Content-Type", "").startswith("text/html")
        return Page(
            found.status_code, found.headers.get("Location", ""), found.text if is_page else ""
        )

    return fetch


def strays_in(page: Page) -> list[tuple[str, str]]:
    """Return the addresses of a page that do not lie below the site's path."""
    found = [*addresses_in(page.text), *([("location", page.location)] if page.location else [])]
    return [each for each in found if not f"{each[1]}/".startswith("/nonesuch/")]


def test_every_link_stays_below_the_path(filled: Filled) -> None:
    add_walk(filled.settings, 1, "hat")
    ask = fetcher(app_with(filled.settings, url=OWN).test_client())
    pages = crawl(ask, "/nonesuch/", "/nonesuch/morphs")
    assert {address: page.status for address, page in pages.items() if page.status >= 400} == {}
    assert {address: strays_in(page) for address, page in pages.items() if strays_in(page)} == {}
    for expected in ("gallery", "c/hat", "play", "seed", "api", "about", "morphs", "favourites"):
        assert f"/nonesuch/{expected}" in pages
    pictures = [address for address in pages if address.startswith("/nonesuch/images/")]
    assert len(pictures) == len(filled.files)
    assert 'data-base="/nonesuch/"' in pages["/nonesuch/"].text


@pytest.mark.parametrize("way", ["cut", "mounted", "prefix"])
def test_a_proxy_or_server_may_cut_the_path_off(filled: Filled, way: str) -> None:
    told = {"proxy_count": 1, "proxy_headers": ("prefix",)} if way == "prefix" else {}
    app = app_with(filled.settings, url=OWN if way == "cut" else "", **told)
    headers = {"X-Forwarded-Prefix": "/nonesuch/"} if way == "prefix" else {}
    ask = fetcher(app.test_client(), "/nonesuch" if way == "mounted" else "", **headers)
    for address in ("/", "/?walk=5.1", "/gallery", "/c/hat/random", "/random", "/play", "/curate"):
        page = ask(address)
        assert strays_in(page) == [], address
        assert addresses_in(page.text) or page.location.startswith("/nonesuch/images/")


def test_nothing_is_different_at_the_root(filled: Filled) -> None:
    text = app_with(filled.settings).test_client().get("/gallery").text
    assert "data-base" not in text and 'href="/categories"' in text


def test_cards_and_canonical_name_the_own_address(filled: Filled) -> None:
    client = app_with(filled.settings, url=OWN).test_client()
    for address in (shown_permalink(client), "/nonesuch/c/hat?page=1"):
        text = client.get(address, headers={"Host": "127.0.0.1:8001"}).text
        canonical = one(r'rel="canonical" href="([^"]+)"', text)
        assert canonical.startswith(f"{OWN}/") and "8001" not in text
        assert one(r'property="og:image" content="([^"]+)"', text).startswith(f"{OWN}/sized/512/")


def shown_permalink(client: FlaskClient) -> str:
    return one(r'href="(/nonesuch/i/[0-9a-f]{12}\?by=[^"]+)"', client.get("/").text)


def test_programs_get_addresses_below_the_path(filled: Filled) -> None:
    client = app_with(filled.settings, url=OWN).test_client()
    listed = client.get("/nonesuch/api/v1/images?limit=2").get_json()
    image = listed["images"][0]
    for address in (image["url"], image["page"], *image["sizes"].values(), listed["next"]):
        assert client.get(address).status_code == 200 and address.startswith("/nonesuch/")
    assert client.get("/api/v1/images?limit=2").headers["Link"].startswith("</nonesuch/api/")
    assert client.get("/api/v1/openapi.json").get_json()["servers"] == [{"url": "/nonesuch"}]
    for name, key in (("/api/v1/categories", "page"), ("/categories.json", "url")):
        first = client.get(name).get_json()["categories"][0]
        assert first[key] == f"/nonesuch/c/{first['slug']}"
    for name in ("/random.webp", "/seed/Ada.png", "/c/hat/seed/Ada/64.jpg"):
        led = client.get(name)
        assert led.status_code == 302 and led.headers["Location"].startswith("/nonesuch/")
        assert client.get(led.headers["Location"]).status_code == 200
    hint = client.get("/c/hst", headers={"Accept": "application/json"}).get_json()["error"]["hint"]
    assert hint == "did you mean hat?"
    gone = client.get("/play/picture/x", headers={"Accept": "application/json"}).get_json()
    assert gone["error"]["hint"] == "another begins at /nonesuch/play"


def test_the_game_and_the_owners_door_work_below_a_path(filled: Filled) -> None:
    token = "a word of the owner's"
    digest = hashlib.sha256(token.encode()).hexdigest()
    app = app_with(filled.settings, url=OWN, curate_token_hash=digest)
    client = app.test_client()
    page = client.get("/nonesuch/play").text
    form = {name: one(rf'name="{name}" value="([^"]+)"', page) for name in ("token", "level")}
    form["guess"] = one(r'name="guess" value="([^"]+)"', page)
    answer = client.post("/nonesuch/play", data=form, headers={"Accept": "application/json"})
    assert answer.get_json()["picture"].startswith("/nonesuch/i/")
    text = client.post("/nonesuch/play", data=form).text
    assert len(re.findall(r'href="/nonesuch/i/', text)) == 1
    door = client.get("/nonesuch/curate", base_url="https://faces.example.org")
    assert "Path=/nonesuch/curate;" in door.headers["Set-Cookie"]
    assert "Secure" in door.headers["Set-Cookie"]
    word = one(r'name="word" value="([^"]+)"', door.text)
    entered = client.post(
        one(r'action="([^"]+)"', door.text),
        data={"word": word, "token": token},
        base_url="https://faces.example.org",
    )
    assert entered.headers["Location"] == "/nonesuch/curate"
    inside = client.get("/nonesuch/curate", base_url="https://faces.example.org")
    assert 'href="/nonesuch/curate/c/hat"' in inside.text
    assert 'name="back" value="/curate"' in inside.text  # a redirect puts the path in front


@pytest.mark.parametrize(
    ("count", "headers", "expected"),
    [
        # a CDN and Heroku's router: each adds whom it saw, the router alone says how it was asked
        (2, {"For": "192.0.2.1, 198.51.100.7", "Proto": "https"}, ("https", "192.0.2.1")),
        (2, {"For": "203.0.113.9, 192.0.2.1, 198.51.100.7"}, ("http", "192.0.2.1")),
        (2, {"For": "192.0.2.1"}, ("http", "192.0.2.1")),  # past the CDN
        (1, {"For": "203.0.113.9, 192.0.2.1", "Proto": "https"}, ("https", "192.0.2.1")),
        (1, {"For": "", "Proto": "gopher"}, ("http", "127.0.0.1")),
        (0, {"For": "192.0.2.1", "Proto": "https"}, ("http", "127.0.0.1")),
    ],
)
def test_proxies_say_who_asks_and_how(
    filled: Filled, count: int, headers: dict[str, str], expected: tuple[str, str]
) -> None:
    app = app_with(filled.settings, proxy_count=count)
    seen = []
    app.before_request(lambda: seen.append((request.scheme, request.remote_addr)))
    app.test_client().get("/about", headers={f"X-Forwarded-{k}": v for k, v in headers.items()})
    assert seen == [expected]


def test_behind_a_cdn_and_a_router_each_visitor_has_a_limit(filled: Filled) -> None:
    client = app_with(filled.settings, proxy_count=2, api_calls_per_minute=2).test_client()

    def ask(who: str) -> int:
        told = {"X-Forwarded-For": f"{who}, 198.51.100.7", "X-Forwarded-Proto": "https"}
        return client.get("/api/v1/categories", headers=told).status_code

    assert [ask("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert ask("192.0.2.2") == 200


def test_a_visitor_cannot_say_where_the_site_is(filled: Filled) -> None:
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    text = app_with(filled.settings, proxy_count=1).test_client().get("/c/hat", headers=told).text
    assert "evil" not in text
    app = app_with(filled.settings, proxy_count=1, proxy_headers=("host", "prefix"))
    for prefix in ("//evil.example", '/"><script>', "/../x", "evil"):
        said = {"X-Forwarded-Host": "nice.example", "X-Forwarded-Prefix": prefix}
        text = app.test_client().get("/c/hat", headers=said).text
        assert 'rel="canonical" href="http://nice.example/c/hat"' in text
        assert "evil" not in text and 'href="/gallery"' in text


@pytest.mark.parametrize("host", ["10.0.0.5:8000", "[fd00::1]:8000", "other.example"])
def test_probers_may_ask_by_any_address(filled: Filled, host: str) -> None:
    settings = replace(filled.settings, trusted_hosts=("Example.org",))
    told = {"Host": host, "Authorization": "Bearer m"}
    client = app_with(settings, metrics_token="m").test_client()
    for check in ("/healthz", "/healthz/live", "/healthz/ready", "/metrics"):
        assert client.get(check, headers=told).status_code == 200, check
    client = create_app(settings).test_client()  # without figures, which other tests count
    for page in ("/", "/gallery", "/healthzz", "/metrics/x", "/robots.txt"):
        assert client.get(page, headers=told).status_code == 400, page


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("EXAMPLE.org", 200), ("example.ORG:8000", 200), ("WWW.Example.net", 200),
        ("[::1]:8000", 200), ("[::1]", 200), ("[::2]", 400), ("faces.example.org", 400),
    ],
)  # fmt: skip
def test_hosts_compare_without_case(filled: Filled, host: str, status: int) -> None:
    app = app_with(filled.settings, trusted_hosts=("Example.ORG", ".Example.NET", "[::1]"))
    for address in ("/", "/gallery"):
        assert app.test_client().get(address, headers={"Host": host}).status_code == status


def test_the_own_addresss_host_is_trusted(filled: Filled) -> None:
    client = app_with(filled.settings, url=OWN, trusted_hosts=("example.org",)).test_client()
    statuses = [
        client.get("/", headers={"Host": host}).status_code
        for host in ("faces.example.org", "example.org", "evil.example")
    ]
    assert statuses == [200, 200, 400]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Faces.Example.org", ("https", "faces.example.org", "")),
        ("https://example.org/", ("https", "example.org", "")),
        ("https://example.org:443/a/b/", ("https", "example.org", "/a/b")),
        ("http://[::1]:8000/x.y~z", ("http", "[::1]:8000", "/x.y~z")),
        ("http://example.org:80", ("http", "example.org", "")),
    ],
)
def test_an_address_in_parts(url: str, expected: tuple[str, str, str]) -> None:
    assert read_url(url) == SiteUrl(*expected)


@pytest.mark.parametrize(
    "setting",
    [
        {"NONESUCH_URL": url}
        for url in (
            "example.org", "ftp://example.org", "https://", "https://a b", "https://x/?a",
            "https://u:p@example.org", "https://example.org:99999", "https://example.org/a//b",
            "https://example.org/../x", "https://example.org/a b", "https://[::1", "https://.x",
            'https://example.org/"', "https://example.org/#",
        )
    ]
    + [{"SCRIPT_NAME": "pictures"}, {"SCRIPT_NAME": "/a b"}]
    + [{"NONESUCH_PROXY_HEADERS": "for,port"}],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line(setting: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"for example|choose from") as refused:
        read_settings(setting)
    assert len(str(refused.value).splitlines()) == 1
    assert next(iter(setting)) in str(refused.value)


def test_script_name_is_a_setting_of_either_server(filled: Filled) -> None:
    client = app_with(filled.settings, script_name="/pictures/").test_client()
    for address in ("/pictures", "/pictures/", "/"):
        assert 'href="/pictures/gallery"' in client.get(address).text
    assert client.get("/picturesque").status_code == 404
    kept = shown(app_with(filled.settings).test_client().get("/"))["permalink"]
    assert client.get(f"/pictures{kept}").status_code == 200
    assert json.loads(client.get("/pictures/healthz").text)["status"] == "ok"
