"""The site in a real browser: space bar, click, tap, the same page again, and axe-core."""

import re
from collections.abc import Iterator

import pytest

from app.pictures.tiles import HUES
from core.settings import Settings
from store.files.protocol import digest
from tests.conftest import Filled

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.app.browsing import (
    WAIT_S,
    check_everywhere,
    serving,
    show,
    violations,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def empty_site(settings: Settings) -> Iterator[str]:
    yield from serving(settings)


def name_of(browser: webdriver.Chrome) -> str:
    script = "return document.querySelector('.line bdi')?.textContent ?? ''"
    return str(WebDriverWait(browser, WAIT_S).until(lambda b: b.execute_script(script)))


def wait_for_another(browser: webdriver.Chrome, name: str) -> None:
    """Wait until another name is shown; one in thousands is drawn twice in a row."""
    WebDriverWait(browser, WAIT_S).until(lambda b: b.execute_script(
        "const b = document.querySelector('.line bdi'); return b && b.textContent !== arguments[0]",
        name,
    ))  # fmt: skip


def press_space(browser: webdriver.Chrome) -> None:
    ActionChains(browser).send_keys(Keys.SPACE).perform()


def click_another(browser: webdriver.Chrome) -> None:
    browser.find_element(By.CSS_SELECTOR, "[data-next]").click()


def click_picture(browser: webdriver.Chrome) -> None:
    browser.find_element(By.CSS_SELECTOR, ".print img").click()


def tap_picture(browser: webdriver.Chrome) -> None:
    finger = ActionBuilder(browser, mouse=PointerInput(POINTER_TOUCH, "finger"))
    picture = browser.find_element(By.CSS_SELECTOR, ".print img")
    finger.pointer_action.move_to(picture).pointer_down().pointer_up()
    finger.perform()


def test_another_by_key_click_and_tap(browser: webdriver.Chrome, site: str) -> None:
    show(browser, 1440, "light")
    browser.get(site)
    acts = (press_space, click_another, click_picture, tap_picture, press_space)
    for step, act in enumerate(acts, 1):
        name = name_of(browser)
        act(browser)
        wait_for_another(browser, name)
        # of one walk, which began with the first picture
        assert re.fullmatch(rf"/\?walk=[0-9a-f]{{20}}\.{step}", browser.current_url[len(site) :])
    loaded = "const i = document.querySelector('.print img'); return i.complete && i.naturalWidth"
    assert browser.execute_script(loaded) == 16
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_space_in_a_category_stays_there(browser: webdriver.Chrome, site: str) -> None:
    browser.get(f"{site}/c/hat/random")
    name = name_of(browser)
    press_space(browser)
    wait_for_another(browser, name)
    assert browser.current_url == f"{site}/c/hat/random"


def test_a_kept_page_stays_as_it_is(browser: webdriver.Chrome, site: str) -> None:
    browser.get(site)
    browser.find_element(By.LINK_TEXT, "Link to this one").click()
    WebDriverWait(browser, WAIT_S).until(lambda b: "/i/" in b.current_url)
    before = browser.find_element(By.TAG_NAME, "main").text
    picture = browser.find_element(By.CSS_SELECTOR, ".print img").get_attribute("src")
    browser.refresh()
    assert browser.find_element(By.TAG_NAME, "main").text == before
    assert browser.find_element(By.CSS_SELECTOR, ".print img").get_attribute("src") == picture
    press_space(browser)
    WebDriverWait(browser, WAIT_S).until(lambda b: b.current_url == f"{site}/")


@pytest.mark.parametrize("path", ["/", "/c/hat", "/categories", "/i/999999999", "/c/hats"])
def test_axe_finds_nothing(browser: webdriver.Chrome, axe: str, site: str, path: str) -> None:
    check_everywhere(browser, axe, site + path)


def test_axe_finds_nothing_on_a_kept_page(
    browser: webdriver.Chrome, axe: str, site: str, shown_store: Filled
) -> None:
    _, _, data = shown_store.some()
    check_everywhere(browser, axe, f"{site}/i/{digest(data)[:12]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["--wall", "--wall-high"])
def test_every_hue_has_contrast(
    browser: webdriver.Chrome, axe: str, site: str, scheme: str, ground: str
) -> None:
    """Against both ends of the wall's gradient: axe-core leaves a gradient itself undecided."""
    show(browser, 390, scheme)
    browser.get(site)
    browser.execute_script(f"document.body.style.background = 'var({ground})'")
    for hue in range(HUES):
        browser.execute_script(f"document.documentElement.className = 'hue-{hue}'")
        assert violations(browser, axe, "color-contrast") == [], hue
        decided = (
            "const done = arguments[0]; axe.run({runOnly: ['color-contrast']})"
            ".then(result => done(result.passes.flatMap(p => p.nodes).length))"
        )
        assert browser.execute_async_script(decided) >= 8


def test_axe_finds_nothing_on_the_empty_page(
    browser: webdriver.Chrome, axe: str, empty_site: str
) -> None:
    browser.get(empty_site)
    command = browser.find_element(By.CSS_SELECTOR, ".command").text
    assert command == "flask pregen --categories 60"
    check_everywhere(browser, axe, empty_site)
