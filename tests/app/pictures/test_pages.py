"""`/` and `/c/<category>/random`: what is shown, what is new each time, what is never cached."""

import re

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.rendering.taglines import LINES, Taglines
from core.settings import Settings
from store.files.protocol import digest
from tests.app.conftest import one, shown
from tests.conftest import NAMES, Filled, small_picture


def test_the_page_shows_a_picture_of_the_store_and_says_what_it_is_not(
    client: FlaskClient, filled: Filled
) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    page = shown(response)
    _, _, category, file = page["picture"].split("/")
    assert (category, file) in filled.files
    assert page["heading"] == f"This {NAMES[category]} does not exist"
    assert page["alternative"].startswith("A generated picture of a")
    assert page["alternative"].endswith(f"{NAMES[category]} that does not exist.")
    assert page["name"] in page["line"]
    assert page["line"].replace(page["name"], "{name}") in LINES[1]
    walk = rf"/\?walk={page['permalink'][3:15]}[0-9a-f]{{8}}\.1"
    assert re.fullmatch(walk, page["another"])
    assert client.get(page["picture"]).data == filled.files[category, file]


def test_name_and_picture_are_new_at_every_refresh(client: FlaskClient) -> None:
    pages = [shown(client.get("/")) for _ in range(60)]
    assert len({page["name"] for page in pages}) > 55
    assert len({page["picture"] for page in pages}) > 10
    assert len({page["line"].replace(page["name"], "") for page in pages}) > 5


def test_the_name_is_in_the_visitors_language(client: FlaskClient) -> None:
    page = shown(client.get("/", headers={"Accept-Language": "ja,en;q=0.5"}))
    assert page["lang"] == "ja-JP"
    assert re.search(r"[぀-ヿ一-鿿]", page["name"])
    page = shown(client.get("/", headers={"Accept-Language": "fa"}))
    assert page["lang"] == "fa-IR" and re.search(r"[؀-ۿ]", page["name"])


def test_what_looks_like_markup_is_shown_as_text(filled: Filled) -> None:
    filled.add("fish_2", {"plain.webp": small_picture(900)})
    client = create_app(filled.settings).test_client()
    text = client.get("/c/fish_2/random").text
    assert "This <em>fish &amp; chips</em> does not exist" in text
    assert "fish & chips" not in text


def test_a_category_page_stays_in_its_category(client: FlaskClient) -> None:
    pages = [shown(client.get("/c/asian_dish/random")) for _ in range(60)]
    assert {page["picture"].split("/")[2] for page in pages} == {"asian_dish"}
    assert len({page["picture"] for page in pages}) == 3
    assert {page["another"] for page in pages} == {"/c/asian_dish/random"}
    assert pages[0]["alternative"] == "A generated picture of an Asian dish that does not exist."
    assert shown(client.get(pages[0]["permalink"]))["name"] == pages[0]["name"]


def test_an_unknown_category_suggests_the_nearest(client: FlaskClient) -> None:
    response = client.get("/c/mamal/random")
    assert response.status_code == 404
    assert "There is no category mamal. Did you mean mammal?" in response.text
    assert 'href="/c/mammal"' in response.text
    assert client.get("/c/" + "x" * 3000 + "/random").status_code == 404


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_a_picture_deleted_by_hand_is_passed_over(client: FlaskClient, filled: Filled) -> None:
    gone = [key for key in filled.files if key[0] == "hat"][:4]
    for category, file in gone:
        filled.path(category, file).unlink()
    seen = {shown(client.get("/c/hat/random"))["picture"] for _ in range(40)}
    (left,) = (f"/images/{c}/{f}" for c, f in filled.files if c == "hat" and (c, f) not in gone)
    assert seen == {left}


@pytest.mark.folder  # by hand nothing is deleted in a bucket: it believes the index
def test_a_store_whose_files_are_gone_says_so(client: FlaskClient, filled: Filled) -> None:
    for category, file in filled.files:
        filled.path(category, file).unlink()
    response = client.get("/")
    assert response.status_code == 503
    assert "flask verify" in response.text


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_is_only_read(client: FlaskClient, method: str) -> None:
    response = getattr(client, method)("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_head_is_get_without_a_body(client: FlaskClient) -> None:
    response = client.head("/")
    assert response.status_code == 200 and response.data == b""


def test_the_page_is_light(client: FlaskClient) -> None:
    """Page, styles, scripts, type, paper and icon: below 30 kB, the picture aside."""
    text = client.get("/").text
    sizes = {"/": len(text)}
    style = client.get(one(r'href="(/static/style[^"]+)"', text)).text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    beside = {f"/static/{name}" for name in re.findall(r"url\(([^)]+)\)", style)}
    for address in {*addresses, *beside}:
        response = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 200
        packed = response.headers.get("Content-Encoding") == "gzip"
        assert packed or address.endswith(".woff2")
        sizes[address] = len(response.data)
    assert len(sizes) == 9
    assert sum(sizes.values()) < 30_000, sizes


def test_an_adopted_name_says_which_bytes_are_meant(settings: Settings, filled: Filled) -> None:
    data = small_picture(901)
    filled.add("pizza", {"00042.webp": data})
    page = shown(create_app(settings).test_client().get("/c/pizza/random"))
    assert page["picture"] == f"/images/pizza/00042.webp?v={digest(data)[:12]}"


@pytest.mark.parametrize(
    ("method", "address", "by_flask"),
    [
        ("GET", "/", False),
        ("GET", "/?walk=0123456789ab01234567.3", False),
        ("HEAD", "/", True),
        ("POST", "/", True),
        ("GET", "/?walk=0123456789ab01234567.3&utm=x", True),
        ("GET", "/?utm=x", True),
        ("GET", "/?walk=nonsense", True),
        ("GET", "/c/asian_dish/random", True),
    ],
)
def test_what_visitors_turn_is_answered_in_front_of_flask(
    filled: Filled, method: str, address: str, by_flask: bool
) -> None:
    app = create_app(filled.settings)
    seen: list[str] = []
    app.before_request(lambda: seen.append(address))
    response = app.test_client().open(address, method=method)
    assert bool(seen) == by_flask
    assert response.status_code in ({405} if method == "POST" else {200, 404})


def test_both_answers_have_the_same_headers(filled: Filled) -> None:
    client = create_app(filled.settings).test_client()

    def headers(method: str) -> dict[str, str]:
        found = dict(client.open("/", method=method).headers)
        assert 1000 < int(found.pop("Content-Length")) < 10_000
        return {name: re.sub("nonce-[^']+", "nonce", value) for name, value in found.items()}

    assert headers("GET") == headers("HEAD")


@pytest.mark.parametrize("address", ["/", "/?walk=0123456789ab01234567.3"])
def test_what_goes_wrong_in_front_is_said_by_flask(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    app = create_app(filled.settings)
    tries: list[str] = []

    def broken(_taglines: Taglines, short_hash: str, *_: object) -> str:
        tries.append(short_hash)
        raise ZeroDivisionError

    monkeypatch.setattr(Taglines, "line", broken)
    response = app.test_client().get(address)
    assert response.status_code == 500
    assert "<h1>" in response.text and "ZeroDivision" not in response.text
    assert len(tries) == 1  # nothing is asked or drawn once more to say so
