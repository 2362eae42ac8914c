"""What a visitor does to an exported page, and scripts that read what it shows."""

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import wait_until

READY = "return 'ready' in document.documentElement.dataset"
TILES = (
    "return [...document.querySelectorAll('[data-wall] [data-heart]')].map(h => h.dataset.heart)"
)
SHOWN = "return document.querySelector('main [data-heart]')?.dataset.heart"


def ready(browser: webdriver.Chrome) -> None:
    """Wait until the page's script is done."""
    wait_until(browser, READY)


def shown(browser: webdriver.Chrome) -> str:
    """Wait until the page's script is done; return the picture that is shown."""
    ready(browser)
    return str(wait_until(browser, SHOWN))


def press(browser: webdriver.Chrome, key: str) -> None:
    """Press a key that leads to another address."""
    before = browser.current_url
    ActionChains(browser).send_keys(key).perform()
    wait_until(browser, "return location.href !== arguments[0]", before)


def answer(browser: webdriver.Chrome, key: str = "1") -> str:
    """Answer a round of the game by a key; return what it says."""
    ready(browser)
    wait_until(browser, "return document.activeElement.matches('.choices')")
    ActionChains(browser).send_keys(key).perform()
    wait_until(browser, "return document.activeElement.matches('[data-next]')")
    return str(browser.find_element(By.CSS_SELECTOR, "[data-said]").text)


def go_on(browser: webdriver.Chrome) -> None:
    """Go on to the next round of the game."""
    ActionChains(browser).send_keys(Keys.SPACE).perform()
    wait_until(browser, "return !document.activeElement.matches('[data-next]')")
