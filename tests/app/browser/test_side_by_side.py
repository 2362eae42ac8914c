"""The shipped generator in Chromium and on the server, side by side: at most 2 grey levels apart.

Some seeds in every run, 300 with LONG=1.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver

from core.settings import PROJECT
from tests.app import browsing
from tests.app.browser.test_browser import DIFFERENCE, STATE
from tests.app.browsing import wait_until
from tests.conftest import Filled

pytestmark = pytest.mark.browser
SEEDS = 300 if os.environ.get("LONG") == "1" else 24
SAME = 2
OTHER_PAGE = """const address = arguments[0];
location.hash = address;
return true;"""


@pytest.fixture(scope="module")
def site(shown_store: Filled, fetched_home: Path) -> Iterator[str]:
    served = contextlib.contextmanager(browsing.serving)
    models = str(PROJECT / "models")
    with served(
        shown_store.settings, None, NONESUCH_MODELS_FOLDER=models, NONESUCH_HOME=str(fetched_home)
    ) as address:
        yield address


def addresses() -> list[str]:
    """Seeds of every category, at truncations from all over, every fourth on its way to another."""
    from sources.registry import find_model

    model = find_model(PROJECT / "models", "emoji")
    drawable = [each.slug for each in model.categories if not each.of]
    random = np.random.RandomState(22)
    found = []
    for i in range(SEEDS):
        seed, towards = random.randint(0, 2**32, 2, np.uint32)
        truncation = random.randint(1, 51) / 50
        address = (
            f"seed={seed}&category={drawable[i * 5 % len(drawable)]}&truncation={truncation:g}"
        )
        found.append(f"{address}&towards={towards}&share=0.35" if i % 4 == 3 else address)
    return found


def test_pictures_are_the_servers(browser: webdriver.Chrome, site: str) -> None:
    every = addresses()
    browser.set_script_timeout(60)
    browser.get(f"{site}/live?model=emoji#{every[0]}")
    wait_until(browser, f"return ['offered', 'ready'].includes({STATE.removeprefix('return ')})")
    browser.execute_script("document.querySelector('[data-start]:not([hidden])')?.click()")
    wait_until(browser, f"{STATE} === 'ready'", wait_s=120)
    differences = []
    for address in every:
        browser.execute_script(OTHER_PAGE, address)
        wait_until(
            browser,
            "return document.querySelector('[data-live]').dataset.shown === arguments[0]",
            address,
        )
        made = f"{site}/live/emoji.png?{address}"
        differences.append(browser.execute_async_script(DIFFERENCE, made))
    counted = {level: differences.count(level) for level in sorted(set(differences))}
    print(f"{SEEDS} seeds, by their largest difference of 255: {counted}")
    assert min(differences) >= 0 and max(differences) <= SAME, counted
