"""`/live` in Chromium: all ten come although the site is busy, and others after a reload."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import axe_core, check_everywhere, chromium, wait_until
from tests.app.live.test_load import granian
from tests.conftest import Filled
from tests.tiny_model import build_tiny_model

pytestmark = pytest.mark.browser
ALL_SHOWN = (
    "const all = [...document.querySelectorAll('.live img')];"
    "return all.length === 10 && all.every(i => i.complete && i.naturalWidth === 16);"
)
PIXELS = (
    "return [...document.querySelectorAll('.live img')].map(i => { const c = "
    "document.createElement('canvas'); c.width = c.height = 16; const x = c.getContext('2d');"
    "x.drawImage(i, 0, 0); return [...x.getImageData(0, 0, 16, 16).data].join(); });"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = chromium(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


def test_ten_that_change(filled: Filled, models: Path, browser: webdriver.Chrome) -> None:
    # one waits at most: the others of the six that a browser asks for at once are refused first
    with granian(filled, models, waiting=1) as site:
        browser.get(f"http://127.0.0.1:{site.port}/live")
        wait_until(browser, ALL_SHOWN, wait_s=90)  # the page asks again at growing intervals
        first = browser.execute_script(PIXELS)
        browser.refresh()
        wait_until(browser, ALL_SHOWN, wait_s=90)
        second = browser.execute_script(PIXELS)
        shown = browser.find_element("css selector", ".live img")
        browser.find_element("css selector", ".button[data-next]").click()
        WebDriverWait(browser, 30).until(staleness_of(shown))
        wait_until(browser, ALL_SHOWN, wait_s=90)
        third = browser.execute_script(PIXELS)
        refused = [e for e in browser.get_log("browser") if "503" in str(e["message"])]
    assert len({*first, *second, *third}) == 30
    assert refused  # so what was refused was asked for again


def test_a_page_elsewhere_needs_no_script(
    filled: Filled, models: Path, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    """Ten pictures as in any blog post: `<img src="…/live/emoji?dummy=1">`."""
    with granian(filled, models, wait_s=60) as site:  # for the model to be loaded, however slowly
        address = f"http://127.0.0.1:{site.port}/live/tiny?dummy="
        pictures = "".join(f'<img src="{address}{i}">' for i in range(1, 11))
        (tmp_path / "post.html").write_text(f'<div class="live">{pictures}</div>')
        browser.get((tmp_path / "post.html").as_uri())
        wait_until(browser, ALL_SHOWN)


def test_the_page_is_for_everybody(filled: Filled, models: Path, browser: webdriver.Chrome) -> None:
    axe = axe_core()
    with granian(filled, models) as site:
        check_everywhere(browser, axe, f"http://127.0.0.1:{site.port}/live")
