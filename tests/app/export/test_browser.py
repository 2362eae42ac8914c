"""The exported site in a real browser, from Python's own file server."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.ops.index_handle import OpenIndex
from store.files.protocol import digest
from store.queries.gallery import Gallery
from store.queries.shuffle import read_walk
from tests.app.export.test_export import export
from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import check_everywhere, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def exported(
    shown_store: Filled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Filled]]:
    """Python's own file server over the folder above: the site is at /deep/site/."""
    above = tmp_path_factory.mktemp("exported")
    result = export(shown_store.settings, above / "deep" / "site", "--base-path", "/deep/site/")
    assert result.exit_code == 0, result.output
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1",
         "--directory", str(above)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())[1]  # type: ignore[index]
        yield f"http://127.0.0.1:{port}/deep/site/", shown_store
    finally:
        server.terminate()
        server.wait()


def ready(browser: webdriver.Chrome) -> str:
    """Wait until the page's script is done; return the picture that is shown."""
    wait_until(browser, "return 'ready' in document.documentElement.dataset")
    script = "return document.querySelector('[data-heart]').dataset.heart"
    return str(wait_until(browser, script))


def press(browser: webdriver.Chrome, key: str) -> None:
    before = browser.current_url
    ActionChains(browser).send_keys(key).perform()
    wait_until(browser, "return location.href !== arguments[0]", before)


def test_the_walk_is_the_servers_own(
    browser: webdriver.Chrome, exported: tuple[str, Filled]
) -> None:
    address, store = exported
    gallery = Gallery(OpenIndex(store.settings).reader())
    _, _, data = store.some("hat")
    for seed in ("1f", "deadbeef", f"{digest(data)[:12]}00000007"):
        steps = [gallery.step(read_walk(f"{seed}.{step}")) for step in range(5)]  # type: ignore[arg-type]
        expected = [picture.short_hash for picture in steps if picture]
        browser.get(f"{address}?walk={seed}.0")
        found = [ready(browser)]
        for _ in range(4):
            press(browser, Keys.SPACE)
            found.append(ready(browser))
        assert found == expected
        press(browser, Keys.ARROW_LEFT)
        assert ready(browser) == expected[3]


def test_every_picture_comes_once_before_any_comes_twice(
    browser: webdriver.Chrome, exported: tuple[str, Filled]
) -> None:
    address, store = exported
    browser.get(address)
    seen = [ready(browser)]
    while len(seen) < len(store.files):
        press(browser, Keys.SPACE)
        seen.append(ready(browser))
    assert sorted(seen) == sorted(digest(data)[:12] for data in store.files.values())
    severe = [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    # quick keys cut cross-fades off, which Chromium reports as an error
    assert [message for message in severe if "ransition" not in message] == []


def test_walls_categories_and_favourites(
    browser: webdriver.Chrome, exported: tuple[str, Filled]
) -> None:
    address, store = exported
    browser.get(f"{address}gallery/")
    assert len(browser.find_elements(By.CSS_SELECTOR, "[data-wall] li")) == len(store.files)
    browser.find_element(By.LINK_TEXT, "Categories").click()
    wait_until(browser, "return location.pathname.endsWith('/categories/')")
    wait_until(browser, "return document.querySelector('.categories a[href$=\"c/hat/\"]')").click()  # type: ignore[attr-defined]
    wait_until(browser, "return location.href === arguments[0]", f"{address}c/hat/")
    wait_until(browser, "return document.readyState === 'complete'")
    hearts = browser.find_elements(By.CSS_SELECTOR, "[data-heart]")
    browser.execute_script("localStorage.clear()")
    for heart in hearts[:2]:
        browser.execute_script("arguments[0].click()", heart)
    kept = {heart.get_attribute("data-heart") for heart in hearts[:2]}
    browser.find_element(By.PARTIAL_LINK_TEXT, "Any of them").click()
    own = {digest(data)[:12] for (slug, _), data in store.files.items() if slug == "hat"}
    for _ in range(4):
        assert ready(browser) in own
        browser.refresh()
    browser.find_element(By.LINK_TEXT, "Favourites").click()
    assert ready(browser) in kept
    shown = browser.find_elements(By.CSS_SELECTOR, "[data-wall] [data-heart]")
    assert {heart.get_attribute("data-heart") for heart in shown} == kept
    browser.execute_script("localStorage.clear()")
    browser.get(f"{address}favourites/?ids={','.join(sorted(map(str, kept)))},000000000000")
    ready(browser)
    assert len(browser.find_elements(By.CSS_SELECTOR, "[data-wall] li")) == 2


def test_the_slideshow_goes_along_the_walk(
    browser: webdriver.Chrome, exported: tuple[str, Filled]
) -> None:
    address, store = exported
    gallery = Gallery(OpenIndex(store.settings).reader())
    expected = [gallery.step(read_walk(f"5.{n}")).short_hash for n in range(3)]  # type: ignore[arg-type,union-attr]
    browser.get(f"{address}?walk=5.0")
    ready(browser)
    browser.find_element(By.CSS_SELECTOR, "[data-stage]").click()
    for hash_ in expected[1:]:
        wait_until(browser, "return document.querySelector('[data-next]').hash.length > 1")
        browser.find_element(By.XPATH, "//button[text()='Next']").click()
        wait_until(
            browser,
            "return document.querySelector('main [data-heart]').dataset.heart === arguments[0]",
            hash_,
        )
        wait_until(browser, "return location.hash.startsWith('#walk=')")
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_a_category_at_random_keeps_full_screens_dress(
    browser: webdriver.Chrome, exported: tuple[str, Filled]
) -> None:
    address, _ = exported
    browser.get(f"{address}c/hat/random/")
    ready(browser)
    browser.execute_script("document.querySelector('[data-stage]').click()")
    for _ in range(3):
        browser.execute_script("document.querySelector('[data-next]').click()")
        browser.execute_async_script("setTimeout(arguments[0], 800)")
    assert ready(browser)
    assert browser.execute_script("return document.documentElement.matches('.staged')")
    browser.find_element(By.CSS_SELECTOR, "[data-leave]").click()


def test_it_works_without_script(browser: webdriver.Chrome, exported: tuple[str, Filled]) -> None:
    address, _ = exported
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        browser.find_element(By.CSS_SELECTOR, "[data-next]").click()
        assert "/deep/site/i/" in browser.current_url
        browser.find_element(By.CSS_SELECTOR, "[data-next]").click()
        assert "does not exist" in browser.title
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_axe_finds_nothing_on_exported_pages(
    browser: webdriver.Chrome, axe: str, exported: tuple[str, Filled]
) -> None:
    address, store = exported
    number = digest(store.some()[2])[:12]
    for path in ("", "gallery/", "c/hat/", f"i/{number}/", "favourites/", "404.html"):
        check_everywhere(browser, axe, address + path)
