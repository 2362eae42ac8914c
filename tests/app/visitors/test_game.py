"""The game, by keys and without a script."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import WAIT_S, wait_until
from tests.app.visitors.acting import press

pytestmark = pytest.mark.browser


def test_the_game_by_keys(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/play")
    streak = 0
    for played in range(1, 4):
        wait_until(browser, "return document.activeElement.matches('.choices')")
        press(browser, "2")
        said = wait_until(browser, "return document.querySelector('[data-said]').textContent")
        streak = streak + 1 if str(said).startswith("Right.") else 0
        assert " It would have been a" in str(said)
        score = browser.find_element(By.CSS_SELECTOR, "[data-score]").text
        assert f"of {played}" in score and f"{streak} in a row" in score
        wait_until(browser, "return document.activeElement.matches('[data-next]')")
        press(browser, Keys.SPACE if played % 2 else Keys.ENTER)
        wait_until(browser, "return !document.querySelector('[data-said]').textContent")
    picture = "const i = document.querySelector('.print img'); return i.complete && i.naturalWidth"
    assert wait_until(browser, picture) == 16


def test_the_game_without_a_script(browser: webdriver.Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/play")
    browser.find_elements(By.NAME, "guess")[0].click()
    heading = (By.TAG_NAME, "h1")
    answered = expected_conditions.any_of(
        expected_conditions.text_to_be_present_in_element(heading, "Right."),
        expected_conditions.text_to_be_present_in_element(heading, "Wrong."),
    )
    WebDriverWait(browser, WAIT_S).until(answered)
    browser.find_element(By.PARTIAL_LINK_TEXT, "Next").click()
    asked = expected_conditions.text_to_be_present_in_element(heading, "What is this")
    WebDriverWait(browser, WAIT_S).until(asked)
    assert len(browser.find_elements(By.NAME, "guess")) == 4
