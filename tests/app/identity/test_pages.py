"""A site of one's own: its pages say and look like what site.toml says."""

import html
import json
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.curate.token import OwnerToken
from app.http.site_address import links_below
from store.queries.reader import IndexReader
from tests.app.conftest import one
from tests.conftest import Filled

OWN = """
name = "Kleine Hüte & Co"
tagline = "Nobody was drawn."
language = "de"
sentence = "Diesen *{name}* gibt es nicht"
alternative = "Kein Bild von {article} {name}"
lines = ["Von {developer} <gezeichnet>.", "Niemand."]
icon = "icon.png"
about = '''
We keep *hats*.
## Imprint
Jane Doe
'''

[links]
Imprint = "/about#imprint"
Contact = "mailto:jane@example.org"

[colours]
wall = "#fff8e7"
ink = "#102030"
accent = "#8b0000"

[typefaces]
title = "title.woff2"

[categories.hat]
name = "Zylinder <hoch>"
plural = "Zylinder"
article = "einem"
sentence = "Diese {plural} gibt es nicht"

[head]
html = '<script>window.counted = 1</script><script src="https://count.example.org/c.js"></script>'
[head.csp]
script-src = ["https://count.example.org"]
"""


def write(filled: Filled, text: str) -> FlaskClient:
    folder = filled.settings.instance_folder
    (folder / "icon.png").write_bytes(b"\x89PNG...")
    (folder / "title.woff2").write_bytes(b"wOF2...")
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return create_app(filled.settings).test_client()


@pytest.fixture
def own(filled: Filled) -> FlaskClient:
    return write(filled, OWN)


def test_a_picture_is_spoken_of_in_the_owners_words(own: FlaskClient) -> None:
    page = own.get("/c/mammal/random").text
    assert '<h1 lang="de">Diesen <em>mammal</em> gibt es nicht</h1>' in page
    assert "<title>Diesen mammal gibt es nicht · Kleine Hüte &amp; Co</title>" in page
    assert one(r' alt="([^"]+)"', page) == "Kein Bild von a mammal."
    hat = own.get("/c/hat/random").text
    assert '<h1 lang="de">Diese <em>Zylinder</em> gibt es nicht</h1>' in hat
    assert one(r' alt="([^"]+)"', hat) == "Kein Bild von einem Zylinder &lt;hoch&gt;."
    assert '<p lang="de">Nobody was drawn.</p>' in page
    assert '<a href="/about#imprint">Imprint</a>\n<a href="mailto:jane@example.org">' in page


def line_of(page: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", one(r'<p class="line"[^>]*>(.*?)</p>', page)))


def line_and_link(page: str) -> tuple[str, str]:
    return line_of(page), html.unescape(one(r'href="(/i/[^"]+)">Link to', page))


def test_lines_are_the_owners_and_a_link_keeps_its_own(own: FlaskClient, filled: Filled) -> None:
    before = [line_and_link(own.get("/").text) for _ in range(30)]
    assert {re.sub("Von .* <", "Von X <", line) for line, _ in before} == {
        "Von X <gezeichnet>.",
        "Niemand.",
    }
    assert '<p class="line" lang="de">' in own.get("/").text
    more = write(filled, OWN.replace('"Niemand."]', '"Niemand.", "Keiner."]'))
    after = [line_of(more.get(link).text) for _, link in before]
    moved = [new for (old, _), new in zip(before, after, strict=True) if new != old]
    assert set(moved) <= {"Keiner."} and len(moved) < 25  # a third of 30


def test_a_link_of_before_keeps_its_line(filled: Filled) -> None:
    line, link = line_and_link(write(filled, 'name = "X"').get("/").text)
    own = write(filled, OWN)
    assert line_of(own.get(link).text) == line


def test_names_are_the_owners_everywhere(own: FlaskClient) -> None:
    listed = own.get("/categories.json").get_json()["categories"]
    assert [each["name"] for each in listed if each["slug"] == "hat"] == ["Zylinder <hoch>"]
    assert "5 <em>Zylinder</em>. None exist." in own.get("/c/hat").text
    assert 'alt="Zylinder &lt;hoch&gt;"' in own.get("/c/hat").text
    images = own.get("/api/v1/images?category=hat").get_json()["images"]
    assert {image["category"]["name"] for image in images} == {"Zylinder <hoch>"}
    assert {image["title"] for image in images} == {"Diese Zylinder gibt es nicht"}
    drawn = own.get("/api/v1/random?category=hat").get_json()["images"]
    assert drawn[0]["category"]["name"] == "Zylinder <hoch>"
    assert own.get("/api/v1/openapi.json").get_json()["info"]["title"].startswith("Kleine Hüte")
    seed = own.get("/seed?text=x&category=hat").text
    assert '<h1 lang="de">Diese <em>Zylinder</em> gibt es nicht</h1>' in seed


def test_about_has_the_owners_text_and_tells_of_what_is_loaded(own: FlaskClient) -> None:
    page = own.get("/about").text
    assert "<p>We keep <em>hats</em>.</p>" in page and '<h2 id="imprint">Imprint</h2>' in page
    assert "nobody else’s scripts" not in page
    assert "comes from count.example.org" in page


def test_the_head_is_on_every_page_and_allowed(own: FlaskClient) -> None:
    for path in ("/", line_and_link(own.get("/").text)[1], "/gallery", "/nothing"):
        answer = own.get(path, headers={"Accept": "text/html"})
        assert "<script>window.counted = 1</script>" in answer.text
        policy = answer.headers["Content-Security-Policy"]
        script = one(r"script-src ([^;]+);", policy)
        assert re.fullmatch(
            r"'nonce-\S+' https://count.example.org 'sha256-[A-Za-z0-9+/=]{44}'", script
        )
        assert "unsafe" not in policy


def test_below_a_path_a_script_in_the_head_stays_what_was_hashed() -> None:
    links = '<a href="/about">About</a>'
    text = f"<script>const link = '{links}';</script><script src=\"/x.js\"></script>{links}"
    below = links.replace("/about", "/deep/about")
    assert links_below("/deep", text) == (
        f"<script>const link = '{links}';</script><script src=\"/deep/x.js\"></script>{below}"
    )


def test_where_the_owner_enters_nobody_elses_script_runs(own: FlaskClient, filled: Filled) -> None:
    OwnerToken(filled.settings).make()
    page = own.get("/curate", headers={"Accept": "text/html"})
    assert 'name="token"' in page.text and "Kleine Hüte" in page.text
    assert "window.counted" not in page.text


def test_below_a_path_the_owners_links_lead_there(own: FlaskClient, filled: Filled) -> None:
    settings = replace(filled.settings, script_name="/hats")
    below = create_app(settings).test_client().get("/hats/about").text
    assert '<a href="/hats/about#imprint">Imprint</a>' in below
    assert '<a href="mailto:jane@example.org">' in below
    assert own.get("/about").text.count('href="/about#imprint"') == 1


def test_colours_typeface_and_icon_are_served(own: FlaskClient) -> None:
    page = own.get("/about").text
    style = own.get(one(r'<link rel="stylesheet" href="(/static/style[^"]+)"', page)).text
    assert "--wall: #fff8e7;" in style and "--accent: #8b0000;" in style
    assert '--serif: "Owner", Georgia' in style
    face = one(r"src: url\((own-title\.[0-9a-f]{12}\.woff2)\)", style)
    assert own.get(f"/static/{face}").data == b"wOF2..."
    assert f'<link rel="preload" href="/static/{face}"' in page
    assert "instrument-serif" not in page
    icon = own.get(one(r'<link rel="icon" href="([^"]+)"', page))
    assert (icon.data, icon.content_type) == (b"\x89PNG...", "image/png")
    assert own.get("/favicon.ico").data == b"\x89PNG..."
    assert own.get("/favicon.svg").status_code == 404


def test_what_is_not_offered_is_not_there(filled: Filled) -> None:
    off = "\n".join(f"{name} = false" for name in ("mark", "game", "live", "translate", "api"))
    bare = write(filled, f"[offers]\n{off}\nmorphs = false")
    text = "".join(bare.get(path).text for path in ("/", "/gallery", "/categories", "/about"))
    for path in ("/play", "/live", "/translate", "/api", "/api/v1/random", "/morphs"):
        answer = bare.get(path)
        assert answer.status_code == 404, path
        assert f'href="{path}"' not in text
    assert 'class="generated"' not in text and "Every page says" not in text
    assert "score of the game" not in text


def test_about_a_store_of_ones_own_pictures_speaks_of_no_program(filled: Filled) -> None:
    page = write(filled, "[offers]\nmark = false").get("/about").text
    assert "The owner of this site added them: 19 in 4 categories." in page
    assert "has not said so. Ask before you do." in page
    for wrong in ("made by a program", "gives them up", "The program learnt", "How to tell"):
        assert wrong not in page
    licensed = replace(filled.settings, adopted_licence="Mine https://example.org/mine")
    page = create_app(licensed).test_client().get("/about").text
    assert 'Under <a href="https://example.org/mine" rel="license">Mine</a>.' in page


def test_without_a_file_nothing_is_different(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "<h1>This <em>" in page and " · Nonesuch</title>" in page
    assert "nobody else’s scripts" in client.get("/about").text


def test_commands_are_named_as_the_owner_does(filled: Filled) -> None:
    reader = IndexReader(filled.engine, {"hat": "Zylinder"})
    assert {picture.name for picture in [reader.pick("hat")] if picture} == {"Zylinder"}
    assert [each.name for each in reader.categories()] == sorted(
        ["Asian dish", "Zylinder", "fish & chips", "mammal"]
    )


def test_the_game_speaks_with_the_owners_article(own: FlaskClient) -> None:
    for _ in range(40):
        page = own.get("/play").text
        token = one(r'name="token" value="([^"]+)"', page)
        answer = own.post(
            "/play", data={"token": token, "guess": "hat"}, headers={"Accept": "application/json"}
        )
        if answer.status_code == 200 and json.loads(answer.data)["truth"] == "hat":
            assert json.loads(answer.data)["said"].startswith(
                "It would have been einem Zylinder <hoch>."
            )
            return
    raise AssertionError("no hat in 40 rounds")
