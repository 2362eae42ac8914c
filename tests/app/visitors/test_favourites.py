"""Favourites: kept in the browser, shared as one link."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until
from tests.app.visitors.acting import TILES, focus, press

pytestmark = pytest.mark.browser


def test_favourites_that_cannot_be_had_are_not_said_to_be_gone(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/gallery")
    kept = browser.execute_script(TILES)[:2]
    browser.execute_script(
        "localStorage.setItem('nonesuch.favourites', JSON.stringify(arguments[0]))", kept
    )
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "const f = window.fetch; window.fetch = (of, ...more) => window.up ? "
                  "f(of, ...more) : Promise.resolve(new Response('<p>busy', {status: 503}))"
    })  # fmt: skip
    try:
        browser.get(f"{site}/favourites")
        word = "return document.querySelector('.word')?.textContent"
        assert wait_until(browser, word) == "The pictures cannot be reached."
        assert "not exist any more" not in browser.find_element(By.CSS_SELECTOR, "main").text
        browser.execute_script(  # it comes back as it was left
            "window.up = true;dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
        )
        wait_until(browser, "return document.querySelectorAll('[data-wall] li').length === 2")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_favourites_are_kept_here_and_shared_as_a_link(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/favourites")
    assert "Press the heart" in browser.find_element(By.CSS_SELECTOR, ".line").text
    browser.get(f"{site}/gallery")
    hashes = browser.execute_script(TILES)[:2]
    for short_hash in hashes:
        focus(browser, f"#p{short_hash} [data-heart]")
        press(browser, Keys.SPACE)
    browser.get(f"{site}/i/{hashes[0]}")
    heart = browser.find_element(By.CSS_SELECTOR, "[data-heart]")
    assert heart.get_attribute("aria-pressed") == "true"
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 2
    assert browser.execute_script(TILES) == hashes[::-1]
    browser.execute_script(
        "Object.defineProperty(navigator, 'share', {value: ({url}) => (window.shared = url, 0)})"
    )
    focus(browser, "[data-share-all]")
    press(browser, Keys.ENTER)
    link = str(wait_until(browser, "return window.shared"))
    assert link == f"{site}/favourites?ids={hashes[1]},{hashes[0]}"

    browser.execute_script("localStorage.clear()")  # the friend
    browser.get(link)
    assert browser.execute_script(TILES) == hashes[::-1]
    focus(browser, "[data-keep-all]")
    press(browser, Keys.ENTER)
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 2
    focus(browser, "[data-heart]")
    press(browser, Keys.SPACE)
    browser.get(f"{site}/favourites")
    assert wait_until(browser, f"return ({TILES[7:]}).length") == 1
