"""From picture to picture, by keys and by a finger at 390 px."""

import pytest

from store.index.states import REJECTED
from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import violations, wait_until
from tests.app.visitors.acting import ADDRESS, ANOTHER, HASH_SHOWN, TILES, focus, press, swipe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("base", ["/gallery", "/c/mammal"])
def test_next_and_back_by_keys_and_by_swiping(
    browser: webdriver.Chrome, site: str, base: str
) -> None:
    browser.get(site + base)
    hashes = browser.execute_script(TILES)
    focus(browser, f"#p{hashes[0]} a")
    press(browser, Keys.ENTER)
    assert wait_until(browser, HASH_SHOWN) == hashes[0]
    press(browser, Keys.ARROW_RIGHT)
    assert wait_until(browser, ANOTHER, hashes[0]) == hashes[1]
    press(browser, Keys.SPACE)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    press(browser, Keys.ARROW_LEFT)
    assert wait_until(browser, ANOTHER, hashes[2]) == hashes[1]
    swipe(browser, -150)
    assert wait_until(browser, ANOTHER, hashes[1]) == hashes[2]
    swipe(browser, 150)
    assert wait_until(browser, ANOTHER, hashes[2]) == hashes[1]
    browser.find_element(By.PARTIAL_LINK_TEXT, "2 of ").click()
    assert wait_until(browser, f"{ADDRESS.replace('return', 'return (')}) === '{base}'")
    assert browser.execute_script("return location.hash") == f"#p{hashes[1]}"


def test_a_walk_by_the_space_bar_and_back(browser: webdriver.Chrome, site: str) -> None:
    browser.get(site)
    seen = [wait_until(browser, HASH_SHOWN)]
    for _ in range(12):
        press(browser, Keys.SPACE)
        seen.append(wait_until(browser, ANOTHER, seen[-1]))
    assert len(set(seen)) == 13
    press(browser, Keys.ARROW_LEFT)
    assert wait_until(browser, ANOTHER, seen[-1]) == seen[-2]
    assert browser.get_cookies() == []
    assert browser.execute_script("return localStorage.length") == 0


def test_a_picture_rejected_while_somebody_looks(
    browser: webdriver.Chrome, axe: str, site: str, store: Filled
) -> None:
    browser.get(f"{site}/c/fish_2")
    hashes = browser.execute_script(TILES)
    browser.get(f"{site}/i/{hashes[0]}?in=category")
    file = next(file for _, file in store.files if hashes[1] in file)
    store.retire(file, REJECTED)
    press(browser, Keys.SPACE)
    assert wait_until(browser, "return document.querySelector('.absent') !== null")
    assert "does not exist any more" in browser.find_element(By.TAG_NAME, "h1").text
    assert violations(browser, axe) == []
    browser.find_element(By.LINK_TEXT, "/c/fish_2").click()
    assert hashes[1] not in browser.execute_script(TILES)
