"""An export without a base path: opened as files in a browser, and served below any path."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until
from tests.app.export.acting import press, ready, shown
from tests.app.export.exporting import export, plain_server

pytestmark = pytest.mark.browser
# how a page looks: the pictures that are missing, whether it has its styles, what it says
LOOK = """
return {
  absent: [...document.images].filter((image) => !image.naturalWidth).length,
  pictures: document.images.length,
  styled: getComputedStyle(document.querySelector("h1")).fontFamily.startsWith("Instrument"),
  said: document.querySelector("[data-said], [data-words]")?.textContent ?? "",
};
"""


@pytest.fixture(scope="module")
def folder(shown_store: Filled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported site, in a folder whose name an address spells otherwise."""
    out = tmp_path_factory.mktemp("stick #1 ?") / "my site"
    result = export(shown_store.settings, out)
    assert result.exit_code == 0, result.output
    return out


def test_it_opens_without_a_server(
    browser: webdriver.Chrome, folder: Path, shown_store: Filled
) -> None:
    pages = {
        "index.html": 1, "gallery/index.html": len(shown_store.files), "c/hat/index.html": 5,
        "about/index.html": 0, "play/index.html": 0, "seed/index.html": 0,
        "favourites/index.html": 0,
    }  # fmt: skip
    for page, pictures in pages.items():
        browser.get((folder / page).as_uri())
        looks = browser.execute_script(LOOK)
        assert (looks["absent"], looks["pictures"]) == (0, pictures), page
        assert looks["styled"], page
        if page.startswith(("play", "seed", "favourites")):
            assert "This takes a server" in looks["said"], page
    browser.get((folder / "index.html").as_uri())
    seen = [browser.current_url]
    for key in (Keys.SPACE, Keys.SPACE, Keys.ARROW_LEFT):
        press(browser, key)
        seen.append(browser.current_url)
    assert seen[1] == seen[3] and len(set(seen)) == 3
    assert all(address.endswith("/index.html") for address in seen)
    for tool in browser.find_elements("css selector", "[data-stage], [data-slides]"):
        assert not tool.is_displayed()


def test_it_is_whole_below_any_path(browser: webdriver.Chrome, folder: Path) -> None:
    with plain_server(folder.parents[1]) as host:
        site = f"{host}/{quote(folder.parent.name)}/{quote(folder.name)}/"
        browser.get(site)
        seen = [shown(browser)]
        while len(seen) < 4:
            press(browser, Keys.SPACE)
            seen.append(shown(browser))
        assert len(set(seen)) == 4
        browser.find_element("css selector", "[data-heart]").click()
        browser.get(f"{site}favourites/")
        ready(browser)
        wait_until(browser, "return document.querySelector('[data-wall] img')?.naturalWidth === 16")
        browser.get(f"{site}seed/?text=Ada")
        ready(browser)
        wait_until(browser, "return document.querySelector('.print img')?.naturalWidth === 16")
        browser.get(f"{site}play/")
        ready(browser)
        wait_until(browser, "return document.querySelector('.print img')?.naturalWidth === 16")
