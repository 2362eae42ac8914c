"""`/morphs`: the walks that were made, moving or still."""

import html
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from app import create_app
from core.settings import Settings
from pregen.morphs.walks import animate
from store.files.morphs import Morph, MorphFolder, names_for
from store.files.protocol import digest
from store.formats.encoding import encode, find_format
from store.formats.metadata import Provenance
from tests.conftest import settings_in

if TYPE_CHECKING:
    from selenium import webdriver

ORIGIN = Provenance("tiny/1", "0" * 64, "hat", 1, 0.5, "0" * 16)


def add_walk(settings: Settings, number: int, *names: str) -> Morph:
    """Put a walk of noise into the folder."""
    random = np.random.RandomState(number)
    frames = [random.randint(0, 256, (16, 16, 3)).astype(np.uint8) for _ in range(4)]
    data = animate(frames, 100, ORIGIN)
    slugs = tuple(name.lower().replace(" ", "_") for name in names)
    file, still = names_for("-".join(slugs), data)
    morph = Morph(
        file, still, digest(data), len(data), 16, 16, 4, 100, slugs, names,
        "tiny/1", "0" * 64, (number, number + 1), 0.5, "linear",
    )  # fmt: skip
    MorphFolder(settings.instance_folder).add(
        morph, data, encode(frames[0], find_format("webp"), ORIGIN)
    )
    return morph


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


def test_nothing_yet(client: FlaskClient) -> None:
    response = client.get("/morphs", headers={"Accept": "text/html"})
    assert response.status_code == 503
    assert "flask morphs" in response.text
    assert client.get("/morphs/hat-0123456789ab.webp").status_code == 404


def test_the_page_shows_them(client: FlaskClient, settings: Settings) -> None:
    hat, both = add_walk(settings, 1, "hat"), add_walk(settings, 2, "hat", "Asian dish")
    response = client.get("/morphs")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"
    page = html.unescape(response.text)
    for morph in (hat, both):
        assert f'src="/morphs/{morph.file}"' in page
        assert f'media="(prefers-reduced-motion: reduce)" srcset="/morphs/{morph.still}"' in page
    assert "Generated pictures of hat and Asian dish, one turning into the next." in page
    assert '<a href="/c/asian_dish">Asian dish</a>' in page
    assert "style=" not in page and "onclick" not in page


def test_hold_still(client: FlaskClient, settings: Settings) -> None:
    hat = add_walk(settings, 1, "hat")
    page = client.get("/morphs?still").text
    assert f'src="/morphs/{hat.still}"' in page and f'src="/morphs/{hat.file}"' not in page
    assert "Let them move" in page


def test_files(client: FlaskClient, settings: Settings) -> None:
    hat = add_walk(settings, 1, "hat")
    response = client.get(f"/morphs/{hat.file}")
    assert response.status_code == 200
    assert digest(response.data) == hat.sha256
    assert response.headers["Content-Type"] == "image/webp"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(response.data)) as image:
        assert image.n_frames == 4  # type: ignore[attr-defined]
    tag = response.headers["ETag"]
    again = client.get(f"/morphs/{hat.file}", headers={"If-None-Match": tag})
    assert again.status_code == 304 and not again.data
    still = client.get(f"/morphs/{hat.still}")
    assert still.status_code == 200 and still.headers["ETag"] != tag
    part = client.get(f"/morphs/{hat.file}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"RIFF")


@pytest.mark.parametrize(
    "name", ["morphs.json", "..%2Fsecret_key", "absent-0123456789ab.webp", "hat.webp", "x" * 300]
)
def test_other_files_are_not_shown(client: FlaskClient, settings: Settings, name: str) -> None:
    add_walk(settings, 1, "hat")
    assert client.get(f"/morphs/{name}").status_code == 404


def test_pages(client: FlaskClient, settings: Settings) -> None:
    for number in range(26):
        add_walk(settings, number, "hat")
    first, second = client.get("/morphs").text, client.get("/morphs?page=2").text
    assert first.count("<li>") == 24 and second.count("<li>") == 2
    assert 'href="/morphs?page=2"' in first and "Page 2 of 2" in second
    assert 'href="/morphs?page=1&amp;still"' in html.escape(
        client.get("/morphs?page=2&still").text
    ) or ("page=1&still" in html.unescape(client.get("/morphs?page=2&still").text))
    for wrong in ("0", "3", "-1", "x", "9" * 50):
        assert client.get(f"/morphs?page={wrong}").status_code == 404


def test_new_walks_show_without_a_restart_and_deleted_ones_do_not(
    client: FlaskClient, settings: Settings
) -> None:
    hat = add_walk(settings, 1, "hat")
    assert client.get("/morphs").text.count("<li>") == 1
    add_walk(settings, 2, "drink")
    assert client.get("/morphs").text.count("<li>") == 2
    folder = MorphFolder(settings.instance_folder)
    assert folder.keep([m for m in folder.all() if m.file != hat.file]) == 1
    assert client.get("/morphs").text.count("<li>") == 1
    assert client.get(f"/morphs/{hat.file}").status_code == 404


def test_a_list_that_leads_elsewhere(client: FlaskClient, settings: Settings) -> None:
    hat = add_walk(settings, 1, "hat")
    path = settings.instance_folder / "morphs" / "morphs.json"
    values = json.loads(path.read_text())
    values["morphs"].append({**values["morphs"][0], "file": "../secret_key"})
    path.write_text(json.dumps(values))
    page = client.get("/morphs").text
    assert hat.file in page and "secret_key" not in page
    path.write_text("[]")
    response = client.get("/morphs", headers={"Accept": "text/html"})
    assert response.status_code == 503 and str(settings.instance_folder) not in response.text


@pytest.fixture(scope="module")
def walking_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.app.browsing import serving

    folder: Path = tmp_path_factory.mktemp("walking")
    settings = settings_in(folder)
    for number, names in enumerate([("hat",), ("hat", "drink")]):
        add_walk(settings, number, *names)
    yield from serving(settings)


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/morphs", "/morphs?still"])
def test_axe_finds_nothing(
    browser: "webdriver.Chrome", axe: str, walking_site: str, path: str
) -> None:
    from tests.app.browsing import check_everywhere

    check_everywhere(browser, axe, walking_site + path)


@pytest.mark.browser
def test_they_are_loaded_in_a_browser(browser: "webdriver.Chrome", walking_site: str) -> None:
    browser.get(walking_site + "/morphs")
    loaded = browser.execute_script(
        "return [...document.images].map(i => { i.loading = 'eager'; return i.decode() })"
        ".length && Promise.all([...document.images].map(i => i.decode()"
        ".then(() => i.naturalWidth)))"
    )
    assert loaded == [16, 16]
