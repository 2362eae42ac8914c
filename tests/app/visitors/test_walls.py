"""The gallery and the categories, with scripts and without."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until
from tests.app.visitors.acting import ADDRESS, HASH_SHOWN, TILES, press
from tests.app.visitors.conftest import TOTAL

pytestmark = pytest.mark.browser


def test_a_wall_goes_on_as_one_scrolls_and_back_leads_there(
    browser: webdriver.Chrome, site: str
) -> None:
    browser.get(f"{site}/gallery")
    end = "scrollTo(0, document.body.scrollHeight); return arguments[0] <= "
    count = "document.querySelectorAll('[data-wall] li').length"
    assert wait_until(browser, end + count, TOTAL)
    hashes = browser.execute_script(TILES)
    assert len(hashes) == len(set(hashes)) == TOTAL
    assert wait_until(browser, f"{ADDRESS.replace('return', 'return (')}) === '/gallery?page=3'")
    opened = hashes[-3]
    tile = browser.find_element(By.CSS_SELECTOR, f"#p{opened} a")
    browser.execute_script("arguments[0].focus()", tile)
    press(browser, Keys.ENTER)
    assert wait_until(browser, HASH_SHOWN) == opened
    browser.back()
    in_sight = (
        "const t = document.getElementById('p' + arguments[0])?.getBoundingClientRect();"
        "return t && t.bottom > 0 && t.top < innerHeight"
    )
    assert wait_until(browser, in_sight, opened)
    assert browser.execute_script(ADDRESS) == "/gallery?page=3"
    browser.refresh()  # the address is a page's own: it shows that picture by itself
    assert wait_until(browser, in_sight, opened)


def test_a_wall_without_a_script(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/c/hat")
    hearts = browser.find_elements(By.CSS_SELECTOR, "[data-heart]")
    assert hearts and not any(heart.is_displayed() for heart in hearts)
    browser.find_element(By.LINK_TEXT, "Next page").click()
    assert browser.current_url == f"{site}/c/hat?page=2"
    assert browser.find_elements(By.CSS_SELECTOR, "[data-wall] li")
    browser.back()
    assert browser.current_url == f"{site}/c/hat"
