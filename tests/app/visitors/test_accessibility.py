"""What axe-core finds on the visitors' pages, also with more contrast."""

import pytest

pytest.importorskip("selenium", reason="needs selenium: make test")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.app.browsing import check_everywhere, show, violations, wait_until
from tests.app.visitors.acting import TILES, press

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "path",
    ["/gallery", "/gallery?page=3", "/c/hat", "/favourites", "/play", "/about", "/?walk=7.3",
     "/c/hat/random", "/gallery?page=99"],
)  # fmt: skip
def test_axe_finds_nothing(browser: webdriver.Chrome, axe: str, site: str, path: str) -> None:
    check_everywhere(browser, axe, site + path)


def test_axe_finds_nothing_on_what_scripts_make(
    browser: webdriver.Chrome, axe: str, site: str
) -> None:
    browser.get(f"{site}/gallery")
    hashes = browser.execute_script(TILES)
    check_everywhere(browser, axe, f"{site}/favourites?ids={','.join(hashes[:5])}")
    check_everywhere(browser, axe, f"{site}/i/{hashes[0]}?in=gallery")
    show(browser, 390, "dark")
    browser.find_element(By.CSS_SELECTOR, "[data-stage]").click()
    assert violations(browser, axe) == []
    press(browser, Keys.ESCAPE)
    browser.get(f"{site}/play")
    browser.find_elements(By.NAME, "guess")[0].click()
    assert wait_until(browser, "return document.querySelector('.right') !== null")
    assert violations(browser, axe) == []


@pytest.mark.parametrize("path", ["/", "/gallery", "/play", "/about", "/categories"])
@pytest.mark.parametrize("feature", ["prefers-contrast=more", "forced-colors=active"])
def test_with_more_contrast(
    browser: webdriver.Chrome, axe: str, site: str, path: str, feature: str
) -> None:
    name, _, value = feature.partition("=")
    features = [{"name": name, "value": value}, {"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(site + path)
    assert browser.execute_script(f"return matchMedia('({name}: {value})').matches")
    assert violations(browser, axe) == []
    blends = browser.execute_script(
        "return [...document.querySelectorAll('.print img, .sheet img')]"
        ".map(image => getComputedStyle(image).mixBlendMode)"
    )
    assert set(blends) <= {"normal"}  # on the system's black, a picture would be gone
