"""What a browser keeps of one site, it does not show on another of the same host."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.app.browsing import wait_until
from tests.app.export.acting import TILES, answer, ready

pytestmark = pytest.mark.browser
KEPT = "return Object.fromEntries(Object.entries(localStorage).sort())"
PRESS = "document.querySelector(`#p${arguments[0]} [data-heart]`).click()"
HEARTS = "return [...document.querySelectorAll('[aria-pressed=\"true\"]')].length"


def test_two_sites_of_one_host_keep_their_own(
    browser: webdriver.Chrome, host: str, site: str
) -> None:
    other = f"{host}/deep/other/"
    # of a site at the root of the host, as it was always named
    browser.execute_script("localStorage.setItem('nonesuch.favourites', '[\"0123456789ab\"]')")
    browser.get(f"{site}gallery/")
    ready(browser)
    chosen = browser.execute_script(TILES)[:3]
    for short_hash in chosen:
        browser.execute_script(PRESS, short_hash)
    assert browser.execute_script(HEARTS) == 3
    browser.get(f"{other}gallery/")
    ready(browser)
    assert browser.execute_script(HEARTS) == 0
    browser.execute_script(PRESS, chosen[0])
    browser.get(f"{site}play/")
    answer(browser)
    browser.get(f"{other}play/")
    ready(browser)
    assert browser.find_element(By.CSS_SELECTOR, "[data-score]").text == ""

    browser.get(f"{other}favourites/")
    wait_until(browser, f"return ({TILES[7:]}).length === 1")
    browser.execute_script("window.confirm = () => true")
    browser.find_element(By.CSS_SELECTOR, "[data-forget-all]").click()
    wait_until(browser, "return localStorage.getItem('nonesuch/deep/other/.favourites') === '[]'")
    browser.get(f"{site}favourites/")
    wait_until(browser, f"return ({TILES[7:]}).length === 3")
    assert browser.execute_script(TILES) == chosen[::-1]
    kept = browser.execute_script(KEPT)
    assert set(kept) == {
        "nonesuch.favourites",
        "nonesuch/deep/other/.favourites",
        "nonesuch/deep/site/.favourites",
        "nonesuch/deep/site/.score",
    }
    assert kept["nonesuch.favourites"] == '["0123456789ab"]'


def test_a_browser_that_keeps_nothing_says_so(browser: webdriver.Chrome, site: str) -> None:
    source = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    try:
        browser.get(site)
        ready(browser)
        browser.find_element(By.CSS_SELECTOR, "[data-heart]").click()
        word = "return document.querySelector('.word')?.textContent"
        assert wait_until(browser, word) == "This browser keeps nothing."
        browser.get(f"{site}play/")
        answer(browser)
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
