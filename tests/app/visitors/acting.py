"""What a visitor does to a page, and scripts that read what it shows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from sqlalchemy import or_, select

from store.index.states import REJECTED
from store.index.tables import image
from store.index.writes import restore_image, retire_image
from tests.conftest import Filled

HASH_SHOWN = "return document.querySelector('.number')?.textContent.match(/[0-9a-f]{12}/)?.[0]"
ANOTHER = (
    "const n = document.querySelector('.number')?.textContent;"
    "return n && !n.includes(arguments[0]) && n.match(/[0-9a-f]{12}/)?.[0]"
)
TILES = "return [...document.querySelectorAll('[data-wall] li')].map(li => li.id.slice(1))"
ADDRESS = "return location.pathname + location.search"


def press(browser: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def focus(browser: webdriver.Chrome, selector: str, most: int = 60) -> None:
    """Come to an element by the tabulator key alone."""
    for _ in range(most):
        if browser.execute_script("return document.activeElement.matches(arguments[0])", selector):
            return
        press(browser, Keys.TAB)
    raise AssertionError(f"the tabulator key does not lead to {selector}")


def swipe(browser: webdriver.Chrome, by: int) -> None:
    """Swipe, and once more where the machine was too slow for it to be quick."""
    start = 195 - by // 2
    shown, took = browser.execute_script(HASH_SHOWN), 1.0
    while took > 0.5 and browser.execute_script(HASH_SHOWN) == shown:
        began = time.monotonic()
        for kind, points in (
            ("touchStart", [{"x": start, "y": 300}]),
            ("touchMove", [{"x": start + by, "y": 304}]),
            ("touchEnd", []),
        ):
            browser.execute_cdp_cmd(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )
        took = time.monotonic() - began


@contextmanager
def taken_away(store: Filled, hashes: list[str]) -> Iterator[None]:
    """Reject pictures, for a time."""
    with store.engine.begin() as connection:
        begins = or_(*(image.c.sha256.startswith(short) for short in hashes))
        ids = list(connection.execute(select(image.c.id).where(begins)).scalars())
        assert [retire_image(connection, found, REJECTED) for found in ids] == [True] * len(hashes)
    try:
        yield
    finally:
        with store.engine.begin() as connection:
            for found in ids:
                restore_image(connection, found)
