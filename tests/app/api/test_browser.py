"""The page to try the API, in a real browser: by keyboard, at both widths, with axe-core."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.app.browsing import check_everywhere, show, violations, wait_until

if TYPE_CHECKING:
    from selenium import webdriver

pytestmark = pytest.mark.browser


def ask(browser: "webdriver.Chrome", name: str) -> None:
    """Press Enter in the first field of an operation's form, or on its button."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    form = browser.find_element(By.CSS_SELECTOR, f"section[aria-labelledby='{name}'] form")
    form.find_elements(By.CSS_SELECTOR, "input, button")[0].send_keys(Keys.ENTER)
    wait_until(
        browser,
        "const o = document.querySelector(`section[aria-labelledby='${arguments[0]}'] output`);"
        "return !o.hidden && !o.hasAttribute('aria-busy')",
        name,
    )


def answer(browser: "webdriver.Chrome", name: str, part: str) -> str:
    script = "return document.querySelector(`section[aria-labelledby='${arguments[0]}'] output ${arguments[1]}`)?.textContent ?? ''"  # noqa: E501
    return str(browser.execute_script(script, name, part))


def test_json_is_shown_with_its_pictures(browser: "webdriver.Chrome", axe: str, site: str) -> None:
    show(browser, 1440, "light")
    browser.get(f"{site}/api")
    ask(browser, "random")
    text = answer(browser, "random", "pre")
    assert text.startswith("200 ")
    assert 'ratelimit-policy: "calls";q=600;w=60' in text
    assert len(json.loads(text[text.index("{") :])["images"]) == 12
    pictures = "return document.querySelectorAll('output .thumbnails img').length"
    assert browser.execute_script(pictures) == 12
    for name in ("images", "one_image", "categories"):
        ask(browser, name)
        assert answer(browser, name, "pre").startswith("200 ")
    for width, scheme in ((390, "light"), (390, "dark"), (1440, "dark"), (1440, "light")):
        show(browser, width, scheme)
        assert violations(browser, axe) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_what_is_wrong_is_shown_too(browser: "webdriver.Chrome", site: str) -> None:
    browser.get(f"{site}/api")
    browser.execute_script("document.getElementById('random-category').value = 'ht'")
    ask(browser, "random")
    assert answer(browser, "random", "pre").startswith("404 ")
    assert "did you mean hat?" in answer(browser, "random", "pre")


@pytest.mark.parametrize("name", ["random_picture", "picture_of_text_in_category_and_size"])
def test_pictures_are_shown(browser: "webdriver.Chrome", site: str, name: str) -> None:
    browser.get_log("browser")  # of the tests before
    browser.get(f"{site}/api")
    ask(browser, name)
    shown = "const i = document.querySelector('output > img'); return i?.complete && i.naturalWidth"
    assert wait_until(browser, shown)
    address = browser.execute_script("return document.querySelector('output > img').src")
    assert "/images/" in address or "/sized/" in address
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_axe_finds_nothing(browser: "webdriver.Chrome", axe: str, site: str) -> None:
    check_everywhere(browser, axe, f"{site}/api")
