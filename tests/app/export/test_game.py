"""The game of an exported site, by keys."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By

from store.files.protocol import digest
from tests.app.browsing import violations, wait_until
from tests.app.export.acting import answer, go_on, ready
from tests.conftest import NAMES, Filled

pytestmark = pytest.mark.browser
CHOICES = "return [...document.querySelectorAll('[name=guess]')].map(button => button.value)"
SHOWN = "const i = document.querySelector('.print img'); return i?.complete && i.naturalWidth"


def test_rounds_are_drawn_and_judged_in_the_browser(
    browser: webdriver.Chrome, axe: str, site: str, shown_store: Filled
) -> None:
    category_of = {digest(data)[:12]: slug for (slug, _), data in shown_store.files.items()}
    browser.get(f"{site}play/")
    right = streak = 0
    truths = set()
    for played in range(1, 13):
        ready(browser)
        assert wait_until(browser, SHOWN) == 16
        choices = browser.execute_script(CHOICES)
        assert sorted(choices) == sorted(NAMES)  # all four of the store
        page = browser.execute_script("return document.documentElement.outerHTML")
        assert not [name for name in (*category_of, "/images/") if name in page]
        said = answer(browser, "1234"[played % 4])
        link = browser.find_element(By.CSS_SELECTOR, "[data-picture]").get_attribute("href")
        truth = category_of[str(link).rstrip("/").rpartition("/")[2]]
        is_right = choices[played % 4] == truth
        right, streak = right + is_right, streak + 1 if is_right else 0
        assert said.startswith(
            "Right. It would have been a" if is_right else "Wrong. It would have been a"
        )
        marked = browser.find_elements(By.CSS_SELECTOR, "[name=guess].right")
        assert [button.get_attribute("value") for button in marked] == [truth]
        score = browser.find_element(By.CSS_SELECTOR, "[data-score]").text
        assert score.startswith(f"{right} of {played} · {streak} in a row")
        truths.add(truth)
        if played == 12:
            assert violations(browser, axe) == []
        go_on(browser)
    assert len(truths) > 1


def test_pictures_that_cannot_be_had(browser: webdriver.Chrome, site: str) -> None:
    """The list does not arrive; then it does, and the same page goes on."""
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "window.fetch = () => Promise.resolve(new Response('<p>busy', {status: 503}))"
    })  # fmt: skip
    try:
        browser.get(f"{site}play/")
        ready(browser)
        said = browser.find_element(By.CSS_SELECTOR, "[data-said]").text
        assert said == "The pictures cannot be reached."
        browser.get(f"{site}seed/?text=Ada")
        ready(browser)
        said = browser.find_element(By.CSS_SELECTOR, "[data-said]").text
        assert said == "The pictures cannot be reached."
        browser.get(site)
        ready(browser)
        word = browser.find_element(By.CSS_SELECTOR, ".word").text
        assert word == "The list of pictures cannot be reached."
        before = browser.title
        browser.find_element(By.CSS_SELECTOR, "[data-next]").click()
        wait_until(browser, "return location.pathname.includes('/i/')")
        assert "does not exist" in before
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    browser.get(f"{site}play/")
    answer(browser)
