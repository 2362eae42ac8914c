"""A store of three pages of pictures, a server over it, and a browser that keeps nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from store.index.database import open_engine
from store.index.migrating import upgrade
from tests.conftest import COUNTS, Filled, fill, settings_in, small_picture

if TYPE_CHECKING:
    from selenium import webdriver

MORE = 100
TOTAL = sum(COUNTS.values()) + MORE


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Three pages of pictures."""
    settings = settings_in(tmp_path_factory.mktemp("visited"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    filled = fill(settings, engine)
    filled.add("hat", {f"m{i}.webp": small_picture(9000 + i, "hat") for i in range(MORE)})
    return filled


@pytest.fixture(scope="module")
def site(store: Filled) -> Iterator[str]:
    from tests.app.browsing import serving

    yield from serving(store.settings)


@pytest.fixture(autouse=True)
def fresh(browser: "webdriver.Chrome", site: str) -> Iterator[None]:
    """Each test begins with a browser that keeps nothing, at 390 px, by finger and keys."""
    from tests.app.browsing import show

    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    show(browser, 390, "light")
    browser.get(f"{site}/robots.txt")
    browser.execute_script("localStorage.clear()")
    browser.get_log("browser")
    yield
    errors = [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    # a page that is gone is an error to the browser
    asked_for = (" status of 404 ", " status of 410 ")
    assert [e for e in errors if not any(s in e["message"] for s in asked_for)] == []
