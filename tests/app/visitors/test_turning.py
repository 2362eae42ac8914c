"""Full screen and the slideshow."""

import pytest

from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until
from tests.app.visitors.acting import (
    ADDRESS,
    ANOTHER,
    HASH_SHOWN,
    TILES,
    focus,
    press,
    swipe,
    taken_away,
)

pytestmark = pytest.mark.browser


def test_full_screen_turns_without_leaving_it(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script("window.stayed = true")
    focus(browser, "[data-stage]")
    press(browser, Keys.ENTER)
    assert wait_until(browser, "return document.fullscreenElement !== null")
    assert not browser.find_element(By.CSS_SELECTOR, "header.bar").is_displayed()
    press(browser, Keys.ARROW_RIGHT)
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    swipe(browser, -150)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    assert browser.execute_script("return window.stayed && document.fullscreenElement !== null")
    assert browser.execute_script(ADDRESS) == f"/i/{hashes[2]}?in=category"
    focus(browser, "[data-leave]")
    press(browser, Keys.ENTER)
    assert wait_until(browser, "return document.fullscreenElement === null")
    assert wait_until(browser, "return !document.documentElement.matches('.staged')")
    assert browser.execute_script("return document.activeElement.matches('[data-stage]')")
    press(browser, Keys.ARROW_RIGHT)  # and it is a page as any other again
    assert wait_until(browser, "return !window.stayed")


def test_a_slideshow_at_the_visitors_pace(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script(
        "window.moved = 0; const start = document.startViewTransition?.bind(document);"
        "document.startViewTransition = (act) => { window.moved++; return start(act); }"
    )
    focus(browser, "[data-slides]")
    press(browser, Keys.ENTER)
    chosen = browser.find_element(By.CSS_SELECTOR, ".stage-tools select")
    assert chosen.get_attribute("value") == "5"
    focus(browser, ".stage-tools select")
    press(browser, Keys.HOME)
    assert wait_until(browser, "return document.querySelector('.stage-tools select').value === '3'")
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    focus(browser, "[data-play]")
    press(browser, Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, "[data-play]").text == "Play"
    stood = browser.execute_script(HASH_SHOWN)
    browser.execute_async_script("setTimeout(arguments[0], 4000)")
    assert browser.execute_script(HASH_SHOWN) == stood
    assert browser.execute_script("return window.moved") == 0  # reduced motion: no cross-fade
    press(browser, Keys.ESCAPE)
    assert wait_until(browser, "return !document.querySelector('.stage-tools')")
    browser.refresh()
    focus(browser, "[data-stage]")
    press(browser, Keys.ENTER)
    kept = browser.find_element(By.CSS_SELECTOR, ".stage-tools select").get_attribute("value")
    assert kept == "3"


def test_nothing_turns_after_the_show_was_paused_or_left(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/c/mammal")
    first = browser.execute_script(TILES)[0]
    browser.get(f"{site}/i/{first}?in=category")
    # an answer comes when the test lets it
    browser.execute_script(
        "window.asked = 0; const fetched = window.fetch;"
        "window.fetch = async (...of) => { window.asked++; await new Promise(go => {"
        " window.go = go; }); return fetched(...of); }"
    )
    for ends, button in (("pause", "[data-play]"), ("leave", "[data-leave]")):
        browser.execute_script("window.asked = 0")
        browser.execute_script("document.querySelector('[data-slides]').click()")
        assert wait_until(browser, "return window.asked > 0")
        browser.execute_script("document.querySelector(arguments[0]).click(); window.go()", button)
        browser.execute_async_script("setTimeout(arguments[0], 1000)")
        assert browser.execute_script(HASH_SHOWN) == first, ends
    assert browser.execute_script("return document.documentElement.matches('.staged')") is False


def test_a_show_goes_on_where_a_picture_was_taken_away(
    browser: webdriver.Chrome, site: str, store: Filled
) -> None:
    for button, place in (("[data-next]", 1), ("[data-before]", -1)):
        browser.get(f"{site}/c/mammal")
        hashes = browser.execute_script(TILES)
        gone = hashes[place]
        browser.get(f"{site}/i/{hashes[0]}?in=category")
        browser.execute_script("window.stayed = true")
        browser.execute_script("document.querySelector('[data-stage]').click()")
        with taken_away(store, [gone]):
            click = "document.querySelector(arguments[0]).click()"
            browser.execute_script(click, button)
            other = wait_until(browser, ANOTHER, hashes[0])
            assert other in set(hashes) - {gone}  # its category goes on
            assert browser.execute_script(ADDRESS) == f"/i/{other}?in=category"
            browser.execute_script(click, button)
            following = wait_until(browser, ANOTHER, other)
            assert following in set(hashes) - {gone, hashes[0]}
            assert browser.execute_script("return window.stayed")


def test_a_show_goes_on_where_this_picture_was_taken_away_too(
    browser: webdriver.Chrome, site: str, store: Filled
) -> None:
    browser.get(f"{site}/c/mammal")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    browser.execute_script("window.stayed = true")
    browser.execute_script("document.querySelector('[data-stage]').click()")
    with taken_away(store, hashes[:2]):
        browser.execute_script("document.querySelector('[data-next]').click()")
        assert wait_until(browser, ANOTHER, hashes[0]) not in hashes[:2]
        assert browser.execute_script("return window.stayed")
